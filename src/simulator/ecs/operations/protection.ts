import { z } from 'zod';
import type {
  Failure,
  GetTaskProtectionResponse,
  ProtectedTask,
  UpdateTaskProtectionResponse,
} from '@aws-sdk/client-ecs';
import type { Operation } from '../../kernel.js';
import { clusterOf, lookUpTasks } from '../lookup.js';
import { isProtected, isStopped, type EcsCluster, type EcsTask } from '../model.js';
import { ecsOperation } from '../operation.js';
import type { EcsWorld } from '../world.js';

/** Protection lasts 2 hours if nothing else is asked (API reference, UpdateTaskProtection). */
const defaultMinutes = 120;
const expiryError = 'expiresInMinutes must be between 1 and 2880.';

export function protectionOperations(world: EcsWorld): Record<string, Operation> {
  const { context } = world;

  const shapeOf = (task: EcsTask): ProtectedTask => {
    const enabled = isProtected(task, context.clock.now());
    return {
      taskArn: task.arn,
      protectionEnabled: enabled,
      expirationDate: enabled && task.protection ? new Date(task.protection.expiresAt) : undefined,
    };
  };

  /** Tasks of services; the rest are failures: protection is for those only. */
  const lookUpServiceTasks = (
    cluster: EcsCluster,
    references: readonly string[],
  ): { tasks: EcsTask[]; failures: Failure[] } => {
    const { found, failures } = lookUpTasks(context, cluster, references);
    const tasks = found.filter((task) => {
      if (task.service && !isStopped(task)) return true;
      failures.push({ arn: task.arn, reason: 'TASK_NOT_VALID' });
      return false;
    });
    return { tasks, failures };
  };

  return {
    GetTaskProtection: ecsOperation(
      z.object({
        cluster: z.string(),
        tasks: z.array(z.string()).max(100, 'taskIds can have at most 100 items.').default([]),
      }),
      (input): GetTaskProtectionResponse => {
        const cluster = clusterOf(world, input.cluster);
        if (input.tasks.length === 0) {
          const serviceTasks = [...cluster.tasks.values()].filter((task) => task.service && !isStopped(task));
          return { protectedTasks: serviceTasks.map(shapeOf), failures: [] };
        }
        const { tasks, failures } = lookUpServiceTasks(cluster, input.tasks);
        return { protectedTasks: tasks.map(shapeOf), failures };
      },
    ),

    UpdateTaskProtection: ecsOperation(
      z.object({
        cluster: z.string(),
        tasks: z
          .array(z.string())
          .min(1, 'Tasks cannot be empty.')
          .max(10, 'taskIds can have at most 10 items.'),
        protectionEnabled: z.boolean(),
        expiresInMinutes: z.int().min(1, expiryError).max(2880, expiryError).default(defaultMinutes),
      }),
      (input): UpdateTaskProtectionResponse => {
        const { tasks, failures } = lookUpServiceTasks(clusterOf(world, input.cluster), input.tasks);
        for (const task of tasks)
          protect(world, task, input.protectionEnabled ? input.expiresInMinutes : undefined);
        return { protectedTasks: tasks.map(shapeOf), failures };
      },
    ),
  };
}

/** Sets a task's scale-in protection, or ends it where `minutes` is undefined. */
export function protect(world: EcsWorld, task: EcsTask, minutes: number | undefined): void {
  const { clock, journal } = world.context;
  const { service } = task;
  journal.event('task-protection', {
    ec2InstanceId: task.instance.ec2InstanceId,
    taskArn: task.arn,
    minutes,
  });
  if (minutes === undefined) delete task.protection;
  else task.protection = { expiresAt: clock.now() + minutes * 60_000 };
  if (!service) return;
  // The scheduler may have waited for it.
  if (minutes === undefined) world.scheduler.poke(service);
  else {
    clock.after(minutes * 60_000, () => {
      world.scheduler.poke(service);
    });
  }
}
