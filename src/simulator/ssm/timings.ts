import type { Span } from '../host/timings.js';

/** How long Systems Manager takes, simulated milliseconds, and how it errs. */
export interface SsmTimings {
  /** From CreateDocument or UpdateDocument to `Active`. */
  documentCreation: Span;
  /** From SendCommand until reads see the command. */
  visibility: Span;
  /** From SendCommand until the service tries to deliver: Pending becomes InProgress. */
  dispatch: Span;
  /** From there until an agent that is up has the command. */
  delivery: Span;
  /** From an agent's start to its first poll. */
  pollAfterReconnect: Span;
  /** From CancelCommand until the agent acts on it. */
  cancellation: Span;
  /** From the end of a script until the service knows. */
  reply: Span;
  /** Documents that an agent runs at a time (amazon-ssm-agent, CommandWorkersLimit). */
  workers: number;
  /** Of a command whose host went down: relative weights of what the service hears of it. */
  lostResult: { failed: number; stuck: number; success: number; replayed: number };
}

const seconds = (shortest: number, longest: number): Span => [shortest * 1000, longest * 1000];

/** Defaults, from aws-facts §4.3 and §2.4. */
export const defaultSsmTimings: SsmTimings = {
  documentCreation: seconds(0.5, 3),
  visibility: seconds(0.2, 1.2),
  dispatch: seconds(0.1, 0.5),
  delivery: seconds(0.4, 2.5),
  pollAfterReconnect: seconds(1, 5),
  cancellation: seconds(0.5, 3),
  reply: seconds(0.1, 1),
  workers: 5,
  lostResult: { failed: 1, stuck: 1, success: 1, replayed: 0 },
};
