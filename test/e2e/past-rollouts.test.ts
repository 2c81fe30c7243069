import { describe } from 'vitest';
import { instanceWorkflowId } from '../../src/model/names.js';
import { phases } from '../../src/model/outcome.js';
import type { InstanceRecord, RolloutRecord } from '../../src/model/rollout-record.js';
import { readRollout } from '../../src/temporal/rollout-record.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

const read = async (fleet: Fleet, runId?: string): Promise<RolloutRecord> => {
  const record = await readRollout(fleet.client, fleet.cluster, runId);
  if (!record) throw new Error('no such rollout');
  return record;
};

const of = ({ instances }: RolloutRecord, fleet: Fleet, name: string): InstanceRecord => {
  const found = instances.find(({ ec2InstanceId }) => ec2InstanceId === fleet.id(name));
  if (!found) throw new Error(`nothing of ${name}`);
  return found;
};

const history = async (fleet: Fleet, ...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await fleet.ecsUpdater('history', '-o', 'json', ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

describe.concurrent('a rollout that is read from Temporal', () => {
  test('is one, over all the runs in which it continued as new', async ({ startFleet, expect }) => {
    const [a, b, c] = hosts('a', 'b', 'c');
    const fleet = await startFleet({
      instances: [{ ...a }, { ...b }, { ...c }, { name: 'd', host: { version: '1.26.1' } }],
      services: [{ name: 'web', desiredCount: 4, cpu: 128, memory: 128 }],
    });
    const input = await fleet.input({ updatesPerRun: 2 });
    const started = await fleet.client.workflow.start('updateCluster', {
      workflowId: fleet.workflowId,
      taskQueue: 'ecs-updater',
      args: [input],
    });
    await fleet.report();

    const record = await read(fleet);
    expect(record).toMatchObject({
      cluster: { name: fleet.cluster, arn: fleet.arn },
      rolloutId: started.firstExecutionRunId,
      state: 'completed',
      counts: { updated: 3, skipped: 1 },
      brokeOff: null,
      stopped: null,
      settings: { updatesPerRun: 2 },
      gaps: [],
    });
    expect(record.runIds[0]).toBe(started.firstExecutionRunId);
    expect(record.runIds.length).toBeGreaterThan(1);
    expect(record.workers).toHaveLength(1);
    expect(record.instances).toHaveLength(4);
    for (const name of ['a', 'b', 'c']) {
      const { spans, ...instance } = of(record, fleet, name);
      expect(instance).toMatchObject({
        state: 'updated',
        standing: 'updated',
        from: '1.26.0',
        runs: '1.26.1',
        to: '1.26.1',
        zone: expect.stringMatching(/^eu-/),
        tasksMoved: expect.any(Number),
      });
      expect(instance.runIds).toHaveLength(1);
      expect(spans.map(({ phase }) => phase)).toEqual(phases.filter((phase) => phase !== 'waiting'));
      const instants = [
        record.startedAt,
        ...spans.flatMap(({ from, to }) => [from, to ?? '']),
        record.endedAt ?? '',
      ];
      expect(instants).toEqual(instants.toSorted());
    }
    expect(of(record, fleet, 'd')).toMatchObject({ state: 'up-to-date', spans: [], tasksMoved: null });
    // Whichever of its runs is named, it is the same rollout.
    for (const runId of record.runIds) expect(await read(fleet, runId)).toEqual(record);

    expect(await history(fleet)).toEqual([
      expect.objectContaining({
        rolloutId: record.rolloutId,
        runIds: record.runIds,
        state: 'completed',
        counts: record.counts,
      }),
    ]);
    expect(await history(fleet, '--instance', fleet.id('a'))).toEqual([
      expect.objectContaining({
        rollout: expect.objectContaining({ rolloutId: record.rolloutId }),
        state: 'updated',
        from: '1.26.0',
        tasksMoved: of(record, fleet, 'a').tasksMoved,
        spans: expect.arrayContaining(of(record, fleet, 'a').spans.slice(0, -1)),
      }),
    ]);
    const data = await fleet.ecsUpdater('report', '--json', '-', '--run', record.runIds.at(-1) ?? '');
    expect(JSON.parse(data.stdout)).toMatchObject({ ...record, origin: { version: expect.any(String) } });
    const page = await fleet.ecsUpdater('report', '--html', '-');
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(page.stdout).toMatch(/^<!doctype html>\n<html lang="en">.*<\/html>\n$/s);
    expect(page.stdout).toContain('3 of 3 planned updates succeeded, from 1.26.0 to 1.26.1.');
    expect(page.stdout).toContain(record.rolloutId);
    const table = await fleet.ecsUpdater('history');
    expect(table.stdout).toMatch(/^STARTED +TOOK +STATE +UPDATED .*\n\S+ \S+Z +\S+ +completed +3 +1 /);

    // As when the time is over for which the server keeps it.
    await fleet.client.workflowService.deleteWorkflowExecution({
      namespace: fleet.client.options.namespace,
      workflowExecution: { workflowId: fleet.workflowId, runId: record.rolloutId },
    });
    const rest = await eventually('its first run is gone', async () => {
      const now = await read(fleet);
      return now.runIds.length < record.runIds.length && now;
    });
    expect(rest).toMatchObject({ rolloutId: record.rolloutId, counts: record.counts });
    expect(rest.gaps).toEqual([expect.stringContaining('no longer has the first runs')]);
  });

  test('says what is known of one that was terminated, and of the one after it while that runs', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(
      { instances: hosts('a', 'b') },
      { hostTimings: { boot: [200_000, 200_000] } },
    );
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    const running = await read(fleet);
    expect(running).toMatchObject({ state: 'running', endedAt: null, counts: { updated: 0 } });
    expect(of(running, fleet, 'a')).toMatchObject({
      state: 'rebooting',
      standing: 'in-flight',
      result: null,
    });
    expect(of(running, fleet, 'a').spans.at(-1)).toMatchObject({ phase: 'rebooting', to: null });
    expect(of(running, fleet, 'b')).toMatchObject({ state: 'queued', to: '1.26.1', spans: [] });

    await fleet.handle().terminate('the building burns');
    const broken = await read(fleet);
    expect(broken).toMatchObject({ state: 'terminated', endedAt: expect.stringMatching(/Z$/) });
    expect(broken.brokeOff).toContain('the building burns');
    expect(of(broken, fleet, 'b')).toMatchObject({
      state: 'not-started',
      reason: 'the rollout broke off before its turn.',
    });

    // Its child finishes what it had begun, on its own.
    await fleet.client.workflow.getHandle(instanceWorkflowId(fleet.cluster, fleet.id('a'))).result();
    const later = await read(fleet);
    expect(of(later, fleet, 'a')).toMatchObject({ state: 'updated', runs: '1.26.1' });
    expect(of(later, fleet, 'a').spans.at(-1)).toMatchObject({ to: expect.any(String) });
    expect(later.counts).toMatchObject({ updated: 1 });

    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: up-to-date', b: 'updated' });
    const listed = await eventually('both are listed', async () => {
      const rollouts = await history(fleet);
      return Array.isArray(rollouts) && rollouts.length === 2 ? rollouts : undefined;
    });
    expect(listed).toMatchObject([
      { state: 'completed', rolloutId: report.rolloutId, counts: { updated: 1, skipped: 1 } },
      {
        state: 'terminated',
        brokeOff: expect.stringContaining('the building burns'),
        rolloutId: broken.rolloutId,
      },
    ]);
    expect(await history(fleet, '--instance', fleet.id('a'))).toMatchObject([
      { state: 'up-to-date', rollout: { rolloutId: report.rolloutId } },
      { state: 'updated', rollout: { rolloutId: broken.rolloutId, state: 'terminated' } },
    ]);
    expect(await history(fleet, '--limit', '1')).toHaveLength(1);
    // The older one is found by its id.
    expect(await read(fleet, broken.rolloutId)).toMatchObject({ state: 'terminated' });
  });
});
