import type { Clock } from '../kernel.js';
import { apiclient } from './apiclient.js';
import type { ApiclientContext, ProgramResult } from './apiclient.js';
import { systemFiles } from './files.js';
import { ScriptExecution } from './script-execution.js';
import { Shell } from './shell.js';
import type { Program, ScriptRun } from './shell.js';
import type { Origin } from './updates.js';

/** What scripts on a host work with. */
export interface ScriptsContext extends Omit<ApiclientContext, 'origin' | 'sleep' | 'signal'> {
  clock: Clock;
  bootId: () => string;
}

/** The scripts that the SSM agent of a host runs, and the programs that act on the host. */
export class Scripts {
  readonly #running = new Set<ScriptExecution>();
  readonly #shell: Shell;

  constructor(private readonly context: ScriptsContext) {
    this.#shell = new Shell({
      files: () => systemFiles(context.spec(), context.version(), context.bootId()),
      hostNow: context.hostNow,
    });
  }

  get running(): number {
    return this.#running.size;
  }

  execute(script: string, origin: Origin): ScriptExecution {
    const execution = new ScriptExecution(this.context.clock, (run) =>
      this.#shell.run(script, { ...run, programs: this.#programs(run, origin) }),
    );
    this.#running.add(execution);
    void execution.done.then(() => this.#running.delete(execution));
    return execution;
  }

  /** Host or agent are gone, and the scripts with them. */
  loseAll(): void {
    for (const script of this.#running) {
      script.kill('host-went-down');
    }
  }

  restartContainer(): void {
    this.#shell.restart();
  }

  #programs(run: Pick<ScriptRun, 'sleep' | 'signal'>, origin: Origin): Record<string, Program> {
    if (this.context.spec().os === 'bottlerocket') {
      return { apiclient: (args) => apiclient({ ...this.context, ...run, origin }, args) };
    }
    const done: ProgramResult = { stdout: '', stderr: '', exitCode: 0 };
    const reboot: Program = () => {
      this.context.reboot(origin);
      return Promise.resolve(done);
    };
    return { reboot, systemctl: (args) => (args[0] === 'reboot' ? reboot(args) : Promise.resolve(done)) };
  }
}
