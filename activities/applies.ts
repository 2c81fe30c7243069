import type { Invocation } from './commands.js';
import { type CheckOutput, parseApplyOutput, updateLockOf } from './host-output.js';

/** Exit code of the apply document where an earlier delivery of the same command began the work, whose end nobody heard. */
const alreadyRan = 12;

/**
 * Watches for the end of an apply whose command is over for SSM. The host decides: a killed or forgotten script may have left the API
 * server writing. Between writing and activating the lock is free for a moment, so where the script did not report its own end, two reads
 * have to agree.
 */
export class ApplyWatch {
  #freeReads = 0;

  /** Whether it is over, given the commands and what the host says now; otherwise what is still awaited. */
  read(applies: readonly Invocation[], host: CheckOutput): 'over' | { awaiting: string } {
    const lock = updateLockOf(host);
    if (lock !== 'free') {
      this.#freeReads = 0;
      return {
        awaiting:
          lock === 'held'
            ? 'the end of an update that is being written'
            : 'that its update status can be read',
      };
    }
    this.#freeReads += 1;
    return this.#freeReads >= 2 || applies.every(reportedItsEnd)
      ? 'over'
      : { awaiting: 'a second look at its update status' };
  }
}

function reportedItsEnd({ output }: Invocation): boolean {
  const end = parseApplyOutput(output);
  return end !== null && end.exitCode !== alreadyRan;
}
