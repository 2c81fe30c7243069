import { parseSettings } from '../../src/config/settings.js';
import type { ClusterStatus } from '../../src/model/steering.js';

/** Answer of a cluster that has just begun to roll, but for what is given. */
export const clusterStatusOf = (given: Partial<ClusterStatus> = {}): ClusterStatus => ({
  cluster: { name: 'prod', arn: 'arn:aws:ecs:eu-central-1:1:cluster/prod', region: 'eu-central-1' },
  rolloutId: 'r',
  startedAt: '2026-03-01T12:00:00.000Z',
  stage: 'rolling',
  paused: null,
  stopped: null,
  inFlight: [],
  queued: [],
  results: [],
  endedAt: {},
  zones: {},
  failures: 0,
  failureBudget: 1,
  behind: { instances: 0, oldestSince: null },
  quarantined: {},
  steering: [],
  phases: {},
  settings: parseSettings({}),
  remembered: {},
  ...given,
});
