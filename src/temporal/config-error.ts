/** Temporal's variables or its `temporal.toml` cannot be used as they are. */
export class TemporalConfigError extends Error {
  override readonly name = 'TemporalConfigError';
}
