import type { Clock } from '../kernel.js';
import type { ProgramResult } from './apiclient.js';

/** How a script ended. What a killed one had begun on the host goes on there. */
export type ScriptEnd =
  | ({ kind: 'exited' } & ProgramResult)
  /** By its agent, because of a time limit or a cancel. */
  | { kind: 'killed' }
  /** With its agent, so that nobody is there to say so. */
  | { kind: 'host-went-down' };

/** One script under way on a host. */
export class ScriptExecution {
  /** Never rejects. */
  readonly done: Promise<ScriptEnd>;
  readonly #abort = new AbortController();
  #end: (end: ScriptEnd) => void = () => {};

  constructor(
    clock: Clock,
    start: (run: { signal: AbortSignal; sleep: (ms: number) => Promise<void> }) => Promise<ProgramResult>,
  ) {
    this.done = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { signal } = this.#abort;
    const sleep = async (ms: number): Promise<void> => {
      await clock.sleep(ms);
      signal.throwIfAborted();
    };
    start({ signal, sleep }).then(
      (result) => this.#end({ kind: 'exited', ...result }),
      (error: unknown) =>
        this.#end({ kind: 'exited', stdout: '', stderr: `${String(error)}\n`, exitCode: 1 }),
    );
  }

  kill(kind: 'killed' | 'host-went-down'): void {
    this.#end({ kind });
    this.#abort.abort(new Error('killed'));
  }
}
