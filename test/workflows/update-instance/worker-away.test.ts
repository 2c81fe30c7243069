import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import { fleet, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage({ workersGo: true });

/** The wait of each phase; before it is drained, a host is asked again if its check is old. */
const waits = {
  waiting: 'checkForUpdates',
  draining: 'waitUntilDrained',
  updating: 'applyUpdate',
  rebooting: 'waitForBoot',
  verifying: 'waitUntilHealthy',
  activating: 'activate',
  settling: 'waitUntilSteady',
} as const satisfies Record<string, keyof Activities>;

type Phase = keyof typeof waits;

const phases = Object.keys(waits).filter((phase): phase is Phase => phase in waits);

/** A host of which one wait goes on until it is opened. */
function held(phase: Phase) {
  let isOpen = false;
  const wait =
    <I, O>() =>
    async (input: I, usual: (input: I) => Promise<O>): Promise<O> => {
      if (!isOpen) throw stillWaiting(phase);
      return usual(input);
    };
  const hosts = fleet([{ id: 'i-1', services: ['web'] }], { [waits[phase]]: wait() });
  return { hosts, open: () => (isOpen = true) };
}

const options = (phase: Phase) => ({
  timeout: '30 days' as const,
  ...(phase === 'waiting' && { work: { checkedAt: '2026-01-05T03:00:00.000Z' } }),
});

test.each(phases)(
  'a worker away for a day while %s finds out on its return that all went well',
  async (phase) => {
    const { hosts, open } = held(phase);
    const ending = await play(hosts, async (stage) => {
      const handle = await stage.startInstance('i-1', options(phase));
      await stage.passUntilCalled(waits[phase]);
      open();
      await stage.passDaysWithoutWorker(1);
      return handle.result();
    });
    expect(ending).toMatchObject({ kind: 'ended', outcome: { kind: 'updated', to: '1.20.0' } });
    expect(ending).not.toHaveProperty('outcome.warning');
    expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
    expect(hosts.attempts('orderReboot')).toHaveLength(1);
  },
);

const limits: Record<Exclude<Phase, 'waiting' | 'activating'>, object> = {
  draining: { kind: 'rolled-back', reason: { code: 'drain-limit' } },
  updating: { kind: 'rolled-back', reason: { code: 'update-limit' } },
  rebooting: { kind: 'failed', reason: { code: 'reboot-limit' } },
  verifying: { kind: 'failed', reason: { code: 'verify-limit' } },
  settling: { kind: 'updated', warning: { code: 'settle-limit' } },
};

test.each(Object.entries(limits))(
  'a worker away for a day while %s keeps to the limit if what it waited for has not come',
  async (name, outcome) => {
    const phase = phases.find((one) => one === name) ?? 'draining';
    const { hosts } = held(phase);
    const ending = await play(hosts, async (stage) => {
      const handle = await stage.startInstance('i-1', options(phase));
      await stage.passUntilCalled(waits[phase]);
      await stage.passDaysWithoutWorker(1);
      return handle.result();
    });
    expect(ending).toMatchObject({ kind: 'ended', outcome });
    expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
  },
);
