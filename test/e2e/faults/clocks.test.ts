import { describe, inject, test as plainTest } from 'vitest';
import type { MomentName } from '../../../chaos/moments.js';
import { watch } from '../../../chaos/sights.js';
import { eventually } from '../../support/eventually.js';
import { hosts, startFleet as startFleetFor } from '../../support/fleet.js';
import { test } from '../../support/rollouts.js';
import { startProcessInstallation } from '../../support/worker-processes.js';
import { effectsOn, eventsOn, hostsThat, once } from './incidents.js';

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
});
