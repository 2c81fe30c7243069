import type { NoticeStatus } from '../../src/model/notice-counts.js';
import type { rolloutFinished } from '../../src/model/notice-events.js';
import type { ResultGroup } from '../../src/model/report.js';

export const at = '2026-01-05T03:00:00.000Z';
export const rolloutId = '0b6f0ed1-3b5c-4a1e-9d2f-3a7d9f6c1e55';

export const cluster = {
  name: 'prod',
  arn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod',
  region: 'eu-central-1',
};

export const kim = { by: 'kim', reason: 'change freeze', since: at };

/** Instances with one result. */
export const group = (result: ResultGroup['result'], ...ec2InstanceIds: string[]): ResultGroup => ({
  result,
  ec2InstanceIds,
});

/** An instance that waits for its turn. */
export const queued = (
  ec2InstanceId: string,
  more: Partial<NoticeStatus['queued'][number]> = {},
): NoticeStatus['queued'][number] => ({
  ec2InstanceId,
  from: '1.26.0',
  to: '1.26.1',
  paused: null,
  skipped: null,
  ...more,
});

/** What a rollout answers when it is asked. */
export const status = (more: Partial<NoticeStatus> = {}): NoticeStatus => ({
  cluster,
  rolloutId,
  startedAt: at,
  paused: null,
  inFlight: [],
  queued: [],
  results: [],
  ...more,
});

/** What a rollout that is over has done. */
export const report = (groups: ResultGroup[]): Parameters<typeof rolloutFinished>[1] => ({
  rolloutId,
  startedAt: at,
  endedAt: at,
  groups,
  stopped: null,
});
