import type { Invocation } from './commands/command.js';

/** What can go wrong between Systems Manager and an agent that is up. */
export type Mishap =
  /** It reaches the agent so many simulated seconds later, whatever was cancelled or has expired meanwhile. */
  | { kind: 'late'; delaySeconds: number }
  /** The agent runs it once more, so many simulated seconds after its first end. */
  | { kind: 'twice'; delaySeconds: number }
  /** It runs, and the service never hears how it ended. */
  | { kind: 'result-lost' };

/** Which commands a mishap meets. */
export interface MishapSelector {
  /** EC2 id; absent: any. */
  instance?: string | undefined;
  /** Name of the document, or its end, e.g. `-reboot`; absent: any. */
  document?: string | undefined;
  /** How many invocations. */
  times: number;
}

interface Armed {
  selector: MishapSelector;
  mishap: Mishap;
  left: number;
}

/** Mishaps that are armed for commands to come. */
export class Mishaps {
  #armed: Armed[] = [];

  arm(selector: MishapSelector, mishap: Mishap): void {
    this.#armed.push({ selector, mishap, left: selector.times });
  }

  /** What is armed and has not happened yet. */
  list(): { selector: MishapSelector; mishap: Mishap; left: number }[] {
    return this.#armed.filter(({ left }) => left > 0).map((armed) => ({ ...armed }));
  }

  /** Disarms everything. */
  clear(): void {
    this.#armed = [];
  }

  /** Takes a mishap of this kind that is meant for this invocation, if there is one. */
  take<Kind extends Mishap['kind']>(
    kind: Kind,
    { instanceId, command }: Invocation,
  ): Extract<Mishap, { kind: Kind }> | undefined {
    const isKind = (mishap: Mishap): mishap is Extract<Mishap, { kind: Kind }> => mishap.kind === kind;
    for (const armed of this.#armed) {
      const { selector, mishap, left } = armed;
      const isMeant =
        left > 0 &&
        (selector.instance ?? instanceId) === instanceId &&
        command.documentName.endsWith(selector.document ?? '');
      if (isMeant && isKind(mishap)) {
        armed.left -= 1;
        return mishap;
      }
    }
    return undefined;
  }
}
