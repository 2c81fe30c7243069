import { expect, test } from 'vitest';
import type { BehindMark } from '../../../src/model/behind.js';
import { behindAttribute } from '../../../src/model/names.js';
import { startFleet, type TestFleet } from './fleet.js';

const mark: BehindMark = { since: '2026-01-05T03:00:00.000Z', version: '1.26.1' };
const text = '2026-01-05T03:00:00.000Z/1.26.1';

const named = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `host-${i + 1}` }));
const arnOf = (fleet: TestFleet, name: string) => fleet.on(name).instance.containerInstanceArn;

test('marks of many instances take one call for ten of them, are read again, and go', async () => {
  const fleet = await startFleet({ instances: named(12) });
  const { cluster } = fleet;
  const arns = fleet.names.map((name) => arnOf(fleet, name));
  const left = arns.map((containerInstanceArn) => ({ containerInstanceArn, mark }));
  await fleet.run('noteBehind', { cluster, left, caughtUp: [] });
  expect(fleet.requests('PutAttributes')).toHaveLength(2);
  expect(fleet.state('host-12').attributes[behindAttribute]).toBe(text);
  const read = await fleet.run('describeInstances', { cluster, containerInstanceArns: arns });
  expect(read.map(({ behind }) => behind)).toEqual(arns.map(() => mark));

  await fleet.run('noteBehind', { cluster, left: [], caughtUp: arns });
  expect(fleet.requests('DeleteAttributes')).toHaveLength(2);
  expect(fleet.state('host-1').attributes).not.toHaveProperty([behindAttribute]);
});

test('an instance that has left the cluster keeps no other from its mark', async () => {
  const fleet = await startFleet({ instances: named(3) });
  const left = fleet.names.map((name) => ({ containerInstanceArn: arnOf(fleet, name), mark }));
  fleet.simulator.fault({ kind: 'deregister', instance: fleet.id('host-2') });
  await fleet.run('noteBehind', { cluster: fleet.cluster, left, caughtUp: [] });
  expect(fleet.state('host-1').attributes[behindAttribute]).toBe(text);
  expect(fleet.state('host-3').attributes[behindAttribute]).toBe(text);
});
