import { describe } from 'vitest';
import type { FaultInput } from '../../../src/simulator/control/faults.js';
import { eventually } from '../../support/eventually.js';
import { type Fleet, hosts } from '../../support/fleet.js';
import { principals } from '../../support/installation.js';
import { test } from '../../support/rollouts.js';
import { draining, effectsOn, eventsOn, once, resultOf, unmet, when } from './incidents.js';

const web = { name: 'web', desiredCount: 3 };

/** Every action of AWS that an update of ours needs. */
const actions = [
  'DescribeClusters',
  'ListContainerInstances',
  'DescribeContainerInstances',
  'DescribeInstanceInformation',
  'SendCommand',
  'ListCommandInvocations',
  'ListTasks',
  'DescribeTasks',
  'DescribeServices',
  'GetTaskProtection',
  'PutAttributes',
  'UpdateContainerInstancesState',
  'DescribeInstanceStatus',
  'DescribeInstances',
  'DeleteAttributes',
];

/** What goes wrong on the way between a client and AWS. */
type RequestFault = Extract<FaultInput, { kind: 'refuse' | 'reset' | 'garbage' }>;

/**
 * Makes faults meet each action the first times that the worker asks it, from when the rollout has begun: what it asks before has minutes
 * only. The answer tells which actions have met all of them.
 */
function onEachAction({ simulator }: Fleet, ...faults: RequestFault[]): () => string[] {
  let begun = false;
  simulator.fleet.journal.on((entry) => {
    if (begun || entry.kind !== 'request' || entry.action !== 'ListContainerInstances') return;
    begun = true;
    for (const action of actions) {
      // One after the other.
      for (const [after, fault] of faults.entries()) {
        simulator.fault({ ...fault, after, action, principal: principals.worker });
      }
    }
  });
  return () => {
    const armed = simulator.fleet.faults.list().map(({ fault }) => fault.action);
    return begun ? actions.filter((action) => !armed.includes(action)) : [];
  };
}

/** Actions of the worker that a fault met. */
const metBy = (fleet: Fleet): string[] => [
  ...new Set(
    fleet
      .requests(principals.worker)
      .flatMap(({ action, lost, status }) => ((lost ?? status >= 400) ? [action] : [])),
  ),
];

describe.concurrent('throttling', () => {
  test('in bursts and for long, of every kind of request, slows the rollout and fails nothing', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
    const throttled = { kind: 'refuse', as: 'throttled', principal: principals.worker } as const;
    onEachAction(fleet, throttled);
    fleet.simulator.fault({ ...throttled, action: actions, probability: 0.2 });
    await fleet.start();
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
    expect(report.failures).toBe(0);
    expect(metBy(fleet)).toEqual(expect.arrayContaining(actions));
    for (const name of ['a', 'b']) expect(effectsOn(fleet, name)).toEqual(once);
  });
});

/** What somebody in between answers, after the request took effect. */
const pageOf = (body: 'empty' | 'html' | 'json' | 'truncated', status: number): RequestFault => ({
  kind: 'garbage',
  body,
  status,
});

describe.concurrent('an answer that is none', () => {
  test.for<[answers: string, RequestFault[]]>([
    ['a 500 or 503: empty, HTML or JSON', [pageOf('empty', 500), pageOf('html', 503), pageOf('json', 500)]],
    ['a page in the place of a success', [pageOf('html', 200)]],
    ['half of a success', [pageOf('truncated', 200)]],
    ['a connection that breaks before the effect', [{ kind: 'reset', when: 'before' }]],
    ['a connection that breaks after the effect', [{ kind: 'reset', when: 'after' }]],
  ])(
    '(%s) to any request is got over, and nothing takes effect twice',
    async ([, faults], { startFleet, expect }) => {
      const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
      const met = onEachAction(fleet, ...faults);
      const report = await fleet.rollOut();
      expect(met()).toEqual(actions);
      expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
      expect(report.failures).toBe(0);
      for (const name of ['a', 'b']) expect(effectsOn(fleet, name)).toEqual(once);
    },
  );

  test.for(['before', 'after'] as const)(
    '(silence, %s the effect) is waited for some seconds, and nothing takes effect twice',
    async (moment, { startFleet, expect }) => {
      const fleet = await startFleet({
        instances: hosts('a'),
        services: [{ ...web, on: ['a'], minimumHealthyPercent: 0 }],
      });
      const silence = { kind: 'hang', when: moment, principal: principals.worker } as const;
      fleet.simulator.fault({ ...silence, action: 'UpdateContainerInstancesState' });
      // Before the update's stand that of the check, and two that try whether it is allowed.
      fleet.simulator.fault({ ...silence, action: 'SendCommand', after: 3 });
      await fleet.start();
      expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated' });
      expect(unmet(fleet)).toEqual([]);
      expect(effectsOn(fleet, 'a')).toEqual(once);
    },
  );
});

describe.concurrent('credentials', () => {
  test('that have expired, and are renewed some minutes later, are waited for', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
    const moments = [
      ['apply-started', 'a'],
      ['boot-finished', 'a'],
      ['apply-finished', 'b'],
    ] as const;
    const seconds = 60;
    for (const [event, on] of moments) {
      when(fleet, { event, on }, { kind: 'refuse', as: 'expired', principal: principals.worker, seconds });
    }
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
    const refused = fleet
      .requests(principals.worker)
      .flatMap(({ answer, time }) => (JSON.stringify(answer).includes('Expired') ? [Date.parse(time)] : []));
    for (const [event, on] of moments) {
      const from = Date.parse(eventsOn(fleet, on, event)[0]?.time ?? '');
      expect(refused.some((at) => at >= from && at <= from + seconds * 1000)).toBe(true);
    }
    for (const name of ['a', 'b']) expect(effectsOn(fleet, name)).toEqual(once);
  });

  test('that may not do one thing any more stop the rollout, and no instance is left out of service', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
    when(fleet, draining('a'), {
      kind: 'refuse',
      as: 'denied',
      action: 'SendCommand',
      principal: principals.worker,
      times: 1,
    });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({
      a: 'rolled-back: aws-error',
      b: 'not-started: rollout-stopped',
    });
    expect(resultOf(fleet, report, 'a')).toMatchObject({
      reason: { message: expect.stringContaining('ssm:SendCommand on ecs-updater-apply') },
    });
    expect(report.stopped).toMatchObject({
      by: 'error',
      message: expect.stringContaining('ssm:SendCommand'),
    });
    expect(fleet.state('a').status).toBe('ACTIVE');
    expect(effectsOn(fleet, 'a')).toEqual({ applies: 0, reboots: 0 });
  });
});

describe.concurrent('a success with failures in it', () => {
  const failures = { kind: 'failures', principal: principals.worker } as const;

  test('fails nobody whom the next answer tells of', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [web] });
    for (const action of [
      'DescribeContainerInstances',
      'DescribeTasks',
      'DescribeServices',
      'GetTaskProtection',
    ]) {
      fleet.simulator.fault({ ...failures, action, reason: 'INTERNAL', times: 2 });
    }
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    expect(report.failures).toBe(0);
    expect(unmet(fleet)).toEqual([]);
  });

  test('fails the one that it is about, and no other', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [web] });
    const instance = fleet.id('b');
    fleet.simulator.fault({
      ...failures,
      action: 'UpdateContainerInstancesState',
      instance,
      reason: 'INTERNAL',
    });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'rolled-back: aws-error', c: 'updated' });
    expect(fleet.state('b').status).toBe('ACTIVE');
  });

  test('that calls an instance missing is not believed before it is said twice', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
    const missing = { ...failures, instance: fleet.id('a'), reason: 'MISSING' } as const;
    const whenRead = { ...missing, action: 'DescribeContainerInstances' } as const;
    when(fleet, draining('a'), whenRead);
    when(fleet, { event: 'boot-finished', on: 'a' }, whenRead, {
      ...missing,
      action: 'UpdateContainerInstancesState',
    });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated', b: 'updated' });
    expect(unmet(fleet)).toEqual([]);
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', statusBy: principals.worker });
  });
});

describe.concurrent('an instance that AWS does not set ACTIVE', () => {
  test('keeps no other from its turn, and is given back once AWS does', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [web] });
    when(
      fleet,
      { event: 'boot-finished', on: 'a' },
      {
        kind: 'aws-error',
        action: 'UpdateContainerInstancesState',
        instance: fleet.id('a'),
        code: 'ServerException',
        status: 500,
        times: 1000,
      },
    );
    await fleet.start({ maxUnavailable: '2', failureBudget: '0' });
    const refused = () =>
      fleet
        .requests(principals.worker, 'UpdateContainerInstancesState')
        .filter(({ status }) => status === 500).length;
    await eventually('a was refused, and the others are updated', async () => {
      const { results } = await fleet.status();
      const updated = results.flatMap(({ result, ec2InstanceIds }) =>
        result.kind === 'updated' ? ec2InstanceIds : [],
      );
      return refused() > 0 && updated.includes(fleet.id('b')) && updated.includes(fleet.id('c'));
    });
    expect(fleet.state('a').status).toBe('DRAINING');
    fleet.simulator.fleet.faults.clear();
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    expect(report).toMatchObject({ failures: 0, stopped: null });
    expect(fleet.state('a').status).toBe('ACTIVE');
  });
});

describe.concurrent('what was sent', () => {
  test('and is listed only some seconds later is waited for', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
    fleet.simulator.fault({ kind: 'timings', ssm: { visibility: [8000, 12_000] } });
    await fleet.start();
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
    for (const name of ['a', 'b']) expect(effectsOn(fleet, name)).toEqual(once);
  });
});
