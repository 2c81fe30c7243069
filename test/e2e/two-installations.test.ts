import { describe } from 'vitest';
import { parseSettings } from '../../src/config/settings.js';
import type { RolloutReport } from '../../src/model/report.js';
import { triggerRollout } from '../../src/temporal/rollouts.js';
import { putSchedule } from '../../src/temporal/schedules.js';
import { behind, type Fleet, hosts } from '../support/fleet.js';
import { type Installation, principals, startInstallation } from '../support/installation.js';
import { test as testOfOne } from '../support/rollouts.js';
import { effectsOn, eventsOn, once } from './faults/incidents.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const web = { name: 'web', desiredCount: 6, deregistrationDelaySeconds: 20 };

const test = testOfOne.extend('other', { scope: 'file' }, async ({ server }, { onCleanup }) => {
  const other = await startInstallation(server.address, principals.otherWorker);
  onCleanup(() => other.close());
  return other;
});

/** Schedules the fleet for one of the two installations. */
async function schedule(
  installation: Installation,
  fleet: Fleet,
  principal: string,
  maxUnavailable: string,
): Promise<void> {
  const input = await fleet.input({ installation: principal, maxUnavailable }, principal);
  installation.addRegion(input.cluster.region, fleet.simulator.url);
  // At the speed of the fleet the pause after a mark would be as short as a request on a busy machine.
  input.settings.pace.quickMs = 500;
  // A back-off would be over before the next rollout.
  input.settings.failures = parseSettings({}).failures;
  await putSchedule(installation.client, input, { cron: ['0 0 1 1 *'], timeZone: 'Etc/UTC', jitterMs: 0 });
}

/** A rollout, and what it came to. */
async function rollOut({ client }: Installation, { cluster, workflowId }: Fleet): Promise<RolloutReport> {
  await triggerRollout(client, cluster, 30_000);
  const report: RolloutReport = await client.workflow.getHandle(workflowId).result();
  return report;
}

/** Who set an instance DRAINING and ACTIVE, in order. */
const changesOf = (fleet: Fleet, name: string) =>
  eventsOn(fleet, name, 'instance-status').map(({ principal, to }) => ({ principal, to }));

/** What a report may say of an instance that the other installation updates, or has updated since it was planned. */
const others = ['skipped: draining-by-others', 'skipped: update-withdrawn', 'skipped: up-to-date'];

describe.concurrent('two installations that roll over the same cluster at the same time', () => {
  test.for([
    ['1', '1'],
    ['2', '2'],
    ['1', '2'],
  ] as const)(
    'with at most %s and %s instances out of service, leave alone what the other has taken',
    async ([most, mostOfOther], { startFleet, installation, other, expect }) => {
      const fleet = await startFleet({ instances: hosts(...names), services: [web] });
      await schedule(installation, fleet, principals.worker, most);
      await schedule(other, fleet, principals.otherWorker, mostOfOther);
      const reports = await Promise.all([rollOut(installation, fleet), rollOut(other, fleet)]);
      const outcomes = reports.map((report) => fleet.outcomes(report));
      for (const name of names) {
        const ofBoth = outcomes.map((of) => of[name]);
        expect(ofBoth, `${name} is updated by one of them`).toContain('updated');
        expect(others, `${name} is left alone by the other`).toContain(
          ofBoth.find((outcome) => outcome !== 'updated'),
        );
        expect(effectsOn(fleet, name)).toEqual(once);
        expect(fleet.state(name)).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
        const changes = changesOf(fleet, name);
        for (const [at, { to }] of changes.entries()) {
          expect(to).toBe(at % 2 === 0 ? 'DRAINING' : 'ACTIVE');
          if (to === 'ACTIVE') expect(changes[at]?.principal).toBe(changes[at - 1]?.principal);
        }
      }
      for (const report of reports) {
        expect(report).toMatchObject({ failures: 0, stopped: null });
        const reported = report.groups.flatMap(({ ec2InstanceIds }) => ec2InstanceIds);
        expect(reported.toSorted()).toEqual(names.map((name) => fleet.id(name)).toSorted());
      }
      const next = fleet.outcomes(await rollOut(installation, fleet));
      expect(new Set(Object.values(next))).toEqual(new Set(['skipped: up-to-date']));
    },
  );
});

describe.concurrent('an installation that has lost its Temporal namespace', () => {
  test('finds at the instance what failed there, and lets it back off', async ({
    startFleet,
    installation,
    server,
    expect,
    onTestFinished,
  }) => {
    const [a, b] = hosts('a', 'b');
    const fleet = await startFleet({
      instances: [{ ...a, host: { ...behind, boot: 'falls-back' } }, { ...b }],
      services: [web],
    });
    await schedule(installation, fleet, principals.worker, '1');
    expect(fleet.outcomes(await rollOut(installation, fleet))).toEqual({
      a: 'failed: booted-old-version',
      b: 'updated',
    });
    const changes = ['a', 'b'].map((name) => changesOf(fleet, name));

    const fresh = await startInstallation(server.address);
    onTestFinished(() => fresh.close());
    await schedule(fresh, fleet, principals.worker, '1');
    expect(fleet.outcomes(await rollOut(fresh, fleet))).toEqual({
      a: 'skipped: backing-off',
      b: 'skipped: up-to-date',
    });
    expect(['a', 'b'].map((name) => changesOf(fleet, name))).toEqual(changes);
  });
});
