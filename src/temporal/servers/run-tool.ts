import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';

/** How a tool is run. */
export interface RunToolOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** After this time it is killed. */
  limitMs: number;
  /** Asked every second; a reason means that the tool is killed because of it. */
  giveUp?: () => string | undefined;
}

/** What a tool said before it ended. */
export interface ToolResult {
  code: number;
  /** Standard output and standard error in the order in which they came; the last 64 KB. */
  output: string;
}

const keptCharacters = 65_536;

/** Runs a command to its end; throws if it cannot be started, is killed or takes too long. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: RunToolOptions,
): Promise<ToolResult> {
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that giving up also ends what it has started.
    detached: process.platform !== 'win32',
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-keptCharacters);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let givenUp: string | undefined;
  const kill = (reason: string) => {
    givenUp ??= reason;
    killGroup(child.pid);
  };
  const limit = setTimeout(() => kill(`not done within ${options.limitMs / 1000} s`), options.limitMs);
  const watch = setInterval(() => {
    const reason = options.giveUp?.();
    if (reason !== undefined) kill(reason);
  }, 1000);
  const onExit = () => killGroup(child.pid);
  process.once('exit', onExit);
  try {
    const [code, signal] = await ended(child);
    if (givenUp !== undefined) throw new Error(givenUp);
    if (code === null) throw new Error(`${command} was ended by ${signal ?? 'a signal'}`);
    return { code, output };
  } finally {
    clearTimeout(limit);
    clearInterval(watch);
    process.removeListener('exit', onExit);
  }
}

/** Like {@link runTool}, but a code other than 0 is an error that quotes the tool's last words. */
export async function runToolOrThrow(
  command: string,
  args: readonly string[],
  options: RunToolOptions,
): Promise<string> {
  const { code, output } = await runTool(command, args, options);
  if (code !== 0) throw new Error(`exit code ${code}: ${lastWords(output)}`);
  return output;
}

/** The last lines of an output, short enough for a message. */
export function lastWords(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-3)
    .join(' | ')
    .slice(-300);
}

const missing = (command: string): string =>
  `${command} ${isAbsolute(command) ? 'does not exist' : 'is not installed'}`;

function ended(child: ReturnType<typeof spawn>): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (err: NodeJS.ErrnoException) =>
      reject(err.code === 'ENOENT' ? new Error(missing(child.spawnfile)) : err),
    );
    child.once('close', (code, signal) => resolve([code, signal]));
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
