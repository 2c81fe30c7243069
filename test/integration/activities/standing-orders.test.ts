import { expect, test } from 'vitest';
import { failedAttribute, holdAttribute, drainedAttribute } from '../../../src/model/names.js';
import type { StandingOrder } from '../../../src/model/standing-orders.js';
import { behind, startFleet, type TestFleet } from './fleet.js';

const at = '2026-01-05T03:00:00.000Z';

const order = (fleet: TestFleet, given: StandingOrder) =>
  fleet.run('carryOut', {
    cluster: fleet.cluster,
    installation: fleet.installation,
    order: given,
    by: 'ann',
    at,
  });

const fell = `1.26.1/1/booted-old-version/${at}`;
const held = { status: 'DRAINING' as const, drainedBy: 'AKIAUS' };
const failing = (name: string, attributes: Record<string, string> = { [failedAttribute]: fell }) => ({
  name,
  host: behind,
  attributes,
});

test('a hold says by whom and why, and is released again', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: behind }] });
  const instance = fleet.id('a');
  expect(await order(fleet, { kind: 'hold', instance, reason: 'ask\n«ann»' })).toEqual({
    kind: 'done',
    order: 'hold',
  });
  expect(fleet.state('a').attributes[holdAttribute]).toBe(`${at}/ann/ask _ann_`);
  expect(await order(fleet, { kind: 'unhold', instance })).toEqual({ kind: 'done', order: 'unhold' });
  expect(fleet.state('a').attributes).not.toHaveProperty([holdAttribute]);
  expect(await order(fleet, { kind: 'unhold', instance })).toEqual({ kind: 'not-marked', order: 'unhold' });
});

test.each(['i-0123456789abcdef0', 'i-1 or agentConnected == true', '', 'no id'])(
  'there is no instance %j',
  async (instance) => {
    const fleet = await startFleet({ instances: [failing('a')] });
    for (const kind of ['hold', 'unhold', 'clear-instance'] as const) {
      expect(await order(fleet, { kind, instance })).toEqual({ kind: 'unknown-instance' });
    }
    expect(fleet.sent.filter((action) => action.endsWith('Attributes'))).toEqual([]);
  },
);

test('an instance that stands on a later page is found', async () => {
  const fleet = await startFleet({ instances: [failing('a')] });
  fleet.simulator.fault({ kind: 'pages', trouble: 'empty', action: 'ListContainerInstances' });
  const instance = fleet.id('a');
  expect(await order(fleet, { kind: 'hold', instance })).toMatchObject({ kind: 'done' });
});

test('clearing an instance forgets what failed there, and nowhere else', async () => {
  const fleet = await startFleet({ instances: [failing('a'), failing('b')] });
  const instance = fleet.id('a');
  expect(await order(fleet, { kind: 'clear-instance', instance })).toMatchObject({ forgotten: [instance] });
  expect(fleet.state('a').attributes).not.toHaveProperty([failedAttribute]);
  expect(fleet.state('b').attributes).toHaveProperty([failedAttribute]);
  expect(await order(fleet, { kind: 'clear-instance', instance })).toMatchObject({ forgotten: [] });
});

test('an instance that we hold out of service is to be given back, another installation’s is not', async () => {
  const mark = (installation: string) => ({
    [drainedAttribute]: `${installation}/rollout-1/${at}/1.26.1/held`,
  });
  const fleet = await startFleet({
    instances: [
      { ...failing('ours', mark('tests')), ...held },
      { ...failing('theirs', mark('other')), ...held },
    ],
  });
  expect(await order(fleet, { kind: 'clear-all' })).toMatchObject({ toGiveBack: [fleet.id('ours')] });
  expect(fleet.state('ours').attributes[drainedAttribute]).toBe(`tests/rollout-1/${at}`);
  expect(fleet.state('theirs').attributes[drainedAttribute]).toBe(`other/rollout-1/${at}/1.26.1/held`);
});

test('a quarantine is written on the cluster, and lifted together with the memory of who fell back', async () => {
  const fleet = await startFleet(
    {
      instances: [
        failing('a'),
        failing('b'),
        failing('c', { [failedAttribute]: `1.26.1/1/reboot-limit/${at}` }),
      ],
    },
    { pageSize: 1 },
  );
  const { cluster, documents } = fleet;
  await fleet.run('quarantineVersion', { cluster, version: '1.26.1', hosts: 2, at });
  await fleet.run('quarantineVersion', { cluster, version: '1.26.2', hosts: 3, at });
  expect(await fleet.run('checkPrerequisites', { cluster, documents })).toEqual({
    quarantined: { '1.26.1': 2, '1.26.2': 3 },
  });
  expect(await order(fleet, { kind: 'clear-quarantine', version: '1.26.1' })).toMatchObject({
    lifted: ['1.26.1'],
    forgotten: expect.toSatisfy((ids: string[]) => ids.length === 2 && !ids.includes(fleet.id('c'))),
  });
  expect(await fleet.run('checkPrerequisites', { cluster, documents })).toEqual({
    quarantined: { '1.26.2': 3 },
  });
  expect(await order(fleet, { kind: 'clear-all' })).toMatchObject({
    lifted: ['1.26.2'],
    forgotten: [fleet.id('c')],
  });
  expect(await fleet.run('checkPrerequisites', { cluster, documents })).toEqual({ quarantined: {} });
});
