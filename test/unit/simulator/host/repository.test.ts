import { expect, test } from 'vitest';
import { listUpdates } from '../../../../src/simulator/host/repository.js';
import { hostSpecSchema } from '../../../../src/simulator/host/spec.js';
import type { HostSpecInput } from '../../../../src/simulator/host/spec.js';

const latest = { versionLock: 'latest', ignoreWaves: false };

test.each<[string, Partial<HostSpecInput>, string, typeof latest, string[], string | null]>([
  ['the newest', { offered: '1.26.1' }, '1.26.0', latest, ['1.26.1', '1.26.0'], '1.26.1'],
  ['nothing newer', {}, '1.26.0', latest, ['1.26.0'], null],
  ['nothing, once updated', { offered: '1.26.1' }, '1.26.1', latest, ['1.26.1', '1.26.0'], null],
  [
    'nothing before its wave',
    { offered: '1.26.1', inWave: false },
    '1.26.0',
    latest,
    ['1.26.1', '1.26.0'],
    null,
  ],
  [
    'not even listed before its wave, as updog does it',
    { offered: '1.26.1', inWave: false, hiddenBeforeWave: true },
    '1.26.0',
    latest,
    ['1.26.0'],
    null,
  ],
  [
    'waves ignored',
    { offered: '1.26.1', inWave: false },
    '1.26.0',
    { ...latest, ignoreWaves: true },
    ['1.26.1', '1.26.0'],
    '1.26.1',
  ],
  ['the older one after a recall', { offered: '1.25.0' }, '1.26.0', latest, ['1.25.0'], '1.25.0'],
  [
    'the locked one',
    { offered: '1.26.1', availableVersions: ['1.25.0', '1.26.1'] },
    '1.26.0',
    { ...latest, versionLock: 'v1.25.0' },
    ['1.26.1', '1.25.0'],
    '1.25.0',
  ],
  [
    'nothing when locked to the running one',
    { offered: '1.26.1' },
    '1.26.0',
    { ...latest, versionLock: '1.26.0' },
    ['1.26.1', '1.26.0'],
    null,
  ],
  ['1.10 above 1.9', { version: '1.9.0', offered: '1.10.0' }, '1.9.0', latest, ['1.10.0', '1.9.0'], '1.10.0'],
])('%s', (_, input, running, settings, available, chosen) => {
  const spec = hostSpecSchema.parse({ ec2InstanceId: 'i-0123456789abcdef0', ...input });
  expect(listUpdates(spec, running, settings)).toEqual({ available, chosen });
});
