import { createManualClock } from '../../../../src/simulator/clock.js';
import type { ManualClock } from '../../../../src/simulator/clock.js';
import { Host } from '../../../../src/simulator/host/host.js';
import type { ProgramResult } from '../../../../src/simulator/host/apiclient.js';
import { hostSpecSchema } from '../../../../src/simulator/host/spec.js';
import type { HostSpecInput } from '../../../../src/simulator/host/spec.js';
import { createJournal } from '../../../../src/simulator/journal.js';
import type { FleetJournal } from '../../../../src/simulator/journal.js';
import type { FleetEvent } from '../../../../src/simulator/kernel.js';
import { createRandom } from '../../../../src/simulator/random.js';

/** A host on a clock that the test moves. */
export interface TestHost {
  host: Host;
  clock: ManualClock;
  journal: FleetJournal;
  /** Runs a script to its end, moving the clock as far as it takes. */
  run: (script: string) => Promise<ProgramResult>;
  /** Names of the events so far. */
  events: () => string[];
  /** The last event of a name. */
  event: (name: string) => FleetEvent | undefined;
}

const hostId = 'i-0123456789abcdef0';
export const origin = { principal: 'AKIATEST', commandId: 'command-1' };

export function makeHost(spec: Partial<HostSpecInput> = {}, seed = 1): TestHost {
  const clock = createManualClock();
  const journal = createJournal(clock);
  const host = new Host(
    hostSpecSchema.parse({ ec2InstanceId: hostId, version: '1.26.0', offered: '1.26.1', ...spec }),
    { clock, journal, random: createRandom(seed) },
  );
  const named = (): FleetEvent[] => journal.entries.filter((entry) => entry.kind === 'event');
  return {
    host,
    clock,
    journal,
    run: async (script) => {
      const end = await finish(clock, host.execute(script, origin).done);
      if (end.kind !== 'exited') {
        throw new Error(`the script was ${end.kind}`);
      }
      return end;
    },
    events: () => named().map(({ event }) => event),
    event: (name) => named().findLast(({ event }) => event === name),
  };
}

/** Moves the clock until a promise is settled. */
export async function finish<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const mark = (): void => {
    isDone = true;
  };
  void promise.then(mark, mark);
  await clock.advanceUntil(() => isDone);
  return promise;
}

/** What a script printed, as JSON. */
export const json = ({ stdout }: Pick<ProgramResult, 'stdout'>): unknown => JSON.parse(stdout);
