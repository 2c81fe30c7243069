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

/** Ends a command with a line on standard error, or one for each thing that is wrong, and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  readonly lines: readonly string[];

  constructor(
    message: string | readonly string[],
    readonly exitCode: number = exitCodes.failed,
    options?: ErrorOptions,
  ) {
    const lines = typeof message === 'string' ? [message] : message;
    super(lines.join('\n'), options);
    this.lines = lines;
  }
}
