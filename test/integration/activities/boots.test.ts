import { expect, test } from 'vitest';
import { behind, startFleet, type TestFleet } from './fleet.js';
import { orderOf, updated, waitOf } from './steps.js';

const hostOf = (host: object) => ({ instances: [{ name: 'a', host: { ...behind, ...host } }] });

/** Updates the host and orders its reboot. */
async function ordered(fleet: TestFleet) {
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  expect(await fleet.run('orderReboot', order)).toEqual({ kind: 'sent' });
  return order;
}

const simulatedSeconds = (fleet: TestFleet): number => Date.parse(fleet.simulator.state().time) / 1000;

test('a host that falls back to its old version has booted, and says so', async () => {
  const fleet = await startFleet(hostOf({ boot: 'falls-back' }));
  const order = await ordered(fleet);
  expect(await fleet.run('waitForBoot', waitOf(fleet, order))).toMatchObject({
    kind: 'booted',
    host: { runningVersion: '1.26.0' },
  });
});

test.each(['never-returns', 'ssm-agent-lost'])(
  'a host that cannot be read after its reboot (%s) is waited for, whatever time passes',
  async (boot) => {
    const fleet = await startFleet(hostOf({ boot }));
    const order = await ordered(fleet);
    const wait = fleet.begin('waitForBoot', waitOf(fleet, order));
    await Promise.race([
      wait.end.then((end) => Promise.reject(new Error(`it ended: ${JSON.stringify(end)}`))),
      fleet.until(() => simulatedSeconds(fleet) > order.notAfter + 330),
    ]);
    wait.cancel();
    await wait.end.catch(() => undefined);
    expect(fleet.requests('SendCommand').filter(isReboot)).toHaveLength(1);
  },
);

const isReboot = ({ parameters }: { parameters: unknown }): boolean =>
  JSON.stringify(parameters).includes('ecs-updater-reboot');

test.each([0, -200, 200])(
  'an order that nobody carried out is over only by the clock of the host (%i s ahead)',
  async (clockSkewSeconds) => {
    const fleet = await startFleet(hostOf({ clockSkewSeconds }));
    const host = await updated(fleet, 'a');
    fleet.simulator.fault({
      kind: 'amend-host',
      instance: fleet.id('a'),
      host: { ssm: 'connection-lost' },
    });
    const order = orderOf(fleet, 'a', host);
    await fleet.run('orderReboot', order);
    // Too late for its delivery.
    await fleet.until(() => simulatedSeconds(fleet) + clockSkewSeconds > order.notAfter + 10);
    fleet.simulator.fault({ kind: 'amend-host', instance: fleet.id('a'), host: { ssm: 'online' } });
    const end = await fleet.run('waitForBoot', waitOf(fleet, order));
    expect(end).toMatchObject({ kind: 'not-rebooted', why: 'refused' });
    expect(simulatedSeconds(fleet) + clockSkewSeconds).toBeGreaterThan(order.notAfter + 300);
    expect(fleet.state('a').host?.bootId).toBe(host.bootId);
  },
);

test('trouble on the side of AWS while the host boots costs a look, not the boot', async () => {
  const fleet = await startFleet(hostOf({}));
  const order = await ordered(fleet);
  const wait = fleet.run('waitForBoot', waitOf(fleet, order));
  for (const action of ['DescribeContainerInstances', 'ListCommandInvocations', 'SendCommand']) {
    fleet.simulator.fault({ kind: 'aws-error', action, code: 'ServerException', status: 500, times: 7 });
    fleet.simulator.fault({ kind: 'reset', action, when: 'after' });
  }
  expect(await wait).toMatchObject({ kind: 'booted', host: { runningVersion: '1.26.1' } });
  expect(fleet.requests('SendCommand').filter(isReboot)).toHaveLength(1);
});

/** What an attempt that ends while the agent is away leaves for the next. */
async function seenAway(fleet: TestFleet, order: Awaited<ReturnType<typeof ordered>>): Promise<unknown> {
  const first = fleet.begin('waitForBoot', waitOf(fleet, order));
  await fleet.until(() => JSON.stringify(first.beats.at(-1) ?? null).includes('"wasAway":true'));
  first.cancel();
  await first.end.catch(() => undefined);
  return first.beats.at(-1);
}

test('a later attempt goes on with what an earlier one saw', async () => {
  const fleet = await startFleet(hostOf({}));
  const order = await ordered(fleet);
  const seen = await seenAway(fleet, order);
  await fleet.until(() => fleet.state('a').agentConnected);
  const reads = fleet.requests('SendCommand').length;
  const from = { attempt: 2, heartbeatDetails: seen };
  const second = fleet.begin('waitForBoot', waitOf(fleet, order), from);
  await fleet.until(() => fleet.requests('SendCommand').length > reads);
  // With its first look.
  expect(
    fleet
      .requests()
      .slice(-2)
      .map(({ action }) => action),
  ).toEqual(['DescribeContainerInstances', 'SendCommand']);
  expect(await second.end).toMatchObject({ kind: 'booted' });
});

test('looks at an absent agent add up over attempts, until EC2 is asked for its machine', async () => {
  const fleet = await startFleet(hostOf({}));
  const order = await ordered(fleet);
  const seen = await seenAway(fleet, order);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a'), leavesGhost: true });
  const before = fleet.requests().length;
  const from = { attempt: 2, heartbeatDetails: { ...Object(seen), absentLooks: 19 } };
  const second = fleet.begin('waitForBoot', waitOf(fleet, order), from);
  expect(await second.end).toMatchObject({ kind: 'gone' });
  expect(
    fleet
      .requests()
      .slice(before)
      .map(({ action }) => action),
  ).toEqual(['DescribeContainerInstances', 'DescribeInstances']);
});
