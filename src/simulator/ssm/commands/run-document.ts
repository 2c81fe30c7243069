import type { Host } from '../../host/host.js';
import type { ScriptEnd, ScriptExecution } from '../../host/script-execution.js';
import type { Clock } from '../../kernel.js';
import type { DocumentStep } from '../documents/content.js';
import { scriptOf, stepTimeout } from '../documents/parameters.js';
import type { Invocation, StepResult } from './command.js';

/** What the agent gives a script that it has to kill: `CommandStoppedPreemptivelyExitCode` of amazon-ssm-agent. */
const killedExitCode = 137;

/** A document under way on a host, as its SSM agent runs it: step by step. */
export class DocumentRun {
  readonly steps: StepResult[];
  #script: ScriptExecution | null = null;
  #isCancelled = false;

  constructor(
    private readonly host: Host,
    private readonly invocation: Invocation,
    private readonly clock: Clock,
  ) {
    this.steps = pendingSteps(invocation);
  }

  /** False where the host went down under it, so that nobody knows. */
  async run(): Promise<boolean> {
    const { mainSteps } = this.invocation.command.document;
    for (const [index, step] of mainSteps.entries()) {
      const result = this.steps[index];
      if (!result || this.#isCancelled) {
        break;
      }
      if (!(await this.#step(step, result))) {
        return false;
      }
      if (result.status !== 'Success' && step.onFailure !== undefined) {
        break;
      }
    }
    return true;
  }

  /** Kills the script that runs and runs no further one. */
  cancel(): void {
    this.#isCancelled = true;
    this.#script?.kill('killed');
  }

  async #step(step: DocumentStep, result: StepResult): Promise<boolean> {
    result.startedAt = new Date(this.clock.now());
    const end = await this.#carryOut(step);
    if (end.kind === 'host-went-down') {
      return false;
    }
    result.finishedAt = new Date(this.clock.now());
    if (end.kind === 'exited') {
      result.status = end.exitCode === 0 ? 'Success' : 'Failed';
      result.responseCode = end.exitCode;
      result.stdout = end.stdout;
      result.stderr = end.stderr;
    } else {
      result.status = this.#isCancelled ? 'Cancelled' : 'TimedOut';
      result.responseCode = killedExitCode;
    }
    return true;
  }

  async #carryOut(step: DocumentStep): Promise<ScriptEnd> {
    if (!isForLinux(step)) {
      const stdout = `Step execution skipped due to unsatisfied preconditions: '${JSON.stringify(step.precondition)}'. Step name: ${step.name}`;
      return { kind: 'exited', exitCode: 0, stdout, stderr: '' };
    }
    if (step.action !== 'aws:runShellScript') {
      return {
        kind: 'exited',
        exitCode: 1,
        stdout: '',
        stderr: `Plugin ${step.action} is not supported here`,
      };
    }
    const { command } = this.invocation;
    const script = this.host.execute(scriptOf(step, command.values), {
      principal: command.principal,
      commandId: command.id,
    });
    this.#script = script;
    void this.#killAfter(script, stepTimeout(step, command.values) * 1000);
    const end = await script.done;
    this.#script = null;
    return end;
  }

  async #killAfter(script: ScriptExecution, limitMs: number): Promise<void> {
    await this.clock.sleep(limitMs);
    script.kill('killed');
  }
}

/** The steps of an invocation that has not begun. */
export const pendingSteps = ({ command }: Pick<Invocation, 'command'>): StepResult[] =>
  command.document.mainSteps.map(({ name }) => ({
    name,
    status: 'Pending',
    responseCode: -1,
    startedAt: null,
    finishedAt: null,
    stdout: '',
    stderr: '',
  }));

function isForLinux({ precondition = {} }: DocumentStep): boolean {
  return Object.entries(precondition).every(
    ([operator, [left, right]]) =>
      operator === 'StringEquals' && resolved(left ?? '') === resolved(right ?? ''),
  );
}

const resolved = (operand: string): string => (operand === 'platformType' ? 'Linux' : operand);
