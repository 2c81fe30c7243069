import { describe, expect, test } from 'vitest';
import { clusterDetails } from '../../../src/model/cluster-details.js';
import { mostInAddress, sizeInAddress } from '../../../src/model/markdown.js';
import type { ClusterStatus } from '../../../src/model/steering.js';
import { clusterStatusOf } from '../../support/cluster-status.js';
import { hostileTexts } from '../../support/hostile-texts.js';

const since = '2026-03-01T12:00:00.000Z';
const versions = { from: '1.26.0', to: '1.26.1' };

const inFlight = (ec2InstanceId: string): ClusterStatus['inFlight'][number] => ({
  ec2InstanceId,
  workflowId: `ecs-updater/prod/${ec2InstanceId}`,
  ...versions,
  since,
});
const queued = (ec2InstanceId: string): ClusterStatus['queued'][number] => ({
  ec2InstanceId,
  ...versions,
  paused: null,
  skipped: null,
});
const failed = (detail: string, ...ec2InstanceIds: string[]): ClusterStatus['results'][number] => ({
  result: { kind: 'failed', ...versions, reason: { code: 'verify-limit', limitMs: 600_000, detail } },
  ec2InstanceIds,
});

const rows = (markdown: string): string[] => markdown.split('\n').filter((line) => line.startsWith('|'));

describe('a rollout in the UI', () => {
  test('has a line of state, a table of those that matter, and the commands to look further', () => {
    const markdown = clusterDetails(
      clusterStatusOf({
        inFlight: [inFlight('i-b')],
        queued: [queued('i-c')],
        results: [
          { result: { kind: 'updated', ...versions }, ec2InstanceIds: ['i-d'] },
          {
            result: { kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.1' } },
            ec2InstanceIds: ['i-e'],
          },
          failed('agent disconnected', 'i-a'),
        ],
      }),
    );
    expect(markdown).toBe(
      [
        '**Rolling**: 2 of 4 updates ended. 1 failed, 1 in flight, 1 to update, 1 updated, 1 skipped (1 up-to-date).',
        '',
        '| Instance | State | From | To | Reason |',
        '| --- | --- | --- | --- | --- |',
        `| i-b | in-flight | 1.26.0 | 1.26.1 | since ${since} |`,
        '| i-a | failed | 1.26.0 | 1.26.1 | it rebooted, but was not healthy within 10m: agent disconnected. |',
        '| i-c | queued | 1.26.0 | 1.26.1 |  |',
        '',
        'Look further:',
        '',
        '    ecs-updater status --cluster prod --watch',
        '    ecs-updater why --cluster prod --instance i-…',
        '    temporal workflow query --workflow-id ecs-updater/prod --name status',
        '',
        'Each instance in flight has a workflow of its own, with its phase: `ecs-updater/prod/i-…`',
      ].join('\n'),
    );
  });

  test('says who paused it and why it stopped', () => {
    const markdown = clusterDetails(
      clusterStatusOf({
        paused: { by: 'kim', reason: 'change freeze', since },
        stopped: { by: 'failure-budget', failures: 2, budget: 1 },
      }),
    );
    expect(markdown).toContain(`**Paused**: paused by kim since ${since}: change freeze`);
    expect(markdown).toContain('**Starts nothing more**: 2 failures passed the failure budget of 1');
  });

  test('that still asks its hosts has no table', () => {
    const markdown = clusterDetails(clusterStatusOf({ stage: 'checking' }));
    expect(markdown).toMatch(/^\*\*Checking\*\* its instances for updates\.\n/);
    expect(rows(markdown)).toEqual([]);
  });

  test.each(hostileTexts)('keeps its shape whatever is said: %j', (text) => {
    const markdown = clusterDetails(
      clusterStatusOf({
        paused: { by: text, reason: text, since },
        queued: [{ ...queued('i-c'), from: text, to: text }],
        results: [failed(text, 'i-a')],
      }),
    );
    const table = rows(markdown);
    expect(table).toHaveLength(4);
    for (const row of table) expect(row.match(/\|/g)).toHaveLength(6);
    expect(markdown.split('\n')[2]).toMatch(/^\*\*Paused\*\*: `[^`]+`$/);
  });

  test('of thousands has a table of bounded length, and counts the others', () => {
    const ids = Array.from({ length: 5000 }, (_, n) => `i-${n}`);
    const markdown = clusterDetails(clusterStatusOf({ queued: ids.map(queued) }));
    expect(rows(markdown)).toHaveLength(2 + 30);
    expect(markdown).toContain('and 4970 more');
  });

  test('fits into the address of a request, however long the reasons are', () => {
    const long = '语'.repeat(1000);
    const markdown = clusterDetails(
      clusterStatusOf({
        paused: { by: long, reason: long, since },
        stopped: { by: 'error', message: long },
        inFlight: Array.from({ length: 50 }, (_, n) => inFlight(`i-${n}`)),
        results: Array.from({ length: 50 }, (_, n) => failed(long, `i-failed-${n}`)),
      }),
    );
    expect(sizeInAddress(markdown)).toBeLessThanOrEqual(mostInAddress);
    expect(rows(markdown).length).toBeGreaterThan(5);
    expect(markdown).toMatch(/and \d+ more/);
  });
});
