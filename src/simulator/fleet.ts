import { Audit } from './audit/audit.js';
import { createAutoScalingOperations } from './auto-scaling/operations.js';
import { type AutoScalingTimings, defaultAutoScalingTimings } from './auto-scaling/timings.js';
import { AutoScalingWorld } from './auto-scaling/world.js';
import type { SimulatorClock } from './clock.js';
import { createEc2Operations } from './ec2/operations.js';
import { defaultEc2Timings, type Ec2Timings, type Machine } from './ec2/machine.js';
import { createEcsOperations } from './ecs/operations/index.js';
import { defaultEcsTimings, type EcsTimings } from './ecs/timings.js';
import { EcsWorld } from './ecs/world.js';
import type { Host } from './host/host.js';
import { defaultHostTimings, type HostTimings } from './host/timings.js';
import { Faults } from './http/faults.js';
import { Gateway } from './http/gateway.js';
import { Throttle } from './http/throttle.js';
import { AccessGuard, type AccessObserver, type AttachedPolicy } from './iam/guard.js';
import { resourcesOf } from './iam/resources.js';
import { createJournal, type FleetJournal } from './journal.js';
import { launch, type Site } from './launch.js';
import { populate } from './populate.js';
import { createRandom } from './random.js';
import { createKmsOperations } from './kms/operations.js';
import { clustersOf, type Scenario } from './scenario.js';
import { createSnsOperations } from './sns/operations.js';
import { createSsmOperations } from './ssm/service.js';
import { Mishaps } from './ssm/mishaps.js';
import { defaultSsmTimings, type SsmTimings } from './ssm/timings.js';
import { createStsOperations } from './sts/operations.js';
import { Sessions } from './sts/sessions.js';

/** How long everything takes; each part keeps the unit that it documents. */
interface AllTimings {
  ecs: EcsTimings;
  host: HostTimings;
  ssm: SsmTimings;
  ec2: Ec2Timings;
  autoScaling: AutoScalingTimings;
}

/** Durations other than the defaults. */
export type FleetTimings = { [Part in keyof AllTimings]?: Partial<AllTimings[Part]> };

export interface FleetOptions {
  timings?: FleetTimings;
  /** Items on a page where the caller does not say; default: AWS's own. Small ones show whether a client reads all pages. */
  pageSize?: number;
  /** Whether request rates are limited as AWS does. */
  throttle?: boolean;
  /** Policies that requests are held against. Default: none, and everybody may do everything. */
  policies?: readonly AttachedPolicy[];
  /** Is told of what policies were asked about. */
  observeAccess?: AccessObserver;
}

/** A simulated account in one Region: its hosts, the services in front of them, and the record of what happened. */
export interface Fleet {
  readonly scenario: Scenario;
  readonly clock: SimulatorClock;
  readonly journal: FleetJournal;
  readonly audit: Audit;
  readonly ecs: EcsWorld;
  readonly autoScaling: AutoScalingWorld;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly faults: Faults;
  /** Of commands to hosts. */
  readonly mishaps: Mishaps;
  /** Changes to it count from then on. */
  readonly timings: AllTimings;
  /** Launches one more instance like the one with this EC2 id; undefined if there is no such. */
  join(like: string): string | undefined;
  readonly gateway: Gateway;
}

/** Builds the fleet of a scenario on a clock. */
export function createFleet(scenario: Scenario, clock: SimulatorClock, options: FleetOptions = {}): Fleet {
  const { region, accountId } = scenario;
  const { timings: given = {}, pageSize } = options;
  const timings: AllTimings = {
    ecs: { ...defaultEcsTimings, flapsPerHour: scenario.agentFlapsPerHour, ...given.ecs },
    host: { ...defaultHostTimings, ...given.host },
    ssm: { ...defaultSsmTimings, ...given.ssm },
    ec2: { ...defaultEc2Timings, ...given.ec2 },
    autoScaling: { ...defaultAutoScalingTimings, ...given.autoScaling },
  };
  const random = createRandom(scenario.seed);
  const journal = createJournal(clock);
  const audit = new Audit({
    journal,
    ...(scenario.maxUnavailable !== undefined && { maxUnavailable: scenario.maxUnavailable }),
  });
  const hosts = new Map<string, Host>();
  const machines = new Map<string, Machine>();
  const ecs = new EcsWorld({
    clock,
    random: random.fork('ecs'),
    journal,
    timings: timings.ecs,
    accountId,
    region,
  });
  const site: Site = {
    clock,
    random: random.fork('fleet'),
    journal,
    ecs,
    hosts,
    machines,
    hostTimings: timings.host,
    ec2Timings: timings.ec2,
    templates: new Map(),
  };
  const autoScaling = new AutoScalingWorld({
    ...site,
    accountId,
    region,
    timings: timings.autoScaling,
    groups: scenario.autoScalingGroups,
  });
  populate(scenario, { ...site, autoScaling });
  const faults = new Faults(clock, random.fork('faults'), (id) => {
    const instance = ecs.instanceByEc2Id(id);
    return instance ? [instance.id] : [];
  });
  const mishaps = new Mishaps();
  const sessions = new Sessions(clock, random.fork('sts'));
  const gateway = new Gateway({
    operations: {
      ecs: createEcsOperations(ecs, pageSize),
      ssm: createSsmOperations({
        clock,
        random: random.fork('ssm'),
        journal,
        hosts: { get: (id) => hosts.get(id), all: () => [...hosts.values()] },
        accountId,
        region,
        tagsOf: (id) => Object.fromEntries(machines.get(id)?.spec.tags ?? []),
        timings: timings.ssm,
        mishaps,
      }),
      ec2: createEc2Operations(machines, accountId, pageSize),
      sts: createStsOperations(scenario.roles, sessions),
      sns: createSnsOperations(scenario.topics, clock, random.fork('sns')),
      kms: createKmsOperations(scenario.kmsKeys),
      autoscaling: createAutoScalingOperations(autoScaling, pageSize),
    },
    clock,
    journal,
    faults,
    sessions,
    ...(options.throttle && { throttle: new Throttle(clock) }),
    ...(options.policies && {
      guard: new AccessGuard({
        attached: options.policies,
        clusters: clustersOf(scenario).map((one) => one.cluster),
        place: { region, accountId },
        resources: resourcesOf(ecs, machines),
        observe: options.observeAccess,
      }),
    }),
    region,
    accountId,
  });
  const join = (like: string): string | undefined => {
    const template = site.templates.get(like);
    return template && launch(site, template).ec2InstanceId;
  };
  return {
    scenario,
    clock,
    journal,
    audit,
    ecs,
    autoScaling,
    hosts,
    machines,
    faults,
    mishaps,
    timings,
    join,
    gateway,
  };
}
