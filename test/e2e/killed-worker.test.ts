import { describe, inject, test, type TestContext } from 'vitest';
import type { MomentName } from '../../chaos/moments.js';
import { watch } from '../../chaos/sights.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { startProcessInstallation } from '../support/worker-processes.js';

/** Long enough for a dead worker to be noticed within each, at the speed of the fleet. */
const patient = {
  checkLimit: '1h',
  drainLimit: '2h',
  updateLimit: '2h',
  rebootLimit: '2h',
  verifyLimit: '2h',
  settleLimit: '2h',
};

const web = { name: 'web', desiredCount: 2 };

/** Rolls out over two hosts; the worker is killed once these moments have come, in this order, within the last; another one takes over. */
async function rollOutKilledAt(
  { expect, onTestFinished }: TestContext,
  ...steps: MomentName[]
): Promise<Fleet> {
  const installation = await startProcessInstallation(inject('devServer').address);
  onTestFinished(() => installation.close());
  const fleet = await startFleet(installation, { instances: hosts('a', 'b'), services: [web] }, {});
  onTestFinished(() => fleet.close());
  const first = installation.startWorker();
  const killed = new Promise<void>((resolve) => {
    watch(fleet.simulator, ({ is }) => {
      const [next] = steps;
      if (!next || !is(next)) return;
      steps.shift();
      if (steps.length > 0) return;
      first.signal('SIGKILL');
      resolve();
    });
  });
  await installation.workerPolls();
  await fleet.start(patient);
  await killed;
  expect(await first.ended, 'the worker was killed, it did not end by itself').toBeNull();
  installation.startWorker();
  return fleet;
}

/** How often something happened to each instance. */
const times = (fleet: Fleet, event: string): Record<string, number> =>
  Object.fromEntries(
    ['a', 'b'].map((name) => [
      name,
      fleet.simulator.fleet.journal.entries.filter(
        (entry) => entry.kind === 'event' && entry.event === event && entry.ec2InstanceId === fleet.id(name),
      ).length,
    ]),
  );

describe.concurrent('a worker that is killed', () => {
  test.for<[phase: string, step: string, ...MomentName[]]>([
    ['checking', 'when the check was sent, before SSM had answered', 'check sent'],
    ['draining', 'between the mark and DRAINING', 'mark written'],
    ['draining', 'when DRAINING was set, before ECS had answered', 'drain asked for'],
    ['draining', 'while tasks stop', 'task stopped'],
    ['updating', 'when the apply was sent, before SSM had answered', 'apply sent'],
    ['updating', 'while the update is being written', 'apply started'],
    ['rebooting', 'when the reboot was sent, before SSM had answered', 'reboot sent'],
    ['rebooting', 'while the host boots', 'reboot started'],
    ['rebooting', 'when the agent is back', 'agent back'],
    ['verifying', 'while the health of the host is read', 'health read'],
    ['activating', 'between ACTIVE and the removal of the mark', 'set active'],
    ['activating', 'when the mark was removed, before ECS had answered', 'mark removed'],
    ['settling', 'while its services are looked at', 'mark removed', 'services read'],
  ])('while %s, %s, leaves its work to another: nothing is done twice', async ([, , ...steps], context) => {
    const { expect } = context;
    const fleet = await rollOutKilledAt(context, ...steps);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
    expect(times(fleet, 'apply-started')).toEqual({ a: 1, b: 1 });
    expect(times(fleet, 'reboot-started')).toEqual({ a: 1, b: 1 });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
  });
});
