import { describe, inject, test, type TestContext } from 'vitest';
import { type MomentName, moments } from '../../chaos/moments.js';
import { watch } from '../../chaos/sights.js';
import type { WorkerProcess } from '../../chaos/worker-process.js';
import type { Activities } from '../../activities/types.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { type ProcessInstallation, startProcessInstallation } from '../support/worker-processes.js';

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

/** A moment of a rollout, or a request of the worker's that is none. */
type Step = MomentName | 'DescribeDocument' | 'CancelCommand';

const isMoment = (step: Step): step is MomentName => step in moments;

/** Two hosts, and a worker that polls for them. */
async function startInstalled({
  onTestFinished,
}: TestContext): Promise<{ installation: ProcessInstallation; fleet: Fleet; first: WorkerProcess }> {
  const installation = await startProcessInstallation(inject('devServer').address);
  onTestFinished(() => installation.close());
  const fleet = await startFleet(installation, { instances: hosts('a', 'b'), services: [web] }, {});
  onTestFinished(() => fleet.close());
  const first = installation.startWorker();
  await installation.workerPolls();
  return { installation, fleet, first };
}

/** Waits until a worker that was killed has died. */
async function die({ expect }: TestContext, { ended }: WorkerProcess): Promise<void> {
  expect(await ended, 'the worker was killed, it did not end by itself').toBeNull();
}

/** What the work of each phase is; `beginning` and `checking` are the rollout's, the others an instance's. */
const workOf = {
  beginning: ['checkPrerequisites'],
  checking: ['checkForUpdates'],
  waiting: ['checkForUpdates'],
  draining: ['startDraining', 'waitUntilDrained'],
  updating: ['applyUpdate'],
  rebooting: ['orderReboot', 'waitForBoot'],
  verifying: ['waitUntilHealthy'],
  activating: ['activate'],
  settling: ['waitUntilSteady'],
} as const satisfies Record<string, (keyof Activities)[]>;

/** What a workflow had done last, by what the server has recorded. */
async function lastWorkOf(fleet: Fleet, name?: string): Promise<string | null | undefined> {
  const { events } = await fleet.handle(name).fetchHistory();
  return (events ?? [])
    .flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled ?? [])
    .at(-1)?.activityType?.name;
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

async function endsAsItWouldHave({ expect }: TestContext, fleet: Fleet): Promise<void> {
  expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
  expect(times(fleet, 'apply-started')).toEqual({ a: 1, b: 1 });
  expect(times(fleet, 'reboot-started')).toEqual({ a: 1, b: 1 });
  for (const name of ['a', 'b']) {
    expect(fleet.state(name)).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
  }
}

describe.concurrent('a worker that is killed', () => {
  // The last step is where it is killed, once those before have come in this order.
  test.for<[phase: keyof typeof workOf, when: string, ...Step[]]>([
    ['beginning', 'when the documents are compared', 'DescribeDocument'],
    ['beginning', 'when it is seen what is allowed', 'CancelCommand'],
    ['checking', 'when the check was sent, before SSM had answered', 'check sent'],
    ['waiting', 'when its host is asked once more', 'services read', 'check sent'],
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
  ])(
    'while %s, %s, leaves its work to another: nothing is done twice',
    async ([phase, , ...steps], context) => {
      const { expect } = context;
      const { installation, fleet, first } = await startInstalled(context);
      watch(fleet.simulator, ({ entry, is }) => {
        const [next] = steps;
        if (!next) return;
        const isNext = isMoment(next)
          ? is(next)
          : entry.kind === 'request' && entry.principal === principals.worker && entry.action === next;
        if (!isNext) return;
        steps.shift();
        if (steps.length === 0) first.signal('SIGKILL');
      });
      // The first check is too old for the second instance.
      await fleet.start({ ...patient, ...(phase === 'waiting' && { checkFresh: '1m' }) });
      await die(context, first);

      const ofRollout = phase === 'beginning' || phase === 'checking';
      const killedAt = phase === 'waiting' ? 'b' : 'a';
      expect(workOf[phase]).toContain(await lastWorkOf(fleet, ofRollout ? undefined : killedAt));
      installation.startWorker();
      await endsAsItWouldHave(context, fleet);
    },
  );

  test('while an instance waits, paused, leaves it waiting until it is resumed', async (context) => {
    const { expect } = context;
    const { installation, fleet, first } = await startInstalled(context);
    await fleet.start(patient);
    await eventually('a has its turn', async () => (await fleet.status()).inFlight.length === 1);
    await fleet.handle().executeUpdate('pause', { args: [{ instance: fleet.id('b'), reason: 'busy' }] });
    await eventually('only b is left', async () => {
      const { stage, inFlight, queued } = await fleet.status();
      return stage === 'rolling' && inFlight.length === 0 && queued.length === 1;
    });
    first.signal('SIGKILL');
    await die(context, first);

    installation.startWorker();
    // The server asks the dead one first.
    const status = await eventually('another answers', () => fleet.status().catch(() => null));
    expect(status).toMatchObject({
      inFlight: [],
      queued: [{ ec2InstanceId: fleet.id('b'), paused: { reason: 'busy' } }],
    });
    expect(fleet.state('b')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
    await fleet.handle().executeUpdate('resume', { args: [fleet.id('b')] });
    await endsAsItWouldHave(context, fleet);
  });
});
