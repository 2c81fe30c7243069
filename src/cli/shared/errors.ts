/** What a command's exit code says. */
export const exitCodes = {
  ok: 0,
  /** Some instance failed, or the command did. */
  failed: 1,
  /** Usage or configuration. */
  usage: 2,
  /** A rollout is already running. */
  alreadyRunning: 3,
  /** Only where it was asked for: there is something to update. */
  updates: 4,
} as const;

/** Ends a command with one line on standard error and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
