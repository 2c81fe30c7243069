import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { TemporalConfigError } from '../temporal/config-error.js';
import { steeringNames } from '../model/steering-messages.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { plainText } from '../worker/plain-text.js';
import { packageVersion } from '../aws/package-files.js';

/**
 * Every command is a file beside this one. It is loaded when it is asked for: with all that they need, all of them together take longer to load than
 * most of them run.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.js')).demoCommand(),
  simulate: async () => (await import('./simulate.js')).simulateCommand(),
  worker: async () => (await import('./worker.js')).workerCommand(),
  init: async () => (await import('./init.js')).initCommand(),
  validate: async () => (await import('./validate.js')).validateCommand(),
  apply: async () => (await import('./apply.js')).applyCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  notify: async () => (await import('./notify.js')).notifyCommand(),
  plan: async () => (await import('./plan.js')).planCommand(),
  why: async () => (await import('./why.js')).whyCommand(),
  schedule: async () => (await import('./schedule.js')).scheduleCommand(),
  run: async () => (await import('./run.js')).runCommand(),
  ...Object.fromEntries(
    steeringNames.map((name) => [name, async () => (await import('./steer.js')).steeringCommand(name)]),
  ),
  status: async () => (await import('./status.js')).statusCommand(),
  history: async () => (await import('./history.js')).historyCommand(),
  dashboard: async () => (await import('./dashboard.js')).dashboardCommand(),
  'codec-server': async () => (await import('./codec-server.js')).codecServerCommand(),
  'encryption-key': async () => (await import('./encryption-key.js')).encryptionKeyCommand(),
  report: async () => (await import('./report.js')).reportCommand(),
};

/** The command line with the command of this name; with all of them where there is none such, or no name. */
export async function program(asked?: string): Promise<Command> {
  const root = new Command('ecs-updater')
    .description('Keeps the operating system of Amazon ECS container instances up to date.')
    .version(packageVersion())
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', examples('ecs-updater worker', 'ecs-updater worker --help'));
  const one = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  for (const make of one ? [one] : Object.values(commands)) root.addCommand(await make());
  return withoutExit(root);
}

/** Runs one command line to its end and leaves the process, whatever still is open. */
export async function main(argv: readonly string[]): Promise<never> {
  // Whoever read our output may stop reading it, as `head` does.
  process.stdout.on('error', () => process.exit(exitCodes.ok));
  const code = await run(argv);
  await written(process.stdout);
  await written(process.stderr);
  process.exit(code);
}

/** Runs one command line; returns the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  dropEmptyVariables();
  try {
    const words = argv.slice(2).filter((word) => !word.startsWith('-'));
    await (await program(words[0])).parseAsync(argv);
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (err) {
    // Commander has written its own sentence, or the help that was asked for.
    if (err instanceof CommanderError) return err.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const debug = argv.includes('--debug');
    process.stderr.write(`${describe(err, debug)}\n`);
    return exitCodeOf(err);
  }
}

/** Compose files and shells leave empty variables behind; they mean the default. */
function dropEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('ECS_UPDATER_') && value === '') delete process.env[name];
  }
}

function describe(err: unknown, debug: boolean): string {
  if (debug) return inspect(err);
  const lines = err instanceof CommandError ? err.lines : [err instanceof Error ? err.message : String(err)];
  return lines.map((line) => `ecs-updater: ${plainText(line.replaceAll(/\s*\n\s*/g, ' '))}`).join('\n');
}

function exitCodeOf(err: unknown): number {
  if (err instanceof CommandError) return err.exitCode;
  return err instanceof TemporalConfigError ? exitCodes.usage : exitCodes.failed;
}

/** A pipe takes what was written only later, and leaving the process would cut it off. */
const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

/** Errors of usage are thrown, by subcommands too, and a `--debug` after the command is understood like one before it. */
function withoutExit(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) {
    if (!sub.options.some((option) => option.long === '--debug'))
      sub.option('--debug', 'show the stack of an error');
    withoutExit(sub);
  }
  return command;
}
