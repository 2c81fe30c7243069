/** A task of a service as its scheduler weighs it. Only tasks that are not STOPPED count. */
export interface WeighedTask {
  /** RUNNING long enough to count for minimumHealthyPercent. */
  healthy: boolean;
  /** Not RUNNING yet. */
  starting: boolean;
  /** Told to stop, not STOPPED yet. */
  stopping: boolean;
  /** On a DRAINING instance, or of an older deployment: to be replaced. */
  leaving: boolean;
  /** Under scale-in protection: the scheduler does not stop it. */
  protected: boolean;
}

/** What a scheduler pass does: which tasks to stop, and how many to start. */
export interface ReplicaPlan<T> {
  stop: T[];
  start: number;
}

/**
 * One pass of the REPLICA scheduler. minimumHealthyPercent is rounded up, maximumPercent down; the latter counts
 * tasks that are starting, running and stopping (ECS developer guide, container instance draining).
 */
export function planReplicas<T extends WeighedTask>(
  service: { desiredCount: number; minimumHealthyPercent: number; maximumPercent: number },
  tasks: readonly T[],
): ReplicaPlan<T> {
  const { desiredCount } = service;
  const fewestHealthy = Math.ceil((desiredCount * service.minimumHealthyPercent) / 100);
  const mostTasks = Math.floor((desiredCount * service.maximumPercent) / 100);
  const alive = tasks.filter((task) => !task.stopping);
  const staying = alive.filter((task) => !task.leaving);
  const stop: T[] = [];
  let healthy = alive.filter((task) => task.healthy).length;
  const stopWithinMinimum = (candidates: readonly T[], limit: number): void => {
    let left = limit;
    for (const task of candidates) {
      const healthyAfter = healthy - (task.healthy ? 1 : 0);
      const costsNothing = task.starting;
      if (left <= 0 || task.protected || (!costsNothing && healthyAfter < fewestHealthy)) continue;
      stop.push(task);
      healthy = healthyAfter;
      left--;
    }
  };
  const leaving = alive.filter((task) => task.leaving);
  stopWithinMinimum(cheapestFirst(leaving), Infinity);
  stopWithinMinimum(cheapestFirst(staying), staying.length - desiredCount);

  const irreplaceable = leaving.filter((task) => task.protected).length;
  const wanted = desiredCount - staying.length - irreplaceable;
  return { stop, start: Math.max(0, Math.min(wanted, mostTasks - tasks.length)) };
}

const cost = (task: WeighedTask): number => (task.starting ? 0 : task.healthy ? 2 : 1);

const cheapestFirst = <T extends WeighedTask>(tasks: readonly T[]): T[] =>
  tasks.toSorted((a, b) => cost(a) - cost(b));
