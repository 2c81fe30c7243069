import type { BenchFleet } from './fleet.js';

/** One line of the bench. */
export interface Figure {
  what: string;
  value: number | null;
  unit: string;
  /** What the design aims for, where it names a number. */
  aim?: string;
}

/** Peak memory of a fleet's worker in MB; null where the system does not tell. */
export async function megabytes(fleet: BenchFleet): Promise<number | null> {
  const bytes = await fleet.workerPeakBytes();
  return bytes === null ? null : bytes / 1_048_576;
}
