import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTemporalCli, findTestServer } from '../../../src/temporal/local-server.js';
import type { Getter } from '../../../src/temporal/local-server.js';

let machine = '';
let said: string[] = [];

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'find-server-'));
  said = [];
});
afterEach(() => rmSync(machine, { recursive: true, force: true }));

const at = (...parts: string[]) => join(machine, ...parts);
const cached = () => at('cache', 'bin', 'temporal');

function script(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const working = (path: string) => script(path, 'echo temporal version 1.5.1');
const broken = (path: string) => script(path, 'echo "wrong architecture" >&2; exit 126');

const failing = (name: string, reason: string): Getter => ({
  name,
  get: () => Promise.reject(new Error(reason)),
});

function find(env: NodeJS.ProcessEnv = {}, getters: readonly Getter[] = []) {
  return findTemporalCli({
    env: { PATH: at('path'), ...env },
    cache: at('cache'),
    report: (line) => said.push(line),
    getters,
  });
}

const usage = 'echo "Usage: <command> <port> <flags>"';
const findTest = (env: NodeJS.ProcessEnv = {}, getters: readonly Getter[] = []) =>
  findTestServer({ env: { PATH: at('path'), ...env }, cache: at('cache'), report: () => {}, getters });

describe('a Temporal server', () => {
  test('is the one that TEMPORAL_CLI names, before all others', async () => {
    working(at('path', 'temporal'));
    working(cached());
    const named = working(at('mine', 'temporal-cli'));
    await expect(find({ TEMPORAL_CLI: named })).resolves.toBe(named);
  });

  test('is the one on the PATH, before the cache', async () => {
    working(cached());
    const onPath = working(at('path', 'temporal'));
    await expect(find({ TEMPORAL_CLI: '' })).resolves.toBe(onPath);
  });

  test('is the one in the cache, before anything is fetched', async () => {
    working(cached());
    await expect(find({}, [failing('the download', 'must not be asked')])).resolves.toBe(cached());
    expect(said).toEqual([]);
  });

  test('is passed over with its reason when it does not run', async () => {
    const named = broken(at('mine', 'temporal'));
    broken(at('path', 'temporal'));
    working(cached());
    await expect(find({ TEMPORAL_CLI: named })).resolves.toBe(cached());
    expect(said).toEqual([
      `passing over ${named}: exit code 126: wrong architecture`,
      `passing over ${at('path', 'temporal')}: exit code 126: wrong architecture`,
    ]);
  });

  test('is got by the first way that can', async () => {
    const built: Getter = { name: 'go install', get: async () => working(cached()) };
    await expect(find({}, [failing('the download', 'no route'), built])).resolves.toBe(cached());
  });

  test('is got anew when the one in the cache is broken', async () => {
    broken(cached());
    const built: Getter = { name: 'go install', get: async () => working(cached()) };
    await expect(find({}, [built])).resolves.toBe(cached());
  });

  test('is got once when two processes want it at the same time', async () => {
    let times = 0;
    const slow: Getter = {
      name: 'go install',
      get: async () => {
        times += 1;
        await sleep(300);
        return working(cached());
      },
    };
    await expect(Promise.all([find({}, [slow]), find({}, [slow])])).resolves.toEqual([cached(), cached()]);
    expect(times).toBe(1);
    expect(said).toContain('another process is getting temporal: waiting for it');
    expect(existsSync(at('cache', 'temporal.lock'))).toBe(false);
  });

  test('that cannot be had is one error with every way, its reason, and what to do', async () => {
    const named = broken(at('mine', 'temporal'));
    const found = find({ TEMPORAL_CLI: named }, [
      failing("the SDK's download", 'no route to host'),
      failing('go install', 'go is not installed'),
    ]);
    await expect(found).rejects.toThrow(
      'no Temporal server (the temporal command line) could be had. Tried: ' +
        'TEMPORAL_CLI (exit code 126: wrong architecture); ' +
        'the PATH (no temporal there); ' +
        `the cache (nothing at ${cached()}); ` +
        "the SDK's download (no route to host); " +
        'go install (go is not installed). ' +
        'Install the Temporal CLI so that `temporal --version` works, or set TEMPORAL_CLI to its path, ' +
        'or install Go so that it can be built.',
    );
  });

  test('that TEMPORAL_CLI names but that is not there is said to be missing', async () => {
    await expect(find({ TEMPORAL_CLI: at('nowhere') })).rejects.toThrow(
      `TEMPORAL_CLI (${at('nowhere')} does not exist)`,
    );
  });
});

describe('a time-skipping test server', () => {
  test('is the one that TEMPORAL_TEST_SERVER names, then one in the cache', async () => {
    const native = script(at('cache', 'bin', 'temporal-test-server'), usage);
    const named = script(at('mine', 'server'), usage);
    await expect(findTest({ TEMPORAL_TEST_SERVER: named })).resolves.toBe(named);
    await expect(findTest()).resolves.toBe(native);
  });

  test('is the one from Maven when the downloaded one does not run', async () => {
    broken(at('cache', 'bin', 'temporal-test-server'));
    const java = script(at('cache', 'temporal-test-server-java', 'temporal-test-server'), usage);
    await expect(findTest()).resolves.toBe(java);
  });

  test('that cannot be had is an error with its own remedy', async () => {
    await expect(findTest({}, [failing('Maven', 'mvn is not installed')])).rejects.toThrow(
      /Maven \(mvn is not installed\)\. Set TEMPORAL_TEST_SERVER .* or install Java and Maven/,
    );
  });
});
