import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FailureMark } from '../../../src/model/failures.js';
import {
  Fallbacks,
  quarantinesOf,
  quarantineTag,
  quarantineTagValue,
} from '../../../src/model/quarantine.js';

const at = '2026-01-05T03:00:00.000Z';

const mark = (version: string, code: string): FailureMark => ({
  kind: 'failed',
  version,
  tries: 3,
  code,
  at,
});

test('what is quarantined is read from the tags of the cluster, and nothing else is', () => {
  expect(
    quarantinesOf([
      { key: 'team', value: 'web' },
      { key: quarantineTag('1.20.0'), value: quarantineTagValue(2, at) },
      { key: quarantineTag('1.21.0'), value: 'edited' },
      { key: 'ecs-updater.quarantined/', value: 'x' },
      {},
    ]),
  ).toEqual({ '1.20.0': 2, '1.21.0': 0 });
});

test('any version can stand in a tag and is found again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(999_999), (version, hosts) => {
      const key = quarantineTag(version);
      // Allowed in a tag of AWS, of at most 128 characters.
      expect(key).toMatch(/^[A-Za-z0-9+=._:/@ -]{1,128}$/);
      const found = quarantinesOf([{ key, value: quarantineTagValue(hosts, at) }]);
      expect(Object.values(found)).toEqual([hosts]);
    }),
  );
});

test('a version is quarantined when it fell back on so many different hosts', () => {
  const fallbacks = Fallbacks.of([
    { ec2InstanceId: 'i-1', failure: mark('1.20.0', 'booted-old-version') },
    { ec2InstanceId: 'i-2', failure: mark('1.20.0', 'drain-limit') },
    { ec2InstanceId: 'i-3', failure: mark('1.21.0', 'booted-old-version') },
    { ec2InstanceId: 'i-4', failure: null },
    { ec2InstanceId: 'i-5', failure: { kind: 'unreadable', text: 'x' } },
  ]);
  expect(fallbacks.quarantines(2)).toEqual({});
  expect(fallbacks.add('1.20.0', 'i-1'), 'the same host again').toBe(1);
  expect(fallbacks.add('1.20.0', 'i-2')).toBe(2);
  expect(fallbacks.quarantines(2)).toEqual({ '1.20.0': 2 });
  expect(fallbacks.quarantines(1)).toEqual({ '1.20.0': 2, '1.21.0': 1 });
});
