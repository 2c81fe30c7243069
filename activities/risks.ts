import {
  type ContainerInstance,
  type ECSClient,
  type Resource,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { batches } from '../src/model/batches.js';
import type { Room } from '../src/model/placement.js';
import { type Risks, risksOf, type ServiceFacts, type TaskFacts } from '../src/model/risk.js';
import { describeByArn } from './container-instances.js';
import { listAll } from './discovery.js';
import { fewAtOnce } from '../src/aws/few-at-once.js';
import {
  countsOf,
  describeServices,
  isDeploying,
  isLive,
  protectionsOf,
  serviceOf,
  servicesOf,
  tasksMeantToRun,
  tasksOfCluster,
} from '../src/aws/tasks.js';
import type { Activities } from './types.js';

/** For fewer hosts than that, one list of tasks for each is fewer calls than the list of the whole cluster. */
const fewTargets = 50;

/** Placement constraints that are looked up, each by a list of container instances. */
const mostConstraints = 30;

/** Names what a rollout over these hosts may do to the services and tasks on them. It only reads: calls grow with instances and their tasks. */
export async function assessRisks(
  { ecs }: AwsClients,
  { cluster, targets, leftAlone, atOnce }: Parameters<Activities['assessRisks']>[0],
): Promise<Risks> {
  const instances = await roomOf(ecs, cluster.arn);
  const arns = new Map(instances.map(({ ec2InstanceId, arn }) => [ec2InstanceId, arn]));
  const arnsOf = (ids: readonly string[]): string[] => ids.flatMap((id) => arns.get(id) ?? []);
  const hosts = { targets: arnsOf(targets), leftAlone: arnsOf(leftAlone) };
  const tasks = await tasksOn(ecs, cluster.arn, [...hosts.targets, ...hosts.leftAlone]);
  const [services, guarded] = await Promise.all([
    describeServices(ecs, cluster.arn, servicesOf(tasks)),
    protectionsOf(ecs, cluster.arn, tasks),
  ]);
  const constraints = new Constraints(ecs, cluster.arn);
  const facts = await fewAtOnce(services, (service) => toServiceFacts(service, constraints));
  return risksOf({
    ...hosts,
    atOnce,
    tasks: tasks.map((task) => toTaskFacts(task, guarded.get(task.taskArn ?? '') ?? null)),
    services: new Map(facts.map((service) => [service.name, service])),
    instances,
  });
}

/** What is free on each container instance of the cluster. */
async function roomOf(ecs: ECSClient, cluster: string): Promise<Room[]> {
  const arns = await listAll(ecs, { cluster });
  const described = await fewAtOnce(batches(arns, 100), (batch) => describeByArn(ecs, cluster, batch));
  return described.flat().map(toRoom);
}

function toRoom(found: ContainerInstance): Room {
  const attributes = new Map(found.attributes?.map(({ name, value }) => [name, value]));
  const resources = new Map(found.remainingResources?.map((resource) => [resource.name, resource]));
  const ports = (name: string, protocol: string): string[] =>
    (resources.get(name)?.stringSetValue ?? []).map((port) => `${port}/${protocol}`);
  return {
    arn: found.containerInstanceArn ?? '',
    ec2InstanceId: found.ec2InstanceId ?? '',
    isOpen: found.status === 'ACTIVE' && found.agentConnected === true,
    cpu: amountOf(resources.get('CPU')),
    memoryMiB: amountOf(resources.get('MEMORY')),
    // Of ports the taken ones are listed (ECS API reference, ContainerInstance).
    takenPorts: new Set([...ports('PORTS', 'tcp'), ...ports('PORTS_UDP', 'udp')]),
    architecture: attributes.get('ecs.cpu-architecture') ?? null,
    capacityProvider: found.capacityProviderName ?? null,
  };
}

const amountOf = (resource: Resource | undefined): number => resource?.integerValue ?? 0;

async function tasksOn(ecs: ECSClient, cluster: string, arns: readonly string[]): Promise<Task[]> {
  if (arns.length === 0) return [];
  const wanted = new Set(arns);
  const tasks =
    arns.length <= fewTargets
      ? (await fewAtOnce(arns, (arn) => tasksMeantToRun(ecs, cluster, arn))).flat()
      : await tasksOfCluster(ecs, cluster);
  return tasks.filter((task) => isLive(task) && wanted.has(task.containerInstanceArn ?? ''));
}

/** Ports above are the system's to give (ECS API reference, PortMapping: the ephemeral range begins at 32768 or above). */
const firstEphemeralPort = 32_768;

function toTaskFacts(task: Task, protectedUntil: string | null): TaskFacts {
  const { containers = [], cpu, memory } = task;
  const bindings = containers.flatMap(({ networkBindings = [] }) => networkBindings);
  return {
    on: task.containerInstanceArn ?? '',
    service: serviceOf(task),
    group: task.group ?? '',
    // Where the task has no size of its own, its containers' count.
    cpu: Number(cpu) || sum(containers.map((container) => container.cpu)),
    memoryMiB:
      Number(memory) || sum(containers.map((container) => container.memoryReservation ?? container.memory)),
    ports: bindings.flatMap(({ hostPort, protocol = 'tcp' }) =>
      hostPort !== undefined && hostPort > 0 && hostPort < firstEphemeralPort
        ? [`${hostPort}/${protocol}`]
        : [],
    ),
    capacityProvider: task.capacityProviderName ?? null,
    protectedUntil,
  };
}

const sum = (amounts: readonly (string | undefined)[]): number =>
  amounts.reduce((total, amount) => total + (Number(amount) || 0), 0);

async function toServiceFacts(service: Service, constraints: Constraints): Promise<ServiceFacts> {
  const { placementConstraints = [], serviceName = '' } = service;
  const scheduling = service.schedulingStrategy ?? 'REPLICA';
  const expressions = placementConstraints.flatMap(({ type, expression }) =>
    type === 'memberOf' && expression ? [expression] : [],
  );
  const isDistinct = placementConstraints.some(({ type }) => type === 'distinctInstance');
  const filters = [...expressions, ...(isDistinct ? [`task:group == service:${serviceName}`] : [])];
  const found = scheduling === 'REPLICA' ? await constraints.lookUp(filters) : [];
  const occupied = isDistinct ? (found?.at(-1) ?? null) : null;
  return {
    name: serviceName,
    scheduling,
    ...countsOf(service),
    isDeploying: isDeploying(service),
    suitable: found && expressions.length > 0 ? intersection(found.slice(0, expressions.length)) : null,
    occupied,
    ...(found === null && { isUnread: true }),
  };
}

/** Which container instances placement constraints mean, by ECS's own word: it filters lists by the same language. */
class Constraints {
  readonly #asked = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(
    private readonly ecs: ECSClient,
    private readonly cluster: string,
  ) {}

  /** Null: there are more constraints in this cluster than are looked up. */
  async lookUp(filters: readonly string[]): Promise<ReadonlySet<string>[] | null> {
    const unknown = filters.filter((filter) => !this.#asked.has(filter));
    if (this.#asked.size + unknown.length > mostConstraints) return null;
    for (const filter of unknown) this.#asked.set(filter, this.#list(filter));
    return Promise.all(filters.flatMap((filter) => this.#asked.get(filter) ?? []));
  }

  async #list(filter: string): Promise<ReadonlySet<string>> {
    return new Set(await listAll(this.ecs, { cluster: this.cluster, filter }));
  }
}

const intersection = (sets: readonly ReadonlySet<string>[]): ReadonlySet<string> =>
  new Set([...(sets[0] ?? [])].filter((arn) => sets.every((set) => set.has(arn))));
