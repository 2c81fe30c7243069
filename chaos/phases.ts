import type { Phase } from '../src/model/outcome.js';
import { nobodys } from '../src/aws/nobody.js';
import { drainedAttribute } from '../src/model/names.js';
import type { JournalEntry, RequestEntry } from '../src/simulator/kernel.js';

/** Access key id of the workers. */
export const workerPrincipal = 'AKIAWORKER';

/** Where a rollout is with an instance: `checking` until it is marked. */
export type ChaosPhase = 'checking' | Exclude<Phase, 'waiting'>;

/** What names a container instance. */
export interface Ids {
  ec2InstanceId: string;
  containerInstanceArn: string;
}

/** Tells from the journal alone in which phase the work on each instance is. */
export class PhaseWatch {
  readonly #phases = new Map<string, ChaosPhase>();
  readonly #booted = new Set<string>();

  constructor(private readonly instances: () => readonly Ids[]) {}

  /** Takes in an entry; answers the phase, from this entry on, of the instance that it is about. */
  take(entry: JournalEntry): ChaosPhase {
    if (entry.kind === 'event') {
      const { event, ec2InstanceId } = entry;
      if (ec2InstanceId === undefined) return 'checking';
      if (event === 'boot-finished') this.#booted.add(ec2InstanceId);
      return this.#of(ec2InstanceId);
    }
    if (entry.principal !== workerPrincipal) return 'checking';
    if (entry.action === 'DescribeServices') {
      return [...this.#phases.values()].includes('settling') ? 'settling' : 'checking';
    }
    const id = instanceIn(entry, this.instances());
    if (id === null) return 'checking';
    const next = nextPhase(entry, this.#of(id), this.#booted.has(id));
    if (next === 'rebooting' && this.#of(id) !== 'rebooting') this.#booted.delete(id);
    this.#phases.set(id, next);
    return next;
  }

  #of(ec2InstanceId: string): ChaosPhase {
    return this.#phases.get(ec2InstanceId) ?? 'checking';
  }
}

/** The phase of an instance after a request of the worker's about it. */
function nextPhase({ action, parameters }: RequestEntry, now: ChaosPhase, booted: boolean): ChaosPhase {
  const text = JSON.stringify(parameters);
  switch (action) {
    case 'PutAttributes':
      return text.includes(drainedAttribute) && !text.includes('/held"') ? 'draining' : now;
    case 'SendCommand':
      if (isTrial(text)) return now;
      if (text.includes('"ecs-updater-apply"')) return 'updating';
      return text.includes('"ecs-updater-reboot"') ? 'rebooting' : now;
    case 'DescribeInstanceStatus':
      return now === 'rebooting' && booted ? 'verifying' : now;
    case 'DescribeInstances':
      // Before it is taken, and while it reboots, it is asked whether the machine has ended.
      return ['draining', 'updating', 'verifying'].includes(now) ? 'activating' : now;
    case 'UpdateContainerInstancesState':
      return text.includes('"ACTIVE"') ? 'activating' : now;
    case 'DeleteAttributes':
      return text.includes(drainedAttribute) ? 'settling' : now;
    default:
      return now;
  }
}

/** Whether these parameters of SendCommand only try whether it is allowed. */
const isTrial = (parameters: string): boolean => parameters.includes(`"${nobodys.documentVersion}"`);

/** The container instance that an entry is about, by any id that it names; null: none of these. */
export function instanceIn(entry: JournalEntry, instances: readonly Ids[]): string | null {
  if (entry.kind === 'event') return entry.ec2InstanceId ?? null;
  const text = JSON.stringify(entry.parameters);
  const named = instances.filter(
    ({ ec2InstanceId, containerInstanceArn }) =>
      text.includes(ec2InstanceId) || text.includes(containerInstanceArn),
  );
  return named.length === 1 ? (named[0]?.ec2InstanceId ?? null) : null;
}
