import type { JournalEntry } from '../src/simulator/kernel.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { type MomentName, moments } from './moments.js';
import { type ChaosPhase, type Ids, PhaseWatch } from './phases.js';

/** An entry of a fleet's journal, as it is written. */
export interface Sight {
  entry: JournalEntry;
  /** Where the rollout is with the instance that it is about. */
  phase: ChaosPhase;
  is: (moment: MomentName) => boolean;
}

/** Tells of each entry from now on. */
export function watch(simulator: Simulator, tell: (sight: Sight) => void): void {
  const phases = new PhaseWatch(() => idsOf(simulator));
  simulator.fleet.journal.on((entry) => {
    const phase = phases.take(entry);
    tell({ entry, phase, is: (moment) => moments[moment](entry, phase) });
  });
}

/** The container instances that ECS lists. */
export const idsOf = (simulator: Simulator): (Ids & { status: string })[] =>
  [...simulator.fleet.ecs.clusters.values()].flatMap(({ instances }) =>
    [...instances.values()].map(({ ec2InstanceId, arn, status }) => ({
      ec2InstanceId,
      containerInstanceArn: arn,
      status,
    })),
  );
