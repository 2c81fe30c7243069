import type { Client, WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import type { AwsClients } from '../../src/aws/clients.js';
import { putDocuments } from '../../src/aws/documents.js';
import { atSpeed, parseSettings, type SettingsText } from '../../src/config/settings.js';
import {
  clusterTag,
  clusterWorkflowId,
  drainedAttribute,
  instanceWorkflowId,
} from '../../src/model/names.js';
import type { NotificationTarget } from '../../src/model/notifications.js';
import type { InstanceResult } from '../../src/model/outcome.js';
import { heldIn, type RolloutReport } from '../../src/model/report.js';
import { allowedUnavailable } from '../../src/model/settings.js';
import type { ClusterStatus, InstanceStatus, RolloutInput } from '../../src/model/steering.js';
import type { FleetState } from '../../src/simulator/control/state.js';
import type { FleetEvent, RequestEntry } from '../../src/simulator/kernel.js';
import { parseScenario, type ScenarioInput } from '../../src/simulator/scenario.js';
import { type Simulator, startSimulator, type SimulatorOptions } from '../../src/simulator/simulator.js';
import { clusterStatus, instanceStatus, lastRollout, triggerRollout } from '../../src/temporal/rollouts.js';
import { putSchedule } from '../../src/temporal/schedules.js';
import { tagByCluster } from '../../src/simulator/tagged.js';
import { underPolicies } from './access.js';
import { eventually } from './eventually.js';
import { type Installation, principals } from './installation.js';
import { registerAll } from './visible.js';
import { type Ended, ecsUpdater, type Served, serve, shell, temporal } from './processes.js';

/** A host one version behind. */
export const behind = { version: '1.26.0', offered: '1.26.1' };

/** Hosts one version behind, under these names, whose turns come in this order. */
export const hosts = (...names: string[]): ScenarioInput['instances'] =>
  names.map((name, index) => ({
    name,
    ec2InstanceId: `i-${(index + 1).toString(16).padStart(17, '0')}`,
    host: behind,
  }));

/** A service of two tasks that only the instance of this name can run: it never drains. */
export const stuckOn = (name: string) => ({
  name: `only-on-${name}`,
  desiredCount: 2,
  cpu: 512,
  memory: 1024,
  on: [name],
});

/** Simulated seconds a second. No more, so that on a busy machine no time runs out that is measured on a host's clock. */
const speed = 20;

/** What takes long in life is short here. */
const timings = {
  ecs: {
    schedulerReaction: [0.5, 1],
    taskStart: [0.5, 1],
    healthyAfter: 3,
    taskStop: [0.5, 2],
    disconnectAfterShutdown: [0.5, 1],
  },
  host: {
    refresh: [300, 600],
    prepare: [2000, 4000],
    shutdown: [500, 1000],
    boot: [6000, 10_000],
    panic: [2000, 3000],
    ecsAgent: [500, 1000],
    ssmAgent: [500, 1500],
  },
  ssm: {
    documentCreation: [100, 300],
    visibility: [100, 300],
    dispatch: [100, 300],
    delivery: [200, 500],
    pollAfterReconnect: [300, 600],
    reply: [100, 300],
  },
} satisfies SimulatorOptions['timings'];

type InstanceState = FleetState['clusters'][number]['instances'][number];

/** A cluster in a simulated account of its own, and everything that one does with it. */
export interface Fleet {
  readonly cluster: string;
  /** The cluster's ARN. */
  readonly arn: string;
  readonly workflowId: string;
  readonly simulator: Simulator;
  readonly client: Client;
  /** Clients of the account. */
  readonly aws: AwsClients;
  /** Who is told of rollouts that are scheduled from now on. */
  readonly notify: NotificationTarget[];
  /** What the Schedule starts rollouts with: limits are divided by the simulator's speed. The worker with this access key will be held to it. */
  input(settings?: SettingsText, principal?: string): Promise<RolloutInput>;
  /** Puts the Schedule, which starts nothing by itself within the test. */
  schedule(settings?: SettingsText): Promise<void>;
  /** Schedules the cluster and starts a rollout. */
  start(settings?: SettingsText): Promise<void>;
  /** Waits for the newest rollout. */
  report(): Promise<RolloutReport>;
  /** `start` and `report`. */
  rollOut(settings?: SettingsText): Promise<RolloutReport>;
  /** What became of each instance, by name: `updated`, or kind and reason code, as `skipped: up-to-date`. */
  outcomes(report: RolloutReport): Record<string, string>;
  id(name: string): string;
  /** The instance as it is: status, attributes, tasks, host. */
  state(name: string): InstanceState;
  /** Answer of the cluster's `status` query. */
  status(): Promise<ClusterStatus>;
  /** Answer of the `status` query of an instance's workflow; null: it has not begun. */
  instanceStatus(name: string): Promise<InstanceStatus | null>;
  handle(name?: string): WorkflowHandle;
  /** Runs our command line on this cluster: `--cluster` is added. */
  ecsUpdater(...args: string[]): Promise<Ended>;
  /** Runs our command line as it is given. */
  command(...args: string[]): Promise<Ended>;
  /** The same with other variables. */
  commandIn(variables: Record<string, string>, ...args: string[]): Promise<Ended>;
  /** Starts our command line as it is given, to serve until it is closed. */
  serve(...args: string[]): Promise<Served>;
  /** Runs a line of either command line as it stands in our documentation. */
  shell(line: string, folder?: string): Promise<Ended>;
  /** Runs the `temporal` command line. */
  temporal(...args: string[]): Promise<Ended>;
  /** Waits for an event of the fleet, or of this instance. */
  event(event: string, name?: string): Promise<FleetEvent>;
  /** Requests so far, in order. */
  requests(principal: string, action?: string): RequestEntry[];
  /** Asserts what must be true of every fleet once its test is over, and ends the simulator. */
  close(): Promise<void>;
}

export interface FleetOptions extends Pick<SimulatorOptions, 'pageSize'> {
  /** Who may do everything. Default: nobody of ours may do more than the policies that we ship say. */
  free?: readonly ('worker' | 'commands')[];
  /** Actions that the policies refuse to us in this test, each once. Default: none. */
  refused?: readonly string[];
  /** Default: a name that no other fleet has. */
  cluster?: string;
  hostTimings?: NonNullable<SimulatorOptions['timings']>['host'];
  /** Registers the search attributes, and has rollouts set them. Default: they are not registered. */
  searchAttributes?: true;
}

let fleets = 0;

/** Starts a fleet that the installation's worker can reach. */
export async function startFleet(
  installation: Installation,
  given: ScenarioInput,
  { cluster: clusterName, hostTimings, searchAttributes, free = [], refused = [], ...options }: FleetOptions,
): Promise<Fleet> {
  const { client, environment } = installation;
  if (searchAttributes) await registerAll(client);
  fleets += 1;
  const letters = fleets
    .toString(26)
    .replaceAll(/./g, (digit) => String.fromCodePoint(97 + parseInt(digit, 26)));
  const region = `eu-test${letters}-1`;
  const cluster = clusterName ?? `cluster-${fleets}`;
  const refusals = new Set<string>();
  const simulator = await startSimulator({
    ...options,
    speed,
    throttle: false,
    timings: { ...timings, host: { ...timings.host, ...hostTimings } },
    scenario: parseScenario(tagByCluster({ ...given, cluster, region }, clusterTag)),
    ...(await underPolicies(
      free.map((who) => principals[who]),
      (action) => refusals.add(action),
    )),
  });
  const aws = installation.addRegion(region, simulator.url);
  const [simulated] = simulator.fleet.ecs.clusters.values();
  if (!simulated) throw new Error('no cluster');
  const { arn } = simulated;
  const ids = [...simulated.instances.values()].map(({ ec2InstanceId }) => ec2InstanceId);
  const names = given.instances.flatMap(({ name = 'unnamed', count = 1 }) =>
    Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}-${i + 1}`)),
  );
  const workflowId = clusterWorkflowId(cluster);
  const commandEnvironment = {
    ...environment,
    AWS_ENDPOINT_URL: simulator.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: principals.commands,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  };

  const id = (name: string): string => {
    const found = ids[names.indexOf(name)];
    if (found === undefined) throw new Error(`no instance ${name}`);
    return found;
  };
  const instances = (): InstanceState[] => simulator.state().clusters[0]?.instances ?? [];
  /** The version that a host runs by its own word. */
  const runs = (ec2InstanceId: string): string | undefined =>
    simulator.fleet.hosts.get(ec2InstanceId)?.activeVersion;
  const instanceId = (name: string): string => instanceWorkflowId(cluster, id(name));
  const handle = (name?: string): WorkflowHandle =>
    client.workflow.getHandle(name === undefined ? workflowId : instanceId(name));

  const notify: NotificationTarget[] = [];
  const input = async (text: SettingsText = {}, principal = principals.worker): Promise<RolloutInput> => {
    const settings = parseSettings(text);
    simulator.fleet.audit.declare({
      principal,
      cluster,
      maxUnavailable: allowedUnavailable(settings.maxUnavailable, ids.length),
      updateLimitSeconds: settings.limits.updateMs / 1000,
      rebootLimitSeconds: settings.limits.rebootMs / 1000,
      verifyLimitSeconds: settings.limits.verifyMs / 1000,
    });
    const { documents } = await putDocuments(aws.ssm, false);
    return {
      cluster: { name: cluster, arn, region },
      documents,
      settings: atSpeed(settings, speed),
      ...(notify.length > 0 && { notify }),
      ...(searchAttributes && { searchAttributes }),
    };
  };
  const schedule = async (text?: SettingsText): Promise<void> => {
    await putSchedule(client, await input(text), { cron: ['0 0 1 1 *'], timeZone: 'Etc/UTC', jitterMs: 0 });
  };
  const start = async (text?: SettingsText): Promise<void> => {
    await schedule(text);
    await triggerRollout(client, cluster, 30_000);
  };
  const report = async (): Promise<RolloutReport> => {
    const result: RolloutReport = await handle().result();
    return result;
  };

  const assertAllWell = async (): Promise<void> => {
    const rollout = await lastRollout(client, cluster);
    let held: string[] = [];
    if (rollout?.running) {
      await handle().terminate('the test is over');
      throw new Error(`the rollout of ${cluster} was still running when its test was over`);
    }
    if (rollout?.status === 'COMPLETED') {
      const last = await report();
      held = heldIn(last);
      const reported = last.groups.flatMap(({ ec2InstanceIds }) => ec2InstanceIds);
      expect(reported.toSorted(), 'every instance stands once in the report').toEqual(ids.toSorted());
      const wrong = last.groups.flatMap(({ result, ec2InstanceIds }) =>
        result.kind === 'updated' ? ec2InstanceIds.filter((one) => runs(one) !== result.to) : [],
      );
      expect(wrong, 'nothing is called updated that does not run its target').toEqual([]);
    }
    const { audit } = simulator.fleet;
    for (const principal of Object.values(principals)) audit.end({ principal, held }, simulator.clock.now());
    // Other people may set ACTIVE what we drained.
    const ours = audit.violations.filter(({ principal }) => principal !== 'operator');
    expect(ours, 'the audit of the fleet').toEqual([]);
    // Where an error is borne, nothing else would tell of a permission that is missing.
    expect([...refusals], 'what the policies have refused to us').toEqual(refused);
    const left = instances().filter(
      ({ ec2InstanceId, status, statusBy, attributes, host, autoScaling }) =>
        !held.includes(ec2InstanceId) &&
        !autoScaling?.lifecycleState.startsWith('Terminating') &&
        host?.ec2State !== 'terminated' &&
        status !== 'INACTIVE' &&
        ((status === 'DRAINING' && Object.values(principals).some((one) => one === statusBy)) ||
          drainedAttribute in attributes),
    );
    expect(left, 'nothing is DRAINING through us').toEqual([]);
  };

  return {
    cluster,
    arn,
    workflowId,
    simulator,
    client,
    aws,
    notify,
    input,
    schedule,
    start,
    report,
    rollOut: async (text) => {
      await start(text);
      return report();
    },
    outcomes: ({ groups }) =>
      Object.fromEntries(
        groups.flatMap(({ result, ec2InstanceIds }) =>
          ec2InstanceIds.map((one) => [names[ids.indexOf(one)] ?? one, outcomeText(result)]),
        ),
      ),
    id,
    state: (name) => {
      const found = instances().find(({ ec2InstanceId }) => ec2InstanceId === id(name));
      if (!found) throw new Error(`${name} is gone`);
      return found;
    },
    status: () => clusterStatus(client, cluster),
    instanceStatus: (name) => instanceStatus(client, instanceId(name)),
    handle,
    ecsUpdater: (...args) => ecsUpdater([...args, '--cluster', cluster], commandEnvironment),
    command: (...args) => ecsUpdater(args, commandEnvironment),
    commandIn: (variables, ...args) => ecsUpdater(args, { ...commandEnvironment, ...variables }),
    serve: (...args) => serve(args, commandEnvironment),
    shell: (line, folder) => shell(line, commandEnvironment, folder),
    temporal: (...args) => temporal(args, environment),
    event: (event, name) =>
      eventually(`${event} ${name ?? ''}`, () =>
        simulator.fleet.journal.entries.find(
          (entry): entry is FleetEvent =>
            entry.kind === 'event' &&
            entry.event === event &&
            (name === undefined || entry.ec2InstanceId === id(name)),
        ),
      ),
    requests: (principal, action) =>
      simulator.fleet.journal.entries.filter(
        (entry): entry is RequestEntry =>
          entry.kind === 'request' &&
          entry.principal === principal &&
          (action === undefined || entry.action === action),
      ),
    close: async () => {
      try {
        await assertAllWell();
      } finally {
        await simulator.close();
      }
    },
  };
}

function outcomeText(result: InstanceResult): string {
  if (result.kind !== 'updated') return `${result.kind}: ${result.reason.code}`;
  return result.warning ? `updated, but ${result.warning.code}` : 'updated';
}
