import { expect, test } from 'vitest';
import { ApplyWatch } from '../../../activities/applies.js';
import type { Invocation } from '../../../activities/commands.js';
import type { CheckOutput } from '../../../activities/host-output.js';
import { orderOf, refusalOf, secondsOpen } from '../../../activities/reboot-orders.js';
import { hostTimes } from '../../../src/model/settings.js';

const invocation = (changes: Partial<Invocation>): Invocation => ({
  ec2InstanceId: 'i-1',
  status: 'Failed',
  statusDetails: 'Failed',
  exitCode: 1,
  output: '',
  ...changes,
});

const refused =
  '{"schema":1}\n----------ERROR-------\nFailed to reboot: Failed POST request to \'/actions/reboot\': Status 500 when POSTing unix://2f72:0/actions/reboot: inhibited';

test.each<[string, Invocation | undefined, string | null]>([
  ['its guard found it too late', invocation({ exitCode: 10 }), 'too-late'],
  ['the API server answered that it will not', invocation({ output: refused }), 'refused'],
  ['apiclient failed without an answer', invocation({ output: 'Failed to reboot: connection reset' }), null],
  ['it ran before', invocation({ exitCode: 12 }), null],
  ['the host had booted', invocation({ exitCode: 11 }), null],
  ['its guard could not tell', invocation({ exitCode: 13 }), null],
  ['SSM gave up', invocation({ status: 'TimedOut', statusDetails: 'DeliveryTimedOut', exitCode: -1 }), null],
  ['it was cancelled', invocation({ status: 'Cancelled', exitCode: -1, output: refused }), null],
  ['it was accepted', invocation({ status: 'Success', exitCode: 0 }), null],
  ['SSM does not list it', undefined, null],
])('proof that a reboot never comes: %s', (_, found, why) => {
  expect(refusalOf(found)?.why ?? null).toBe(why);
});

test('an order is open until a reboot that was accepted last can be held no longer', () => {
  const order = { notAfter: 1000 };
  expect(secondsOpen(order, 900)).toBeGreaterThan(hostTimes.lateEffectSeconds);
  expect(secondsOpen(order, 1000 + hostTimes.lateEffectSeconds)).toBeGreaterThan(0);
  expect(secondsOpen(order, 1001 + hostTimes.lateEffectSeconds)).toBe(0);
});

test('an order of which SSM kept no parameters is open for as long as one sent then could be', () => {
  const requested = new Date('2026-11-21T12:00:00Z');
  const order = orderOf({ CommandId: 'c', RequestedDateTime: requested });
  expect(order.notAfter).toBe(requested.getTime() / 1000 + hostTimes.orderValidSeconds);
  expect(orderOf({ Parameters: { BootId: ['b'], NotAfter: ['1700000000'] } })).toMatchObject({
    bootId: 'b',
    notAfter: 1_700_000_000,
  });
});

const read = (stderr: string | null): CheckOutput => ({
  schema: 1,
  bootId: '2f1c9e4a-7a54-4c5e-9d0b-6f3a1b2c3d4e',
  now: 1_700_000_000,
  version: '1.0.0',
  status: null,
  error: stderr === null ? null : { exitCode: 1, stderr },
});
const free = read('Status 404 when GETing');
const held = read('Status 423 when GETing: Update lock held');

const reported = invocation({
  output: JSON.stringify({
    schema: 1,
    commandId: 'a',
    bootId: '2f1c9e4a-7a54-4c5e-9d0b-6f3a1b2c3d4e',
    now: 1_700_000_000,
    version: null,
    status: null,
    exitCode: 1,
    stderr: 'Failed',
  }),
});
const killed = invocation({ status: 'Cancelled' });

test('an apply that reported its end is over with the first read of a free lock', () => {
  expect(new ApplyWatch().read([reported], free)).toBe('over');
});

test('an apply that was killed is over with two reads in a row', () => {
  const watch = new ApplyWatch();
  expect(watch.read([killed], free)).toHaveProperty('awaiting');
  expect(watch.read([killed], held)).toHaveProperty('awaiting');
  expect(watch.read([killed], free)).toHaveProperty('awaiting');
  expect(watch.read([killed], free)).toBe('over');
});

test('an error that tells nothing of the lock proves nothing', () => {
  const watch = new ApplyWatch();
  expect(watch.read([reported], read('cannot connect'))).toHaveProperty('awaiting');
  expect(watch.read([reported], read('cannot connect'))).toHaveProperty('awaiting');
});
