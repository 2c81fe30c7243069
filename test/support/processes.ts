import { spawn } from 'node:child_process';
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

let temporalPath: Promise<string> | undefined;

/** Runs the `temporal` command line. */
export async function temporal(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  temporalPath ??= findTemporalCli();
  return ended(await temporalPath, args, env);
}

/** Runs a line as somebody types it into a shell, who has both command lines. */
export async function shell(line: string, env: Record<string, string>): Promise<Ended> {
  temporalPath ??= findTemporalCli();
  const commands = { 'ecs-updater': ecsUpdaterPath, temporal: await temporalPath };
  const [, name, rest] = /^(ecs-updater|temporal)( .*)$/.exec(line) ?? [];
  const path = name === 'ecs-updater' || name === 'temporal' ? commands[name] : undefined;
  if (path === undefined) throw new Error(`not a line for our shell: ${line}`);
  return ended('sh', ['-c', `"$COMMAND"${rest}`], { ...env, COMMAND: path });
}

/** Variables of whoever runs the tests that would lead a command to another Temporal, another AWS, or to colours. */
const foreign = /^(AWS_|TEMPORAL_(?!CLI$)|ECS_UPDATER_|FORCE_COLOR$|NODE_OPTIONS$)/;

/** Colours are wished for and forbidden: every line that a test compares shows that NO_COLOR is respected. */
const fixed = { NO_COLOR: '1', FORCE_COLOR: '1', TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' };

async function ended(file: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = spawn(file, args, {
    env: { ...Object.fromEntries(kept), ...fixed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}
