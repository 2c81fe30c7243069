import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { Connection } from '@temporalio/client';
import { describe, expect, test, vi } from 'vitest';
import { startDevServer } from '../../../src/temporal/dev-server.js';
import { findTemporalCli } from '../../../src/temporal/local-server.js';
import { sharedDevServer } from '../../support/servers.js';

const shared = sharedDevServer();

const compiled = new URL('../../../dist/src/temporal/dev-server.js', import.meta.url).href;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A command that complains and a trace of its end a number of times before it is the server. */
function losesPorts(folder: string, times: number, complaint: string, server: string): string {
  const executable = join(folder, 'temporal');
  const script = `#!/bin/sh
echo . >> '${folder}/starts'
[ "$(wc -l < '${folder}/starts')" -gt ${times} ] && exec '${server}' "$@"
printf '%s\\n' '${complaint}' 'goroutine 1 [running]:' 'main.main()' '  main.go:18' '  main.go:19' >&2
exit 2
`;
  writeFileSync(executable, script, { mode: 0o755 });
  return executable;
}

describe('a dev server', () => {
  test('has its namespace, search attributes and UI when it is there', async () => {
    const key = defineSearchAttributeKey('EcsCluster', SearchAttributeType.KEYWORD);
    const server = await startDevServer({ namespace: 'demo', searchAttributes: [key] });
    const connection = await Connection.connect({ address: server.address });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'demo' });
    expect(customAttributes).toHaveProperty('EcsCluster');
    const ui = await fetch(server.uiUrl ?? '');
    expect(ui.status).toBe(200);
    await connection.close();
    await server.close();
    expect(isRunning(server.pid)).toBe(false);
  });

  test('that cannot have its port says so, and does not take the server there for its own', async () => {
    const port = Number(shared().address.split(':')[1]);
    await expect(startDevServer({ port, uiPort: false })).rejects.toThrow(`port ${port} cannot be had`);
  });

  test.for<[which: string, complaint: string]>([
    [
      'that it had chosen for a service',
      'panic: failed assigning ephemeral port: failed to assign a free port',
    ],
    ['that it was to listen on', 'failed listening for HTTP API: listen tcp: bind: address already in use'],
  ])('that loses a port %s is started again', async ([, complaint], { onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'ecs-updater-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const executable = losesPorts(folder, 2, complaint, await findTemporalCli());
    const server = await startDevServer({ executable, uiPort: false });
    onTestFinished(server.close);
    expect(isRunning(server.pid)).toBe(true);
  });

  test('that loses a port each time says which complaint it had', async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'ecs-updater-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const executable = losesPorts(folder, 99, 'listen tcp: bind: address already in use', '/bin/false');
    await expect(startDevServer({ executable, uiPort: false })).rejects.toThrow(
      'the Temporal dev server ended at once: listen tcp: bind: address already in use (2)',
    );
  });

  test('ends with the process that started it, even when that is killed', async () => {
    const script = `
      const { startDevServer } = await import(${JSON.stringify(compiled)});
      console.log((await startDevServer({ uiPort: false })).pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const pid = Number(line);
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000);
  });
});
