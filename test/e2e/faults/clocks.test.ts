import { describe, inject, test as plainTest } from 'vitest';
import type { MomentName } from '../../../chaos/moments.js';
import { watch } from '../../../chaos/sights.js';
import { scheduleId } from '../../../src/model/names.js';
import { triggerRollout } from '../../../src/temporal/rollouts.js';
import { eventually } from '../../support/eventually.js';
import { hosts, startFleet as startFleetFor } from '../../support/fleet.js';
import { principals } from '../../support/installation.js';
import { test } from '../../support/rollouts.js';
import { startProcessInstallation } from '../../support/worker-processes.js';
import { commandsTo, effectsOn, eventsOn, hostsThat, once } from './incidents.js';

describe.concurrent('hosts whose clocks are wrong', () => {
  test('by hours, both ways, are updated like any other: their orders go by their own clocks', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hostsThat({
        ahead: { clockSkewSeconds: 7200 },
        behind: { clockSkewSeconds: -7200 },
        minutes: { clockSkewSeconds: 200 },
      }),
    });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({
      ahead: 'updated',
      behind: 'updated',
      minutes: 'updated',
    });
    for (const name of ['ahead', 'behind', 'minutes']) expect(effectsOn(fleet, name)).toEqual(once);
  });
});

/** A moment of a rollout, or a request of the worker's that is none. */
type Step = MomentName | 'DescribeContainerInstances';

describe.concurrent('a worker that falls asleep', () => {
  plainTest.for<[when: string, moment: MomentName]>([
    ['before it sets DRAINING', 'mark written'],
    ['before it orders the reboot', 'apply finished'],
  ])(
    '%s, and wakes when another has done its work, does nothing any more',
    async ([, moment], { expect, onTestFinished }) => {
      const installation = await startProcessInstallation(inject('devServer').address);
      onTestFinished(() => installation.close());
      const fleet = await startFleetFor(installation, { instances: hosts('a', 'b') }, {});
      onTestFinished(() => fleet.close());
      const sleeper = installation.startWorker();
      let asleep = false;
      watch(fleet.simulator, ({ is }) => {
        if (asleep || !is(moment)) return;
        asleep = true;
        sleeper.signal('SIGSTOP');
      });
      await installation.workerPolls();
      const limit = '2h';
      await fleet.start({ drainLimit: limit, updateLimit: limit, rebootLimit: limit, verifyLimit: limit });
      await eventually('the worker sleeps', () => asleep);
      installation.startWorker();
      const isBack = () => eventsOn(fleet, 'a', 'instance-status').some((event) => event['to'] === 'ACTIVE');
      // That it sleeps has to be noticed first.
      await eventually('a serves again', isBack, 180_000);
      sleeper.signal('SIGCONT');
      const report = await fleet.report();
      expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
      for (const name of ['a', 'b']) expect(effectsOn(fleet, name)).toEqual(once);
    },
  );

  plainTest.for<[when: string, ...Step[]]>([
    ['when the update is written', 'apply finished'],
    [
      'in the look before it orders the reboot',
      'apply finished',
      'tasks listed',
      'DescribeContainerInstances',
    ],
  ])(
    '%s, and wakes when its rollout was terminated and the next has given the instance back, does nothing to it any more',
    async ([, ...steps], { expect, onTestFinished }) => {
      const installation = await startProcessInstallation(inject('devServer').address);
      onTestFinished(() => installation.close());
      const fleet = await startFleetFor(installation, { instances: hosts('a', 'b') }, {});
      onTestFinished(() => fleet.close());
      const sleeper = installation.startWorker({ AWS_SDK_UA_APP_ID: 'sleeper' });
      watch(fleet.simulator, ({ entry, is }) => {
        const [next] = steps;
        if (!next) return;
        const isNext =
          next === 'DescribeContainerInstances'
            ? entry.kind === 'request' && entry.action === next && entry.principal === principals.worker
            : is(next);
        if (!isNext) return;
        steps.shift();
        if (steps.length === 0) sleeper.signal('SIGSTOP');
      });
      await installation.workerPolls();
      await fleet.start();
      await eventually('the worker sleeps', () => steps.length === 0);
      const schedule = fleet.client.schedule.getHandle(scheduleId(fleet.cluster));
      const actions = async () => (await schedule.describe()).info.runningActions;
      const [started] = await actions();
      await fleet.client.workflow.getHandle(started?.workflow.workflowId ?? '').terminate('by hand');
      await fleet.handle().terminate('by hand');
      await fleet.handle('a').terminate('by hand');
      await eventually('the Schedule knows', async () => (await actions()).length === 0);

      const other = installation.startWorker();
      // What the server hands to the sleeper has to be missed first.
      await triggerRollout(fleet.client, fleet.cluster, 120_000);
      expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'skipped: restored', b: 'updated' });
      const changes = eventsOn(fleet, 'a', 'instance-status');
      expect(changes.map(({ to }) => to)).toEqual(['DRAINING', 'ACTIVE']);
      other.signal('SIGKILL');
      await other.ended;

      sleeper.signal('SIGCONT');
      // Nobody else is there to ask the hosts: by then it is awake.
      expect((await fleet.ecsUpdater('plan')).code).toBe(0);
      const [planned] = fleet.requests(principals.worker, 'SendCommand').slice(-1);
      expect(planned?.userAgent).toContain('app/sleeper');
      expect(eventsOn(fleet, 'a', 'instance-status')).toEqual(changes);
      expect(commandsTo(fleet, 'a')).not.toContain('reboot');
      expect(effectsOn(fleet, 'a')).toEqual({ applies: 1, reboots: 0 });
      expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
    },
  );
});
