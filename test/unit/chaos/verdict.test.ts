import { expect, onTestFinished, test } from 'vitest';
import { judgeDeeds, judgeLeft } from '../../../chaos/left.js';
import { judgeMemory } from '../../../chaos/memory.js';
import { workerPrincipal } from '../../../chaos/phases.js';
import { judgeReport, judgeUndisturbed } from '../../../chaos/verdict.js';
import { parseSettings } from '../../../src/config/settings.js';
import { drainedAttribute, failedAttribute } from '../../../src/model/names.js';
import type { InstanceResult } from '../../../src/model/outcome.js';
import { countResults, type RolloutReport } from '../../../src/model/report.js';
import { parseScenario } from '../../../src/simulator/scenario.js';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.js';

/** A fleet of two that stands still, both behind by a version. */
async function still(): Promise<{ simulator: Simulator; a: string; b: string }> {
  const host = { version: '1.26.0', offered: '1.26.1' };
  const simulator = await startSimulator({
    speed: 0,
    scenario: parseScenario({
      cluster: 'judged',
      region: 'eu-judge-1',
      instances: [
        { name: 'a', host },
        { name: 'b', host },
      ],
    }),
  });
  onTestFinished(() => simulator.close());
  const [a = '', b = ''] = simulator
    .state()
    .clusters.flatMap(({ instances }) => instances.map(({ ec2InstanceId }) => ec2InstanceId));
  return { simulator, a, b };
}

const upToDate: InstanceResult = { kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.0' } };

/** What a rollout that began before anything happened says. */
function reportOf(results: Record<string, InstanceResult>): RolloutReport {
  const groups = Object.entries(results).map(([id, result]) => ({ result, ec2InstanceIds: [id] }));
  const counts = countResults(groups);
  const at = new Date(0).toISOString();
  const names = { cluster: 'judged', rolloutId: 'r', startedAt: at, endedAt: at };
  return {
    ...names,
    counts,
    groups,
    phases: {},
    stopped: null,
    failures: 0,
    failureBudget: 1,
    behind: { instances: 0, oldestSince: null },
    quarantined: {},
    steering: [],
  };
}

const reboot = ({ fleet }: Simulator, ec2InstanceId: string): void =>
  fleet.journal.event('reboot-started', { ec2InstanceId, principal: workerPrincipal });

const aws: InstanceResult = {
  kind: 'rolled-back',
  reason: { code: 'aws-error', error: 'ServerException', message: 'no' },
};

test('a report that is true passes', async () => {
  const { simulator, a, b } = await still();
  const report = reportOf({ [a]: upToDate, [b]: upToDate });
  expect(judgeReport(simulator, report, { before: [a, b], refused: false })).toEqual([]);
});

test('who stands twice in a report is noticed', async () => {
  const { simulator, a, b } = await still();
  const report = reportOf({ [a]: upToDate, [b]: upToDate });
  report.groups.push({ result: aws, ec2InstanceIds: [b] });
  expect(judgeReport(simulator, report, { before: [a, b], refused: true })).toEqual([
    `invariant 8: more than once in the report: ${b}`,
  ]);
});

test.each<[what: string, result: InstanceResult, rebooted: boolean, words: string]>([
  [
    'updated that runs the old version',
    { kind: 'updated', from: '1.26.0', to: '1.26.1' },
    true,
    'runs 1.26.0',
  ],
  [
    'rolled-back that was rebooted',
    { kind: 'rolled-back', reason: { code: 'cancelled' } },
    true,
    'we have rebooted it',
  ],
  ['skipped that was rebooted', upToDate, true, 'we have rebooted it'],
  [
    'gone that serves',
    { kind: 'gone', reason: { code: 'terminated', detail: 'gone' } },
    false,
    'it is there',
  ],
  ['failed by an error of AWS that passes', aws, false, 'invariant 10'],
  [
    'fallen back that runs the target',
    { kind: 'failed', reason: { code: 'booted-old-version', version: '1.25.0', target: '1.26.0' } },
    true,
    'it runs 1.26.0',
  ],
])('who is called %s is noticed', async (_, result, rebooted, words) => {
  const { simulator, a, b } = await still();
  if (rebooted) reboot(simulator, a);
  const report = reportOf({ [a]: result, [b]: upToDate });
  expect(judgeReport(simulator, report, { before: [a, b], refused: false })).toEqual([
    expect.stringContaining(words),
  ]);
});

test.each([
  ['is noticed', 'ACTIVE', [/^invariant 8: not in the report: /]],
  ['is none of its instances where somebody deregistered it meanwhile', 'INACTIVE', []],
])('who is missing from a report though ECS described it %s', async (_, status, found) => {
  const { simulator, a, b } = await still();
  simulator.fleet.journal.request({
    principal: workerPrincipal,
    service: 'ecs',
    action: 'DescribeContainerInstances',
    parameters: {},
    status: 200,
    answer: { containerInstances: [{ ec2InstanceId: b, status }] },
  });
  const verdict = judgeReport(simulator, reportOf({ [a]: upToDate }), { before: [a, b], refused: false });
  expect(verdict).toEqual(found.map((words) => expect.stringMatching(words)));
});

test('an instance that is well and was not updated, with nothing in its way, is noticed', async () => {
  const { a, b } = await still();
  const both = reportOf({ [a]: upToDate, [b]: upToDate });
  expect(judgeUndisturbed(both, a, [])).toHaveLength(1);
  const blocked: InstanceResult = { kind: 'skipped', reason: { code: 'standalone-task', tasks: [] } };
  expect(judgeUndisturbed(reportOf({ [a]: blocked, [b]: upToDate }), a, [])).toEqual([]);
  const updated: InstanceResult = { kind: 'updated', from: '1.26.0', to: '1.26.1' };
  expect(judgeUndisturbed(both, a, [reportOf({ [a]: updated, [b]: upToDate })])).toEqual([]);
  expect(judgeUndisturbed(both, a, [reportOf({ [a]: blocked, [b]: updated })])).toHaveLength(1);
});

test('what is left with our mark is noticed, but not what is held', async () => {
  const { simulator, a } = await still();
  const [cluster] = simulator.fleet.ecs.clusters.values();
  const [instance] = cluster?.instances.values() ?? [];
  instance?.attributes.set(drainedAttribute, {
    value: 'default/r/2026-01-01T00:00:00Z',
    custom: true,
  });
  expect(judgeLeft(simulator, [])).toEqual([expect.stringContaining(`invariant 6: ${a}`)]);
  expect(judgeLeft(simulator, [a])).toEqual([]);
});

test('what the audit has noticed is a violation', async () => {
  const { simulator, a } = await still();
  reboot(simulator, a);
  expect(judgeDeeds(simulator)).toEqual([expect.stringContaining(`invariant 1: ${a}`)]);
});

test.each<[when: string, since: string, target: string, found: number]>([
  ['within its back-off', '2026-01-01T00:01:00.000Z', '1.26.1', 1],
  ['after its back-off', '2026-01-01T00:02:00.000Z', '1.26.1', 0],
  ['in another version', '2026-01-01T00:01:00.000Z', '1.26.2', 0],
])('a version that failed is tried again %s', async (_, since, target, found) => {
  const { simulator, a } = await still();
  const put = (name: string, value: string) =>
    simulator.fleet.journal.request({
      principal: workerPrincipal,
      service: 'ecs',
      action: 'PutAttributes',
      parameters: { attributes: [{ name, value, targetId: a }] },
      status: 200,
      answer: {},
    });
  put(failedAttribute, '1.26.1/1/booted-old-version/2026-01-01T00:00:00.000Z');
  put(drainedAttribute, `default/r/${since}/${target}`);
  expect(judgeMemory(simulator, parseSettings({}).failures)).toHaveLength(found);
});
