import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import { fleet, never } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const said = { by: 'kim', reason: 'takes too long' };

test.each<keyof Activities>(['startDraining', 'waitUntilDrained', 'applyUpdate'])(
  'cancelled during %s, the instance is given back, and its outcome says by whom and why',
  async (activity) => {
    const hosts = fleet([{ id: 'i-1', drainMinutes: activity === 'waitUntilDrained' ? never : 1 }]);
    const answers: string[] = [];
    const ending = await play(hosts, async (stage) => {
      hosts.when(activity, async () => answers.push(await stage.update('cancel', 'i-1', said)));
      return (await stage.startInstance('i-1')).result();
    });
    expect(answers).toEqual(['The update of i-1 is cancelled; the instance is given back.']);
    expect(ending).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'rolled-back', reason: { code: 'cancelled', ...said } },
      steering: [{ at: expect.any(String), what: 'cancel', instance: 'i-1', ...said }],
    });
    expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
    expect(hosts.did()).not.toContain('orderReboot');
  },
);

test.each<keyof Activities>([
  'orderReboot',
  'waitForBoot',
  'waitUntilHealthy',
  'activate',
  'waitUntilSteady',
])('once the reboot is ordered it comes too late: during %s', async (activity) => {
  const hosts = fleet([{ id: 'i-1' }]);
  const refusals: string[] = [];
  const ending = await play(hosts, async (stage) => {
    hosts.when(activity, async () => {
      await stage.update('cancel', 'i-1').catch((err: unknown) => {
        if (!(err instanceof WorkflowUpdateFailedError)) throw err;
        refusals.push(err.cause?.message ?? '');
      });
      await stage.signal('cancel', 'i-1');
    });
    return (await stage.startInstance('i-1')).result();
  });
  expect(refusals).toEqual([expect.stringMatching(/^cancel comes too late: i-1 is \w+\.$/)]);
  expect(ending).toMatchObject({ outcome: { kind: 'updated' }, steering: [] });
});

test('what is given back for an interrupted rollout cannot be cancelled', async () => {
  const since = '2026-01-05T03:00:00.000Z';
  const mark = { installation: 'default', rolloutId: 'earlier', since };
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }]);
  const ending = await play(hosts, async (stage) => {
    hosts.when('waitUntilQuiet', () => stage.signal('cancel', 'i-1'));
    return (await stage.startInstance('i-1', { work: { mode: 'restore', since } })).result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'restored' } } });
});
