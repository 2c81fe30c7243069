import { describe, expect, test } from 'vitest';
import { explain, explainResult, explainStop, formatMs } from '../../../src/model/explain.js';
import type { TaskRef } from '../../../src/model/instance.js';
import type { Reason, ReasonCode, Stop } from '../../../src/model/reason.js';

const task: TaskRef = {
  taskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/prod/4af1',
  group: 'service:web',
  lastStatus: 'RUNNING',
};
const batch: TaskRef = { ...task, group: 'family:nightly' };
const since = '2026-01-05T03:00:00.000Z';

/** One of each code: the type makes the table complete. */
const reasons: { [Code in ReasonCode]: Extract<Reason, { code: Code }> } = {
  'up-to-date': { code: 'up-to-date', version: '1.19.0' },
  'not-in-wave': { code: 'not-in-wave', version: '1.19.0', newest: '1.20.0' },
  'standalone-task': { code: 'standalone-task', tasks: [batch] },
  'protected-task': { code: 'protected-task', tasks: [task] },
  'skipped-by-operator': { code: 'skipped-by-operator', by: 'ann', reason: 'busy' },
  'agent-disconnected': { code: 'agent-disconnected' },
  ghost: { code: 'ghost', state: 'terminated', remedy: 'aws ecs deregister-container-instance …' },
  'ssm-offline': { code: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: since },
  'not-managed-by-ssm': { code: 'not-managed-by-ssm' },
  'not-bottlerocket': { code: 'not-bottlerocket' },
  external: { code: 'external' },
  'managed-instance': { code: 'managed-instance' },
  'too-old': { code: 'too-old', version: '1.0.4' },
  'draining-by-others': { code: 'draining-by-others', installation: 'blue', since },
  'not-active': { code: 'not-active', status: 'REGISTERING' },
  'cannot-drain': { code: 'cannot-drain', services: ['db'] },
  'check-failed': { code: 'check-failed', seen: 'exit code 127' },
  excluded: { code: 'excluded' },
  'no-capacity': { code: 'no-capacity', outOfService: 2, allowed: 1 },
  held: { code: 'held', by: 'ann', reason: 'disk is looked at', since },
  'backing-off': { code: 'backing-off', version: '1.20.0', tries: 2, cause: 'reboot-limit', until: since },
  'gave-up': { code: 'gave-up', version: '1.20.0', tries: 5, cause: 'reboot-limit' },
  'quarantined-version': { code: 'quarantined-version', version: '1.20.0', hosts: 2 },
  'handled-by-another-run': { code: 'handled-by-another-run', workflowId: 'ecs-updater/prod/i-1' },
  'left-behind': { code: 'left-behind', since },
  'deployment-in-progress': { code: 'deployment-in-progress', services: ['web'] },
  'drain-limit': { code: 'drain-limit', limitMs: 1_500_000, tasks: [task, task, batch], serviceEvents: [] },
  'taken-over': { code: 'taken-over', status: 'ACTIVE' },
  'update-withdrawn': { code: 'update-withdrawn', version: '1.19.0' },
  'apply-failed': { code: 'apply-failed', detail: 'no space left' },
  'update-limit': { code: 'update-limit', limitMs: 900_000 },
  'reboot-refused': { code: 'reboot-refused', detail: 'exit code 1' },
  'reboot-limit': { code: 'reboot-limit', limitMs: 900_000 },
  'booted-old-version': { code: 'booted-old-version', version: '1.19.0', target: '1.20.0' },
  'wrong-version': { code: 'wrong-version', version: null, target: '1.20.0' },
  'verify-limit': { code: 'verify-limit', limitMs: 600_000, detail: 'agent disconnected' },
  'settle-limit': { code: 'settle-limit', limitMs: 600_000, services: ['web'] },
  terminated: { code: 'terminated', detail: 'EC2 terminated it' },
  cancelled: { code: 'cancelled' },
  restored: { code: 'restored', since, rebooted: true, version: '1.20.0' },
  'aws-error': { code: 'aws-error', error: 'StopsRollout', message: 'access denied' },
  'workflow-ended': { code: 'workflow-ended', detail: 'terminated' },
  'rollout-stopped': { code: 'rollout-stopped', stop: { by: 'cancelled' } },
};

describe('the sentence for people', () => {
  test.each(Object.values(reasons))('of $code is a sentence with its facts', (reason) => {
    const sentence = explain(reason);
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object/);
    expect(sentence.trim()).toBe(sentence);
    expect(sentence.length).toBeGreaterThan(15);
    expect(sentence.length).toBeLessThan(400);
  });

  test('no two codes have the same', () => {
    const sentences = Object.values(reasons).map((reason) => explain(reason));
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  test('with a place has commands that can be copied', () => {
    expect(explain({ code: 'held' }, { cluster: 'prod', ec2InstanceId: 'i-1' })).toBe(
      'held. Release it with: ecs-updater unhold --cluster prod --instance i-1.',
    );
  });

  test.each<[Reason, string]>([
    [
      reasons['drain-limit'],
      "still 2 tasks of service web and 1 task of family:nightly after 25m. Add capacity, or lower the service's minimumHealthyPercent.",
    ],
    [
      { ...reasons['drain-limit'], tasks: [] },
      "tasks remained after 25m. Add capacity, or lower the service's minimumHealthyPercent.",
    ],
    [reasons['skipped-by-operator'], 'skipped by ann: busy.'],
    [{ code: 'skipped-by-operator' }, 'skipped.'],
    [
      reasons['standalone-task'],
      'runs 1 standalone task that no service would replace: 4af1 (family:nightly, RUNNING). It is updated once they have ended.',
    ],
    [
      { code: 'gave-up', version: '1.20.0', tries: null, unreadable: 'no!' },
      'its attribute ecs-updater.failed is not of our form (no!), so no update is tried. Clear it with: ecs-updater clear.',
    ],
    [{ code: 'held' }, 'held. Release it with: ecs-updater unhold.'],
    [
      { code: 'held', drained: true, since },
      `its reboot was not proven in the rollout that drained it at ${since}, so it is held out of service. Once it is repaired, clear it (ecs-updater clear --instance): the next rollout gives it back.`,
    ],
    [
      reasons['backing-off'],
      `1.20.0 failed here 2 times (reboot-limit). It is tried again after ${since}, or once cleared: ecs-updater clear.`,
    ],
    [
      { ...reasons['update-limit'], detail: 'SSM says InProgress of command c' },
      'the update was not applied within 15m (SSM says InProgress of command c). Look at the apply command in SSM.',
    ],
    [
      { ...reasons['drain-limit'], tasks: [], detail: 'AWS could not be asked: ServiceUnavailable' },
      "tasks remained after 25m (AWS could not be asked: ServiceUnavailable). Add capacity, or lower the service's minimumHealthyPercent.",
    ],
    [reasons['wrong-version'], 'it runs an unknown version after its reboot, not 1.20.0.'],
    [
      { ...reasons['reboot-limit'], afterwards: { did: 'hold' } },
      'it was not seen again within 15m of its reboot. It stays DRAINING. Once it is repaired, clear it (ecs-updater clear --instance): the next rollout gives it back.',
    ],
    [
      { ...reasons['reboot-limit'], afterwards: { did: 'ec2-reboot', seen: 'healthy', version: '1.19.0' } },
      'it was not seen again within 15m of its reboot. Rebooted through EC2, it came back and runs 1.19.0. Look at its console output before you try the update again.',
    ],
    [
      { ...reasons['reboot-limit'], afterwards: { did: 'ec2-reboot', seen: 'nothing' } },
      'it was not seen again within 15m of its reboot. A reboot through EC2 did not bring it back either. Replace it, or look at its console output.',
    ],
    [
      { ...reasons['verify-limit'], afterwards: { did: 'ec2-reboot', seen: 'booted', version: null } },
      'it rebooted, but was not healthy within 10m: agent disconnected. Rebooted through EC2, it came back and runs an unknown version, but is not healthy. Replace it, or look at its console output.',
    ],
    [
      { ...reasons['verify-limit'], afterwards: { did: 'nothing', detail: 'access denied' } },
      'it rebooted, but was not healthy within 10m: agent disconnected. It was not rebooted through EC2: access denied. Look at its console output.',
    ],
    [
      { ...reasons['reboot-limit'], unordered: true, detail: 'SSM knows no command for it' },
      'AWS did not answer within 15m whether its reboot was ordered (SSM knows no command for it). It is tried again later.',
    ],
    [
      { ...reasons['settle-limit'], detail: 'AWS could not be asked: ServiceUnavailable' },
      'web had not become steady 10m later (AWS could not be asked: ServiceUnavailable).',
    ],
    [
      { ...reasons.terminated, rebooted: true },
      'it went away after its reboot was ordered, before it was seen healthy: EC2 terminated it. That counts as a failure. Look at its console output, and at why it was ended.',
    ],
  ])('%#: names what happened and what to do', (reason, sentence) => {
    expect(explain(reason)).toBe(sentence);
  });

  test('a long list of tasks is cut, and says how many more there are', () => {
    const tasks = Array.from({ length: 200 }, (_, n) => ({ ...batch, taskArn: `arn:task/prod/${n}` }));
    expect(explain({ code: 'standalone-task', tasks })).toContain('and 197 more');
    expect(explain({ code: 'standalone-task', tasks: tasks.slice(0, 5), more: 195 })).toBe(
      explain({ code: 'standalone-task', tasks }),
    );
    expect(explain({ ...reasons['drain-limit'], more: 9 })).toContain('and 9 others after 25m');
    expect(explain({ code: 'cannot-drain', services: ['db'], more: 2 })).toContain(
      'tasks of db and 2 more cannot',
    );
  });
});

test.each<[Stop, string]>([
  [{ by: 'failure-budget', failures: 2, budget: 1 }, '2 failures passed the failure budget of 1'],
  [
    { by: 'failure-budget', failures: 3, budget: 2, of: { percent: 10, planned: 29 } },
    '3 failures passed the failure budget of 2 (10% of 29 updates planned)',
  ],
  [{ by: 'failure-budget', failures: 1, budget: 0 }, '1 failure passed the failure budget of 0'],
  [{ by: 'stop-starting-after', afterMs: 7_200_000 }, 'its time to start instances (2h) was over'],
  [{ by: 'cancelled' }, 'it was cancelled'],
  [{ by: 'error', message: 'access denied' }, 'access denied'],
])('why a rollout stopped: %j', (stop, clause) => {
  expect(explainStop(stop)).toBe(clause);
});

test.each([
  [0, '0s'],
  [90_000, '90s'],
  [119_999, '120s'],
  [120_000, '2m'],
  [1_500_000, '25m'],
  [7_200_000, '2h'],
  [5_400_000, '90m'],
  [9_000_000, '2.5h'],
])('%i ms reads as %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});

test('a warning stands behind the success', () => {
  expect(
    explainResult({ kind: 'updated', from: '1.19.0', to: '1.20.0', warning: reasons['settle-limit'] }),
  ).toBe('updated from 1.19.0 to 1.20.0. But web had not become steady 10m later.');
});
