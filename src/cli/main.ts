import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { TemporalConfigError } from '../temporal/target.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { plainText } from './shared/plain-text.js';
import { packageVersion } from '../aws/package-files.js';
import { applyCommand } from './apply.js';
import { dashboardCommand } from './dashboard.js';
import { demoCommand } from './demo.js';
import { historyCommand } from './history.js';
import { doctorCommand } from './doctor.js';
import { initCommand } from './init.js';
import { notifyCommand } from './notify.js';
import { planCommand } from './plan.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { scheduleCommand } from './schedule.js';
import { simulateCommand } from './simulate.js';
import { statusCommand } from './status.js';
import { steeringCommands } from './steer.js';
import { validateCommand } from './validate.js';
import { whyCommand } from './why.js';
import { workerCommand } from './worker.js';

/** Every command is a file beside this one that exports a function which makes it. */
const commands: readonly (() => Command)[] = [
  demoCommand,
  simulateCommand,
  workerCommand,
  initCommand,
  validateCommand,
  applyCommand,
  doctorCommand,
  notifyCommand,
  planCommand,
  whyCommand,
  scheduleCommand,
  runCommand,
  ...steeringCommands,
  statusCommand,
  historyCommand,
  dashboardCommand,
  reportCommand,
];

/** The whole command line. */
export function program(): Command {
  const root = new Command('ecs-updater')
    .description('Keeps the operating system of Amazon ECS container instances up to date.')
    .version(packageVersion())
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', examples('ecs-updater worker', 'ecs-updater worker --help'));
  for (const make of commands) root.addCommand(make());
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
    await program().parseAsync(argv);
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
