import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import { fleet } from '../../support/fake-activities.js';
import { type Stage, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

/** Starts an instance whose host has to be asked again first: the only wait of the phase `waiting`. */
const startWithOldCheck = async (stage: Stage) =>
  stage.startInstance('i-1', {
    work: { checkedAt: new Date((await stage.now()) - 16 * 60_000).toISOString() },
  });

/** What an operator is told whose update is refused. */
async function refusal(update: Promise<unknown>): Promise<string> {
  try {
    await update;
    return 'was not refused';
  } catch (err) {
    if (!(err instanceof WorkflowUpdateFailedError)) throw err;
    return err.cause?.message ?? '';
  }
}

test.each<[keyof Activities, number]>([
  ['checkForUpdates', 0],
  ['startDraining', 0],
  ['waitUntilDrained', 0],
  ['waitUntilDrained', 8],
])(
  'skipped during %s (a drain of %i minutes), it is given back without an update',
  async (activity, drainMinutes) => {
    const hosts = fleet([{ id: 'i-1', drainMinutes }]);
    const ending = await play(hosts, async (stage) => {
      hosts.when(activity, () => stage.signal('skip', 'i-1', { reason: 'batch night', by: 'ann' }));
      return (await startWithOldCheck(stage)).result();
    });
    expect(ending).toMatchObject({
      kind: 'ended',
      outcome: {
        kind: 'skipped',
        reason: { code: 'skipped-by-operator', reason: 'batch night', by: 'ann' },
      },
    });
    expect(hosts.did()).not.toContain('applyUpdate');
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('a skip by workflow update is answered with what follows', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 8 }]);
  const answers: string[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () => answers.push(await stage.update('skip', 'i-1', 'not today')));
    return (await stage.startInstance('i-1')).result();
  });
  expect(answers).toEqual(['i-1 is skipped and given back.']);
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { reason: 'not today' } } });
});

test.each<keyof Activities>([
  'applyUpdate',
  'orderReboot',
  'waitForBoot',
  'waitUntilHealthy',
  'activate',
  'waitUntilSteady',
])('skipped during %s, it goes on: the signal is noted, the workflow update refused', async (activity) => {
  const hosts = fleet([{ id: 'i-1' }]);
  const refusals: string[] = [];
  const notes: (string | null)[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when(activity, async () => {
      refusals.push(await refusal(stage.update('skip', 'i-1')));
      await stage.signal('skip', 'i-1');
      await stage.update('skip', 'i-1').catch(() => {});
      notes.push((await stage.instanceStatus('i-1')).note);
    });
    return (await stage.startInstance('i-1')).result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
  expect(refusals).toEqual([
    expect.stringMatching(
      /^skip comes too late: i-1 is (updating|rebooting|verifying|activating|settling)\.$/,
    ),
  ]);
  expect(notes).toEqual(refusals);
});

test('paused while it waits, it hands its turn back without having touched anything', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const answers: string[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when('checkForUpdates', async () =>
      answers.push(await stage.update('pause', 'i-1', { reason: 'release', by: 'ann' })),
    );
    return (await startWithOldCheck(stage)).result();
  });
  expect(answers).toEqual(['i-1 waits until it is resumed.']);
  expect(ending).toEqual({ kind: 'paused', steering: { reason: 'release', by: 'ann' } });
  expect(hosts.did()).not.toContain('startDraining');
});

test('skipped after it was paused, it is not handed back to be tried again', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const answers: string[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when('checkForUpdates', async () => {
      answers.push(await stage.update('pause', 'i-1'));
      answers.push(await stage.update('skip', 'i-1', { reason: 'batch night', by: 'ann' }));
    });
    return (await startWithOldCheck(stage)).result();
  });
  expect(answers).toEqual(['i-1 waits until it is resumed.', 'i-1 is skipped and given back.']);
  expect(ending).toMatchObject({
    kind: 'ended',
    outcome: { kind: 'skipped', reason: { code: 'skipped-by-operator', reason: 'batch night', by: 'ann' } },
  });
  expect(hosts.did()).not.toContain('startDraining');
});

test('paused once it drains, it goes on', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const refusals: string[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () => {
      refusals.push(await refusal(stage.update('pause', 'i-1')));
      await stage.signal('pause', 'i-1');
    });
    return (await stage.startInstance('i-1')).result();
  });
  expect(refusals).toEqual(['pause comes too late: i-1 is draining.']);
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test.each(['resume', 'unskip'] as const)(
  '%s is refused, and names the workflow to send it to',
  async (name) => {
    const hosts = fleet([{ id: 'i-1' }]);
    const refusals: string[] = [];
    const cluster = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        refusals.push(await refusal(stage.update(name, 'i-1')));
        await stage.signal(name, 'i-1');
      });
      await (await stage.startInstance('i-1')).result();
      return stage.cluster.name;
    });
    expect(refusals).toEqual([`Send ${name} to the cluster's workflow, ecs-updater/${cluster}.`]);
  },
);

test('a payload of another form is refused with the form that it should have', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const refusals: string[] = [];
  await play(hosts, async (stage) => {
    const odd: object = { reason: 5 };
    hosts.when('waitUntilDrained', async () =>
      refusals.push(await refusal(stage.update('skip', 'i-1', odd))),
    );
    await (await stage.startInstance('i-1')).result();
  });
  expect(refusals).toEqual(['Send {"reason", "by"}, a reason, or nothing.']);
});

test('a signal of another form changes nothing', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 3 }]);
  const ending = await play(hosts, async (stage) => {
    const odd: object = { reason: 5 };
    hosts.when('waitUntilDrained', () => stage.signal('skip', 'i-1', odd));
    return (await stage.startInstance('i-1')).result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('a signal without a payload skips, as from the temporal command line', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 3 }]);
  const ending = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', () => stage.signal('skip', 'i-1'));
    return (await stage.startInstance('i-1')).result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'skipped-by-operator' } } });
});
