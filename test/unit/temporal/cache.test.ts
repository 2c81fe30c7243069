import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inScratchFolder, install, whileLocked } from '../../../src/temporal/servers/cache.js';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

describe('the lock of the cache', () => {
  test('is released when the work fails', async () => {
    const failing = whileLocked(
      cache,
      'server',
      () => {},
      () => Promise.reject(new Error('no network')),
    );
    await expect(failing).rejects.toThrow('no network');
    await expect(
      whileLocked(
        cache,
        'server',
        () => {},
        async () => 'next',
      ),
    ).resolves.toBe('next');
  });

  test('of a process that died is taken over', async () => {
    const lock = join(cache, 'server.lock');
    mkdirSync(lock);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await expect(
      whileLocked(
        cache,
        'server',
        () => {},
        async () => 'mine',
      ),
    ).resolves.toBe('mine');
    expect(readdirSync(cache)).toEqual([]);
  });
});

test('what is installed replaces what was there, and no scratch folder stays', async () => {
  const place = join(cache, 'bin', 'server');
  for (const content of ['old', 'new']) {
    await inScratchFolder(cache, async (folder) => {
      writeFileSync(join(folder, 'server'), content);
      return install(join(folder, 'server'), place);
    });
  }
  expect(readFileSync(place, 'utf8')).toBe('new');
  expect(readdirSync(cache)).toEqual(['bin']);
});
