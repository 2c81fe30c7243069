import { describe } from 'vitest';
import { whyWorkflowId } from '../../src/model/names.js';
import { documentedQueries } from '../support/documented-queries.js';
import { eventually } from '../support/eventually.js';
import { behind, type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { test } from '../support/rollouts.js';
import { detailsOf } from '../support/visible.js';

/** Waits until a documented command line finds these workflows, and no others: lists lag some moments behind. */
async function found(fleet: Fleet, line: string, ...workflowIds: string[]): Promise<void> {
  const wanted = workflowIds.toSorted().join();
  await eventually(`${line}: ${wanted}`, async () => {
    const { stdout } = await fleet.shell(`${line} --output jsonl`);
    const ids = [...stdout.matchAll(/"execution":\s*\{\s*"workflowId":\s*"([^"]+)"/g)].flatMap(
      ([, id]) => id ?? [],
    );
    return [...new Set(ids)].toSorted().join() === wanted;
  });
}

const workflowOf = (fleet: Fleet, name: string): string => `${fleet.workflowId}/${fleet.id(name)}`;

describe.concurrent('in Temporal', () => {
  test('a rollout and its instances are found by the documented queries, with their versions', async ({
    startFleet,
    expect,
  }) => {
    const [a, b, c] = hosts('a', 'b', 'c');
    const fleet = await startFleet(
      {
        instances: [
          { ...a },
          { ...b, host: { ...behind, boot: 'falls-back' } },
          { ...c, host: { version: '1.26.1' } },
        ],
      },
      { searchAttributes: true },
    );
    const report = await fleet.rollOut({ failureBudget: '0' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      b: 'failed: booted-old-version',
      c: 'skipped: up-to-date',
    });
    const { failed, draining, instance, stopped } = documentedQueries(fleet.cluster, fleet.id('b'));
    await found(fleet, failed, workflowOf(fleet, 'b'));
    expect(await fleet.ecsUpdater('why', '--instance', fleet.id('b'))).toMatchObject({ code: 0 });
    await found(fleet, instance, workflowOf(fleet, 'b'), whyWorkflowId(fleet.cluster, fleet.id('b')));
    await found(fleet, stopped, fleet.workflowId);
    await found(fleet, draining);
    const byTheSchedule = `EcsCluster = "${fleet.cluster}" AND WorkflowType = "startRollout"`;
    expect((await fleet.client.workflow.count(byTheSchedule)).count).toBe(1);
    expect((await fleet.handle('b').describe()).memo).toMatchObject({
      rolloutId: report.rolloutId,
      from: '1.26.0',
      to: '1.26.1',
    });
    expect((await fleet.handle().describe()).memo).toMatchObject({
      clusterArn: fleet.arn,
      plan: { instances: 3, updates: 2, targets: { '1.26.1': 2 } },
    });
  });

  test('a rollout that runs shows its instances, and each of them its phase', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(
      { instances: hosts('a', 'b'), services: [stuckOn('a')] },
      { searchAttributes: true },
    );
    await fleet.start();
    await eventually('a is drained', async () => (await fleet.instanceStatus('a'))?.phase === 'draining');
    await found(fleet, documentedQueries(fleet.cluster, fleet.id('a')).draining, workflowOf(fleet, 'a'));
    expect(await detailsOf(fleet.handle())).toMatch(
      new RegExp(
        `^\\| ${fleet.id('a')} \\| in-flight \\| 1\\.26\\.0 \\| 1\\.26\\.1 \\| since \\S+ \\|$`,
        'm',
      ),
    );
    expect(await detailsOf(fleet.handle('a'))).toMatch(/^\*\*draining\*\* since \S+: it is being drained/);
    expect(await fleet.ecsUpdater('cancel', '--reason', 'seen')).toMatchObject({ code: 0 });
    await fleet.report();
    expect(await detailsOf(fleet.handle())).toMatch(/^\*\*Finished\*\*/);
  });
});
