import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalEntry } from '../src/simulator/kernel.js';
import { type Happening, isBlow, nameOf } from './deeds.js';
import { act, type Effect, type Reach, strike } from './hands.js';
import type { MomentName } from './moments.js';
import { type ChaosPhase, instanceIn } from './phases.js';
import { idsOf, watch } from './sights.js';

/** A deed that was done. */
export interface Fired {
  what: string;
  moment: MomentName;
  /** Where the rollout was with the instance that the moment was about. */
  phase: ChaosPhase;
  effect: Effect;
  /** Real ms since the epoch. */
  at: number;
}

/** Watches a fleet's journal and does what was drawn for each moment, until it is told that the rollout is over. */
export class Turmoil {
  readonly fired: Fired[] = [];
  /** Workflows that were terminated so far. */
  terminated = 0;
  #isResting = false;
  readonly #seen = new Map<MomentName, number>();
  readonly #doing = new Set<Promise<void>>();
  #failure: unknown;

  constructor(
    private readonly reach: Reach,
    private readonly happenings: readonly Happening[],
  ) {
    const names = new Set(happenings.map(({ at }) => at));
    watch(reach.simulator, ({ entry, phase, is }) => {
      if (this.#isResting) return;
      for (const name of names) if (is(name)) this.#onMoment(name, entry, phase);
    });
  }

  /** Begins nothing new and waits for what is being done. Throws what a deed threw. */
  async rest(): Promise<void> {
    this.#isResting = true;
    await Promise.all(this.#doing);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Goes on counting moments after a rest. */
  goOn(): void {
    this.#isResting = false;
  }

  #onMoment(name: MomentName, entry: JournalEntry, phase: ChaosPhase): void {
    const count = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, count);
    for (const happening of this.happenings) {
      if (happening.at !== name || happening.nth !== count) continue;
      const doing = this.#do(happening, entry, phase)
        .catch((err: unknown) => {
          this.#failure ??= err;
        })
        .finally(() => this.#doing.delete(doing));
      this.#doing.add(doing);
    }
  }

  async #do({ at: moment, delayMs, deed }: Happening, entry: JournalEntry, phase: ChaosPhase): Promise<void> {
    // A blow without delay falls within the moment: before the request that made it is answered.
    if (delayMs > 0) await sleep(delayMs);
    const tell = (effect: Effect) =>
      this.fired.push({ what: nameOf(deed), moment, phase, effect, at: Date.now() });
    if (isBlow(deed)) {
      tell(strike(this.reach, deed) ? 'done' : 'in vain');
      return;
    }
    // The simulator is in the middle of what it just wrote into its journal.
    await new Promise((resolve) => setImmediate(resolve));
    const effect = await act(this.reach, deed, this.#instanceAt(entry), phase);
    if (effect === 'terminated') this.terminated += 1;
    tell(effect);
  }

  /** The instance that an entry is about; where it is about none, one that is out of service, or any. */
  #instanceAt(entry: JournalEntry): string {
    const instances = idsOf(this.reach.simulator);
    const any = instances.find(({ status }) => status === 'DRAINING') ?? instances[0];
    return instanceIn(entry, instances) ?? any?.ec2InstanceId ?? '';
  }
}
