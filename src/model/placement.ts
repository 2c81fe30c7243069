/** A container instance and what is free on it. */
export interface Room {
  arn: string;
  ec2InstanceId: string;
  /** Whether ECS would place a task there now: ACTIVE, and its agent connected. */
  isOpen: boolean;
  /** CPU units. */
  cpu: number;
  memoryMiB: number;
  /** Host ports that are taken, as `8080/tcp`. */
  takenPorts: ReadonlySet<string>;
  /** `ecs.cpu-architecture`; null where it is not known. */
  architecture: string | null;
  capacityProvider: string | null;
}

/** A task that has to move when its host is drained. */
export interface Moving {
  /** ARN of the container instance that it is on. */
  on: string;
  /** Null: no service would replace it. */
  service: string | null;
  /** CPU units. */
  cpu: number;
  memoryMiB: number;
  /** Host ports that it has for its own, as `8080/tcp`. */
  ports: readonly string[];
  /** The capacity provider that placed it; null: none did. */
  capacityProvider: string | null;
}

/** A service, as far as it decides where ECS places its tasks. */
export interface PlacingService {
  name: string;
  /** Tasks of a DAEMON service are stopped on a host that is drained, and replaced nowhere: that is what they are for. */
  scheduling: 'REPLICA' | 'DAEMON';
  /** Container instances (ARNs) that its placement constraints leave; null: all. */
  suitable: ReadonlySet<string> | null;
  /** Container instances (ARNs) that run a task of it already, where it wants only one on each; null: it does not. */
  occupied: ReadonlySet<string> | null;
  /** Its placement constraints are not known, so nothing is said of its room. */
  isUnread?: true;
}

/** A service for one of whose tasks no room was found while these hosts (ARNs) were drained. */
export interface NoRoom<T> {
  task: T;
  drained: readonly string[];
}

/**
 * Tries to place the tasks of each window of hosts on what is free elsewhere, and names each service once for which that fails first.
 *
 * It is an approximation on the safe side. Each window finds the cluster as it is now, though hosts that come back are empty. The largest
 * tasks are placed first, on the roomiest hosts; ECS may place them otherwise, and a packer may find a place that this does not. What is not heeded, as
 * the API does not tell it with the tasks: constraints of task definitions, GPUs, and network interfaces.
 */
export function withoutRoom<T extends Moving>({
  windows,
  tasks,
  services,
  instances,
}: {
  windows: readonly (readonly string[])[];
  tasks: readonly T[];
  services: ReadonlyMap<string, PlacingService>;
  instances: readonly Room[];
}): NoRoom<T>[] {
  const open = instances
    .filter(({ isOpen }) => isOpen)
    .toSorted((a, b) => b.memoryMiB - a.memoryMiB || b.cpu - a.cpu);
  const byArn = new Map(instances.map((instance) => [instance.arn, instance]));
  const tasksOn = new Map<string, T[]>();
  for (const task of tasks) tasksOn.set(task.on, [...(tasksOn.get(task.on) ?? []), task]);

  const suitable = new Map<string, Room[]>();
  /** Where tasks of this kind may go at all. */
  const candidatesOf = (
    kind: string,
    task: T,
    service: PlacingService,
    architecture: string | null,
  ): Room[] => {
    const known = suitable.get(kind);
    if (known) return known;
    const found = open.filter((room) => suits(room, task, service, architecture));
    suitable.set(kind, found);
    return found;
  };

  const failed = new Map<string, NoRoom<T>>();
  for (const drained of windows) {
    const packing = new Packing(new Set(drained));
    const moving = drained.flatMap((arn) => tasksOn.get(arn) ?? []).toSorted(largestFirst);
    for (const task of moving) {
      const service = task.service === null ? undefined : services.get(task.service);
      if (service?.scheduling !== 'REPLICA' || service.isUnread || failed.has(service.name)) continue;
      const architecture = byArn.get(task.on)?.architecture ?? null;
      const { cpu, memoryMiB, ports, capacityProvider } = task;
      const kind = JSON.stringify([service.name, cpu, memoryMiB, ports, capacityProvider, architecture]);
      const candidates = candidatesOf(kind, task, service, architecture);
      if (!packing.place(kind, task, service, candidates)) failed.set(service.name, { task, drained });
    }
  }
  return [...failed.values()];
}

const largestFirst = (a: Moving, b: Moving): number => b.memoryMiB - a.memoryMiB || b.cpu - a.cpu;

/** Whether ECS may place a task of this service there at all, whatever is free. An image for one architecture may not run on another. */
const suits = (room: Room, task: Moving, service: PlacingService, architecture: string | null): boolean =>
  room.architecture === architecture &&
  (task.capacityProvider === null || room.capacityProvider === task.capacityProvider) &&
  (service.suitable?.has(room.arn) ?? true) &&
  !(service.occupied?.has(room.arn) ?? false);

interface Left {
  cpu: number;
  memoryMiB: number;
  ports: Set<string>;
  /** Services that have got a task there. */
  services: Set<string>;
}

/** What is placed where while one window of hosts is drained. */
class Packing {
  readonly #left = new Map<string, Left>();
  /** By kind of task, how many of its candidates are full: where one did not fit no other will. */
  readonly #full = new Map<string, number>();

  constructor(private readonly drained: ReadonlySet<string>) {}

  place(kind: string, task: Moving, service: PlacingService, candidates: readonly Room[]): boolean {
    for (let at = this.#full.get(kind) ?? 0; at < candidates.length; at++) {
      const room = candidates[at];
      if (!room || this.drained.has(room.arn)) continue;
      const left = this.#left.get(room.arn) ?? untouched(room);
      if (!fits(task, service, left)) continue;
      left.cpu -= task.cpu;
      left.memoryMiB -= task.memoryMiB;
      left.services.add(service.name);
      for (const port of task.ports) left.ports.add(port);
      this.#left.set(room.arn, left);
      this.#full.set(kind, at);
      return true;
    }
    this.#full.set(kind, candidates.length);
    return false;
  }
}

const untouched = ({ cpu, memoryMiB, takenPorts }: Room): Left => ({
  cpu,
  memoryMiB,
  ports: new Set(takenPorts),
  services: new Set(),
});

const fits = ({ cpu, memoryMiB, ports }: Moving, service: PlacingService, left: Left): boolean =>
  cpu <= left.cpu &&
  memoryMiB <= left.memoryMiB &&
  !ports.some((port) => left.ports.has(port)) &&
  !(service.occupied && left.services.has(service.name));
