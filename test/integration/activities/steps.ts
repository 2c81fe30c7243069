import type { HostStatus } from '../../../src/model/host.js';
import { hostTimes } from '../../../src/model/settings.js';
import type { RequestEntry } from '../../../src/simulator/kernel.js';
import { rolloutId, type TestFleet } from './fleet.js';

/** Takes an instance out of service and waits until it is empty. */
export async function drained(fleet: TestFleet, name: string): Promise<void> {
  const { pace } = fleet;
  const start = await fleet.run('startDraining', { ...fleet.on(name), rolloutId, pace });
  if (start.kind !== 'draining') throw new Error(`not draining: ${start.kind}`);
  const end = await fleet.run('waitUntilDrained', { ...fleet.on(name), pace });
  if (end.kind !== 'drained') throw new Error(`not drained: ${end.kind}`);
}

/** Asks one host. */
export async function checked(fleet: TestFleet, name: string): Promise<HostStatus> {
  const { cluster, installation, pace, limits } = fleet;
  const answers = await fleet.run('checkForUpdates', {
    cluster,
    ec2InstanceIds: [fleet.id(name)],
    command: fleet.command('check'),
    installation,
    pace,
    limitMs: limits.checkMs,
  });
  const answer = answers[fleet.id(name)];
  if (answer?.kind !== 'checked') throw new Error(`not checked: ${JSON.stringify(answer)}`);
  return answer.host;
}

/** Latest time for an order that is not to be late, by the clock of a host that goes right. */
export const inAnHour = (fleet: TestFleet): number => Math.floor(fleet.simulator.clock.now() / 1000) + 3600;

/** Drains an instance and writes the update; the host's status afterwards. */
export async function updated(fleet: TestFleet, name: string): Promise<HostStatus> {
  await drained(fleet, name);
  await checked(fleet, name);
  const applied = await fleet.run('applyUpdate', {
    ...fleet.on(name),
    command: fleet.command('apply'),
    check: fleet.documents.check,
    notAfter: inAnHour(fleet),
    pace: fleet.pace,
  });
  if (applied.kind !== 'applied') throw new Error(`not applied: ${JSON.stringify(applied)}`);
  return applied.host;
}

/** Input of `orderReboot` for the host as it is. */
export const orderOf = (
  fleet: TestFleet,
  name: string,
  host: HostStatus,
  validSeconds: number = hostTimes.orderValidSeconds,
) => ({
  ...fleet.on(name),
  command: fleet.command('reboot'),
  bootId: host.bootId,
  notAfter: host.now + validSeconds,
  pace: fleet.pace,
});

/** Input of `waitForBoot` for an order. */
export const waitOf = (fleet: TestFleet, { command, ...order }: ReturnType<typeof orderOf>) => ({
  ...order,
  reboot: command,
  check: fleet.documents.check,
});

/** Does this right after such a request has taken effect, before it is answered. */
export function after(fleet: TestFleet, action: string, hit: (entry: RequestEntry) => void): void {
  let come = false;
  fleet.simulator.fleet.journal.on((entry) => {
    if (come || entry.kind !== 'request' || entry.action !== action) return;
    come = true;
    queueMicrotask(() => hit(entry));
  });
}
