import { expect, inject, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { type ProcessInstallation, startProcessInstallation } from '../support/worker-processes.js';

const patient = { drainLimit: '2h', updateLimit: '2h', rebootLimit: '2h', verifyLimit: '2h' };

const versioned = (buildId: string) => ({ TEMPORAL_WORKER_BUILD_ID: buildId });

/** Lets nothing new start while versions change: a rollout must not be over before. */
const pause = (fleet: Fleet) => fleet.handle().signal('pause', { by: 'test' });
const resume = (fleet: Fleet) => fleet.handle().signal('resume', { by: 'test' });

/** Makes a version current, once a worker of it has asked for work. */
async function makeCurrent(fleet: Fleet, buildId: string): Promise<void> {
  await eventually(`version ${buildId} is current`, async () => {
    const command = 'worker deployment set-current-version --yes --deployment-name ecs-updater';
    const { code } = await fleet.temporal(...command.split(' '), '--build-id', buildId);
    return code === 0;
  });
}

/** The version that did the last task of a workflow, and the versions that did any. */
async function versionsOf(fleet: Fleet, name?: string): Promise<string[]> {
  const { events = [] } = await fleet.handle(name).fetchHistory();
  return (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: done }) => done?.deploymentVersion?.buildId ?? [],
  );
}

async function startVersioned(): Promise<{ installation: ProcessInstallation; fleet: Fleet }> {
  const installation = await startProcessInstallation(inject('devServer').address);
  onTestFinished(() => installation.close());
  const fleet = await startFleet(installation, { instances: hosts('a', 'b', 'c') }, {});
  onTestFinished(() => fleet.close());
  return { installation, fleet };
}

test('a rollout moves on to the version that becomes current meanwhile, and the old one can go', async () => {
  const { installation, fleet } = await startVersioned();
  const old = installation.startWorker(versioned('a'));
  await makeCurrent(fleet, 'a');
  await fleet.start(patient);
  await fleet.event('apply-started', 'a');
  await pause(fleet);

  installation.startWorker(versioned('b'));
  await makeCurrent(fleet, 'b');
  old.signal('SIGTERM');
  expect(await old.ended).toBe(0);
  await resume(fleet);

  expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
  const versions = await versionsOf(fleet);
  expect(versions[0]).toBe('a');
  expect(versions.at(-1)).toBe('b');
  expect(new Set(await versionsOf(fleet, 'c'))).toEqual(new Set(['b']));

  expect((await fleet.rollOut(patient)).counts).toMatchObject({ skipped: 3 });
  expect(new Set(await versionsOf(fleet))).toEqual(new Set(['b']));
});

test('a rollout that workers without a version began is finished by the version that becomes current', async () => {
  const { installation, fleet } = await startVersioned();
  const old = installation.startWorker();
  await installation.workerPolls();
  await fleet.start(patient);
  await fleet.event('apply-started', 'a');
  await pause(fleet);
  installation.startWorker(versioned('a'));
  await makeCurrent(fleet, 'a');
  old.signal('SIGTERM');
  await old.ended;
  await resume(fleet);
  expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
  expect((await versionsOf(fleet)).at(-1)).toBe('a');
});

test('a rollout goes back to the version before, when that is made current again', async () => {
  const { installation, fleet } = await startVersioned();
  installation.startWorker(versioned('a'));
  await makeCurrent(fleet, 'a');
  await fleet.start(patient);
  await fleet.event('apply-started', 'a');
  await pause(fleet);
  const bad = installation.startWorker(versioned('b'));
  await makeCurrent(fleet, 'b');
  await resume(fleet);
  await fleet.event('apply-started', 'b');
  await pause(fleet);
  await makeCurrent(fleet, 'a');
  bad.signal('SIGTERM');
  await bad.ended;
  await resume(fleet);
  expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
  const versions = await versionsOf(fleet);
  expect([versions[0], versions.includes('b'), versions.at(-1)]).toEqual(['a', true, 'a']);
});
