import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { Connection } from '@temporalio/client';
import { describe, expect, test, vi } from 'vitest';
import { startDevServer } from '../../../src/temporal/dev-server.js';
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
