import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { SearchAttributeType } from '@temporalio/common';
import type { SearchAttributeKey } from '@temporalio/common/lib/search-attributes.js';
import { findTemporalCli } from './local-server.js';
import { freePort } from './servers/ports.js';
import { lastWords } from './servers/run-tool.js';
import { watchdogLines } from './servers/watchdog.js';

/** How the dev server is started; everything has a default. */
export interface DevServerOptions {
  /** Path of the `temporal` command line. Default: the one that {@link findTemporalCli} finds or gets. */
  executable?: string;
  /** Default: `default`. */
  namespace?: string;
  /** File that keeps workflows beyond a restart. Default: memory only. */
  dbFile?: string;
  /** Port of the Temporal UI, `false` for none. Default: a free one. */
  uiPort?: number | false;
  /** Port of the gRPC API. Default: a free one. */
  port?: number;
  /** Search attributes to register. Default: none. */
  searchAttributes?: readonly SearchAttributeKey<SearchAttributeType>[];
  /** More arguments for `temporal server start-dev`. */
  extraArgs?: readonly string[];
}

/** A Temporal server of our own, on this machine. */
export interface DevServer {
  /** `host:port` of the gRPC API. */
  address: string;
  namespace: string;
  /** Address of the Temporal UI; `undefined` if it was started without. */
  uiUrl: string | undefined;
  /** Process id, for tests that kill or stop it. */
  pid: number;
  close: () => Promise<void>;
}

const host = '127.0.0.1';
const healthyWithinMs = 60_000;
const endsWithinMs = 5000;
const startAttempts = 5;

/**
 * What a server prints that lost a port. Beside those that it is told, it takes ports for each of its services, and looks for
 * them some time before it listens on them (`devserver/freeport.go` and `devserver/server.go` of github.com/temporalio/cli).
 */
const lostPort = /address already in use|failed assigning ephemeral port/;

/** The server ended before it answered. */
class EndedAtOnceError extends Error {
  override readonly name = 'EndedAtOnceError';
  readonly hasLostPort: boolean;

  constructor(output: string, how: string) {
    const line = output.split('\n').find((text) => lostPort.test(text));
    super(`the Temporal dev server ended at once: ${line?.trim().slice(-300) ?? lastWords(output)} (${how})`);
    this.hasLostPort = line !== undefined;
  }
}

/**
 * Starts a Temporal server and waits until it answers, at most 60 s an attempt. It ends with this process, however that ends.
 *
 * @throws Error if a port that was asked for is taken, if the server ends at once or does not answer in time
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (err) {
      // Somebody else was faster to listen; whether a port that was asked for can still be had is looked at anew.
      if (!(err instanceof EndedAtOnceError) || !err.hasLostPort || attempt === startAttempts) throw err;
    }
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const executable = options.executable ?? (await findTemporalCli());
  const namespace = options.namespace ?? 'default';
  // Whoever has the port already would answer in the place of our server.
  const port = await freePort(options.port);
  const uiPort = options.uiPort === false ? false : await freePort(options.uiPort);
  const uiUrl = uiPort === false ? undefined : `http://${host}:${uiPort}`;
  const server = launch(executable, startArguments(options, namespace, port, uiPort));
  try {
    await healthy(server, `${host}:${port}`, namespace, uiUrl, options.searchAttributes ?? []);
  } catch (err) {
    await server.stop();
    throw err;
  }
  return {
    address: `${host}:${port}`,
    namespace,
    uiUrl,
    pid: server.pid,
    close: server.stop,
  };
}

function startArguments(
  options: DevServerOptions,
  namespace: string,
  port: number,
  uiPort: number | false,
): string[] {
  const args = ['server', 'start-dev', '--ip', host, '--port', String(port), '--namespace', namespace];
  args.push('--log-level', 'error');
  args.push(...(uiPort === false ? ['--headless'] : ['--ui-port', String(uiPort)]));
  if (options.dbFile !== undefined) args.push('--db-filename', options.dbFile);
  for (const { name, type } of options.searchAttributes ?? []) {
    args.push('--search-attribute', `${name}=${TypedSearchAttributes.toMetadataType(type)}`);
  }
  return [...args, ...(options.extraArgs ?? [])];
}

interface LaunchedServer {
  pid: number;
  /** Resolves once it has ended, with what became of it. */
  ended: Promise<Error>;
  stop: () => Promise<void>;
}

function launch(executable: string, args: readonly string[]): LaunchedServer {
  const child = spawnWatched(executable, args);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-16_384);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<Error>((resolve) => {
    child.once('error', (err) => {
      resolve(new Error(`the Temporal dev server cannot be started: ${err.message}`, { cause: err }));
    });
    // Not when it exits: what it has printed may still be to be read.
    child.once('close', (code, signal) => {
      resolve(new EndedAtOnceError(output, String(code ?? signal ?? '?')));
    });
  });
  const onExit = () => void child.kill('SIGKILL');
  process.once('exit', onExit);
  return {
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      process.removeListener('exit', onExit);
      await end(child);
    },
  };
}

/** Its own process group: Ctrl-C reaches us first, and we still need the server to drain the worker. */
function spawnWatched(executable: string, args: readonly string[]): ChildProcess {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  if (process.platform === 'win32') return spawn(executable, args, { stdio: [...stdio] });
  const script = `${watchdogLines}\nexec "$@"`;
  return spawn('/bin/sh', ['-c', script, 'sh', executable, ...args], { stdio: [...stdio], detached: true });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
  await exited;
  clearTimeout(insist);
}

async function healthy(
  server: LaunchedServer,
  address: string,
  namespace: string,
  uiUrl: string | undefined,
  searchAttributes: NonNullable<DevServerOptions['searchAttributes']>,
): Promise<void> {
  const deadline = Date.now() + healthyWithinMs;
  for (;;) {
    const problem = await Promise.race([
      server.ended,
      problemOf(address, namespace, searchAttributes, uiUrl),
    ]);
    if (problem instanceof Error) throw problem;
    if (problem === undefined) return;
    if (Date.now() > deadline) {
      throw new Error(
        `the Temporal dev server at ${address} did not answer within ${healthyWithinMs / 1000} s: ${problem}`,
      );
    }
    await sleep(100);
  }
}

async function problemOf(
  address: string,
  namespace: string,
  searchAttributes: NonNullable<DevServerOptions['searchAttributes']>,
  uiUrl: string | undefined,
): Promise<string | undefined> {
  const problem = await problemOfApi(address, namespace, searchAttributes);
  // The UI listens a moment after the API.
  return problem ?? (uiUrl === undefined ? undefined : problemOfUi(uiUrl));
}

async function problemOfUi(url: string): Promise<string | undefined> {
  try {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return ok ? undefined : `its UI answered ${status}`;
  } catch (err) {
    return `its UI at ${url}: ${err instanceof Error ? err.message : String(err)}`;
  }
}

async function problemOfApi(
  address: string,
  namespace: string,
  searchAttributes: NonNullable<DevServerOptions['searchAttributes']>,
): Promise<string | undefined> {
  try {
    // One that is closed also where it could not be made.
    const connection = Connection.lazy({ address, connectTimeout: 2000 });
    try {
      await connection.ensureConnected();
      const { customAttributes } = await connection.withDeadline(Date.now() + 2000, async () => {
        await connection.workflowService.describeNamespace({ namespace });
        // They are registered a moment after the server answers.
        return connection.operatorService.listSearchAttributes({ namespace });
      });
      const missing = searchAttributes.filter(({ name }) => !(name in (customAttributes ?? {})));
      return missing.length === 0 ? undefined : `search attribute ${missing[0]?.name ?? ''} is not there yet`;
    } finally {
      await connection.close();
    }
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}
