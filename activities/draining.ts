import type { Task } from '@aws-sdk/client-ecs';
import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';
import { readInstance } from './container-instances.js';
import { goneInEc2 } from './auto-scaling.js';
import { deregistered, lostIn } from './lost.js';
import { type Look, poll, stillWaiting } from './polling.js';
import { subjectOf } from './subject.js';
import { giveWay, hadGivenWay, refusalIn, take } from './taking.js';
import {
  cannotDrain,
  describeServices,
  describeTasks,
  isDaemon,
  isDeploying,
  isLive,
  isSteady,
  protectedOf,
  serviceOf,
  servicesOf,
  standaloneOf,
  tasksMeantToRun,
  tasksOn,
  toTaskRef,
} from '../src/aws/tasks.js';
import type { Activities, Blocked, Lost, StartDrainingResult } from './types.js';

type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];

/** Looks once more and takes the instance out of service. */
export async function startDraining(
  clients: AwsClients,
  input: Input<'startDraining'>,
): Promise<StartDrainingResult> {
  const { ecs } = clients;
  const { cluster, instance, installation, pace } = input;
  const { containerInstanceArn } = instance;
  if (hadGivenWay()) return giveWay(ecs, input);
  let now = await readInstance(ecs, cluster.arn, instance);
  if (now && !now.agentConnected) {
    // Agents go away for seconds several times an hour.
    await Context.current().sleep(pace.readsApartMs);
    now = await readInstance(ecs, cluster.arn, instance);
    if (now && !now.agentConnected) return { kind: 'agent-disconnected' };
  }
  const seenAt = Date.now();
  const refusal = refusalIn(now, installation);
  if (refusal || !now) return refusal ?? deregistered;

  const tasks = await tasksMeantToRun(ecs, cluster.arn, containerInstanceArn);
  const blocked = await obstacleIn(ecs, cluster.arn, tasks);
  if (blocked) return blocked;
  const services = await describeServices(ecs, cluster.arn, servicesOf(tasks));
  const stuck = services.filter(cannotDrain).flatMap(({ serviceName }) => serviceName ?? []);
  if (stuck.length > 0) return { kind: 'cannot-drain', services: stuck };
  const deploying = services.filter(isDeploying).flatMap(({ serviceName }) => serviceName ?? []);
  if (deploying.length > 0 && now.status === 'ACTIVE') {
    throw stillWaiting(
      `${subjectOf(input)}: a deployment of ${deploying.join(', ')} is in progress`,
      pace.slowMs,
    );
  }
  const steadyServices = services.filter(isSteady).flatMap(({ serviceName }) => serviceName ?? []);

  if (now.status === 'ACTIVE') {
    // What giving back will ask for: who is not allowed to, or finds that it ends, leaves it in service.
    const gone = await goneInEc2(clients, instance.ec2InstanceId);
    if (gone) return gone;
    const notTaken = await take(ecs, input, { ...now, seenAt });
    if (notTaken) return notTaken;
  }
  const daemons = new Set(services.filter(isDaemon).map(({ serviceName }) => serviceName));
  const moving = tasks.filter((task) => isLive(task) && !daemons.has(serviceOf(task) ?? undefined));
  return { kind: 'draining', steadyServices, tasks: moving.length };
}

/** A task that must not be disturbed; null: there is none. */
export async function obstacleIn(
  ecs: AwsClients['ecs'],
  clusterArn: string,
  tasks: Task[],
): Promise<Blocked | null> {
  const standalone = standaloneOf(tasks);
  if (standalone.length > 0) return { kind: 'blocked', by: 'standalone-task', tasks: standalone };
  const guarded = await protectedOf(ecs, clusterArn, tasks);
  return guarded.length > 0 ? { kind: 'blocked', by: 'protected-task', tasks: guarded } : null;
}

/** All tasks are listed anew after so many slow looks' time: protection may be set at any moment. */
const slowLooksPerList = 6;
/** While tasks stop, the instance itself is looked at only so often. */
const looksPerInstance = 4;

/** Waits until no task of any kind is left, stopping ones included. */
export async function waitUntilDrained(
  { ecs }: AwsClients,
  input: Input<'waitUntilDrained'>,
): ReturnType<Activities['waitUntilDrained']> {
  const { cluster, instance, installation, pace } = input;
  /** Null: not listed yet. */
  let live: Task[] | null = null;
  let listedAt = 0;
  let counted = 0;
  let atFirst: number | null = null;
  let looks = 0;
  return poll(pace, subjectOf(input), async (): Promise<Look<{ kind: 'drained' } | Blocked | Lost>> => {
    looks += 1;
    // ECS counts only tasks that are meant to run; the ones that stop are known from the list before.
    if (live && counted === 0) {
      live = (
        await describeTasks(
          ecs,
          cluster.arn,
          live.flatMap(({ taskArn }) => taskArn ?? []),
        )
      ).filter(isLive);
      if (live.length > 0 && looks % looksPerInstance !== 0)
        return { awaiting: summary(live), again: 'quickly' };
    }
    const now = await readInstance(ecs, cluster.arn, instance);
    const lost = lostIn(now, installation);
    if (lost || !now) return { done: lost ?? deregistered };
    const isListOld = Date.now() - listedAt > slowLooksPerList * pace.slowMs;
    if (!live || live.length === 0 || now.tasks > counted || isListOld) {
      const tasks = await tasksOn(ecs, cluster.arn, instance.containerInstanceArn);
      const blocked = await obstacleIn(ecs, cluster.arn, tasks);
      if (blocked) return { done: blocked };
      listedAt = Date.now();
      live = tasks.filter(isLive);
      if (live.length === 0 && now.tasks === 0) return { done: { kind: 'drained' } };
    }
    counted = now.tasks;
    atFirst ??= counted;
    // Nothing happens until replacements are healthy elsewhere; then it goes task by task.
    const again = counted === 0 ? 'quickly' : counted < atFirst ? 'soon' : 'slowly';
    return { awaiting: summary(live), again };
  });
}

/** `2 tasks left: service:web×2`. */
function summary(tasks: readonly Task[]): string {
  const counts = new Map<string, number>();
  for (const { group = 'unknown' } of tasks) counts.set(group, (counts.get(group) ?? 0) + 1);
  const parts = [...counts].map(([group, count]) => `${group}×${count}`);
  return `${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} left: ${parts.join(', ')}`;
}

/** What is on the instance still, and what ECS says of the services concerned. */
export async function describeRemaining(
  { ecs }: AwsClients,
  { cluster, instance }: Input<'describeRemaining'>,
): ReturnType<Activities['describeRemaining']> {
  const tasks = (await tasksOn(ecs, cluster.arn, instance.containerInstanceArn)).filter(isLive);
  const names = tasks.flatMap((task) => serviceOf(task) ?? []);
  const services = await describeServices(ecs, cluster.arn, names);
  return {
    tasks: tasks.map(toTaskRef),
    serviceEvents: services.flatMap(({ events = [] }) => {
      const told = events.find(({ message = '' }) => message.includes('was unable to'));
      return told?.message ? [told.message] : [];
    }),
    deployingServices: services.filter(isDeploying).flatMap(({ serviceName }) => serviceName ?? []),
  };
}
