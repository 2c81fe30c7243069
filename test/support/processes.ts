import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findTemporalCli } from '../../src/temporal/local-server.js';

/** How a command ended and what it wrote. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const ecsUpdaterPath = fileURLToPath(new URL('../../bin/ecs-updater.js', import.meta.url));

/** Runs our command line, as compiled, in a process of its own. */
export const ecsUpdater = (args: readonly string[], env: Record<string, string>): Promise<Ended> =>
  ended(process.execPath, [ecsUpdaterPath, ...args], env);

/** Runs any command in a folder. */
export const runIn = (
  folder: string,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> => ended(file, args, env, folder);

let temporalPath: Promise<string> | undefined;

/** Runs the `temporal` command line. */
export async function temporal(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  temporalPath ??= findTemporalCli();
  return ended(await temporalPath, args, env);
}

/** Runs a line as somebody types it into a shell, who has both command lines; in `folder`, by default in this one. */
export async function shell(line: string, env: Record<string, string>, folder?: string): Promise<Ended> {
  temporalPath ??= findTemporalCli();
  const commands = { 'ecs-updater': ecsUpdaterPath, temporal: await temporalPath };
  const [, name, rest] = /^(ecs-updater|temporal)( .*)$/.exec(line) ?? [];
  const path = name === 'ecs-updater' || name === 'temporal' ? commands[name] : undefined;
  if (path === undefined) throw new Error(`not a line for our shell: ${line}`);
  return ended('sh', ['-c', `"$COMMAND"${rest}`], { ...env, COMMAND: path }, folder);
}

/** Variables of whoever runs the tests that would lead a command to another Temporal, another AWS, or to colours. */
const foreign = /^(AWS_|TEMPORAL_(?!CLI$)|ECS_UPDATER_|FORCE_COLOR$|NODE_OPTIONS$)/;

/** Colours are wished for and forbidden: every line that a test compares shows that NO_COLOR is respected. */
const fixed = { NO_COLOR: '1', FORCE_COLOR: '1', TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' };

function start(file: string, args: readonly string[], env: Record<string, string>, folder?: string) {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return spawn(file, args, {
    env: { ...Object.fromEntries(kept), ...fixed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  });
}

/** A command that serves something. */
export interface Served {
  /** The address that it has printed. */
  url: string;
  /** Interrupts it. Throws if it does not end well, or has complained. */
  close(): Promise<void>;
}

/** Starts our command line, and waits until it serves. */
export async function serve(args: readonly string[], env: Record<string, string>): Promise<Served> {
  const child = start(process.execPath, [ecsUpdaterPath, ...args], env);
  const exit = once(child, 'close');
  const complaints = text(child.stderr);
  let said = '';
  for await (const line of createInterface({ input: child.stdout })) {
    said += `${line}\n`;
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url === undefined) continue;
    return {
      url,
      close: async () => {
        child.kill('SIGINT');
        const [code] = await exit;
        const complained = await complaints;
        if (code !== 0 || complained) throw new Error(`${args.join(' ')} ended with ${code}: ${complained}`);
      },
    };
  }
  throw new Error(`${args.join(' ')} serves nothing: ${said}${await complaints}`);
}

async function ended(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
  folder?: string,
): Promise<Ended> {
  const child = start(file, args, env, folder);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}
