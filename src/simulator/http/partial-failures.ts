import type { PartialFailure } from './faults.js';

type Input = Record<string, unknown>;

/** Actions of ECS that answer 200 with `failures` for a part of a batch, with the members that hold the batch and its answers. */
const batches: Record<string, { asked: string; answered: string }> = {
  DescribeContainerInstances: { asked: 'containerInstances', answered: 'containerInstances' },
  UpdateContainerInstancesState: { asked: 'containerInstances', answered: 'containerInstances' },
  DescribeTasks: { asked: 'tasks', answered: 'tasks' },
  DescribeServices: { asked: 'services', answered: 'services' },
  GetTaskProtection: { asked: 'tasks', answered: 'protectedTasks' },
};

/** What of a batch still reaches the service, and what its answer gets in addition. */
export interface Thinned {
  /** Null where nothing is left. */
  input: Input | null;
  /** The answer with the failures in it; null stands for the answer to nothing. */
  complete(answer: object | null): object;
}

/** Takes items out of a batch; undefined for an action without batches. Those that `prefers` picks go first. */
export function thin(
  action: string,
  input: Input,
  { reason, most }: PartialFailure,
  prefers: (reference: string) => boolean,
): Thinned | undefined {
  const batch = batches[action];
  const given: unknown = batch && input[batch.asked];
  if (!batch || !Array.isArray(given)) return undefined;
  const references = given.filter((item): item is string => typeof item === 'string');
  const preferred = references.filter(prefers);
  const lost = new Set((preferred.length > 0 ? preferred : references).slice(0, most));
  const left = references.filter((reference) => !lost.has(reference));
  const failures = [...lost].map((arn) => ({ arn, reason }));
  return {
    input: left.length > 0 ? { ...input, [batch.asked]: left } : null,
    complete: (answer) => {
      const whole: Record<string, unknown> = { [batch.answered]: [], ...answer };
      const own: unknown[] = Array.isArray(whole['failures']) ? whole['failures'] : [];
      return { ...whole, failures: [...own, ...failures] };
    },
  };
}
