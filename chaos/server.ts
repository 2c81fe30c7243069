import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DevServer, startDevServer } from '../src/temporal/dev-server.js';

/** A Temporal server that keeps its state in a file, so that it can be killed. */
export interface MortalServer {
  /** `host:port`, the same after each restart. */
  readonly address: string;
  /** SIGKILL; after `pauseMs` milliseconds another one goes on with the same file. False: a restart is under way. */
  restart(pauseMs: number): boolean;
  /** Resolves once no restart is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a Temporal server on a database file of its own. */
export async function startMortalServer(): Promise<MortalServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ecs-updater-temporal-'));
  const dbFile = join(folder, 'temporal.db');
  let server: DevServer = await startDevServer({ dbFile, uiPort: false });
  const { address } = server;
  const port = Number(address.split(':')[1]);
  let restarting: Promise<void> | undefined;

  const bringBack = async (pauseMs: number): Promise<void> => {
    await server.close();
    await sleep(pauseMs);
    server = await startAgain(dbFile, port);
    restarting = undefined;
  };
  return {
    address,
    restart: (pauseMs) => {
      if (restarting) return false;
      // At once, not a moment later.
      process.kill(server.pid, 'SIGKILL');
      restarting = bringBack(pauseMs);
      // Whoever waits for the restart hears of its failure.
      restarting.catch(() => {});
      return true;
    },
    settled: async () => restarting,
    close: async () => {
      await restarting;
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts a Temporal server with what an earlier one left, on its port. As long as that was away, any connection on this machine may have got
 * the port for its own end: it is tried for 10 s.
 */
export async function startAgain(dbFile: string, port: number): Promise<DevServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startDevServer({ dbFile, port, uiPort: false });
    } catch (err) {
      if (attempt === 20 || !(err instanceof Error) || !err.message.includes('in use')) throw err;
      await sleep(500);
    }
  }
}
