import type { SettingsText } from '../src/config/settings.js';
import type { HostSpecInput } from '../src/simulator/host/spec.js';
import type { SeededRandom } from '../src/simulator/random.js';
import type { ScenarioInput } from '../src/simulator/scenario.js';
import { several, weighted, whole } from './chance.js';

type Instance = ScenarioInput['instances'][number];
type Service = NonNullable<ScenarioInput['services']>[number];
type Host = Omit<HostSpecInput, 'ec2InstanceId'>;

const behind = { version: '1.26.0', offered: '1.26.1' } as const;

/** Hosts that are up to date, behind, or behind and difficult, with how often they are drawn. */
const hosts: readonly (readonly [number, Host])[] = [
  [60, behind],
  [8, { version: '1.26.1' }],
  [3, { version: '1.25.3', offered: '1.26.1' }],
  [3, { ...behind, inWave: false }],
  [3, { ...behind, found: 'ready' }],
  [3, { ...behind, found: 'staged' }],
  [2, { ...behind, repository: 'unreachable' }],
  [2, { ...behind, apply: 'fails-prepare' }],
  [2, { ...behind, apply: 'fails-activate' }],
  [1, { ...behind, apply: 'hangs' }],
  [4, { ...behind, boot: 'falls-back' }],
  [2, { ...behind, boot: 'never-returns' }],
  [2, { ...behind, boot: 'ssm-agent-lost' }],
  [2, { ...behind, boot: 'ecs-agent-lost' }],
  [2, { ...behind, reboot: 'refused' }],
  [2, { ...behind, reboot: 'inhibited' }],
  [1, { ...behind, reboot: 'ignored' }],
  [2, { ...behind, bootDelaySeconds: 1200 }],
  [1, { ...behind, apply: 'not-found' }],
  [1, { ...behind, updateLock: 'held' }],
  [1, { ...behind, output: 'ansi' }],
  [2, { ...behind, ssm: 'connection-lost' }],
  [1, { ...behind, ssm: 'never-registered' }],
  [1, { ...behind, controlContainer: false }],
  [1, { ...behind, output: 'garbage' }],
  [1, { ...behind, output: 'truncated' }],
  [2, { ...behind, clockSkewSeconds: 3600 }],
  [2, { ...behind, clockSkewSeconds: -3600 }],
  [1, { os: 'amazon-linux-2023' }],
];

function drawInstance(random: SeededRandom, index: number): Instance {
  const name = `host-${index + 1}`;
  const kind = weighted(random, [
    [96, 'ec2'],
    [index === 0 ? 0 : 2, 'external'],
    [index === 0 ? 0 : 2, 'managed'],
  ] as const);
  return {
    name,
    kind,
    az: random.pick(['a', 'b', 'c']),
    // At least one that is well, so that there is something to update and somewhere to go.
    ...(kind !== 'external' && { host: index === 0 ? behind : weighted(random, hosts) }),
    ...(index > 1 && random.chance(0.05) && { status: 'DRAINING', drainedBy: 'operator' }),
    ...(index > 1 && random.chance(0.03) && { agentConnected: false }),
  };
}

function drawService(random: SeededRandom, index: number, instances: number): Service {
  const name = `service-${index + 1}`;
  if (random.chance(0.25)) return { name, schedulingStrategy: 'DAEMON' };
  const [minimumHealthyPercent, maximumPercent] = weighted(random, [
    [6, [100, 200]],
    [3, [50, 200]],
    [3, [50, 100]],
    [2, [0, 100]],
    [1, [100, 150]],
    [1, [100, 100]],
  ] as const);
  return {
    name,
    desiredCount: whole(random, 1, instances),
    minimumHealthyPercent,
    maximumPercent,
    distinctInstance: random.chance(0.2),
    protectedTasks: random.chance(0.1) ? 1 : 0,
    deregistrationDelaySeconds: random.chance(0.2) ? whole(random, 5, 60) : 0,
    ...(random.chance(0.1) && { stopSeconds: [20, 60] }),
  };
}

/** A cluster with what runs on it. */
export function drawScenario(random: SeededRandom): Omit<ScenarioInput, 'region' | 'cluster'> {
  const count = weighted(random, [
    [5, whole(random, 3, 5)],
    [3, whole(random, 5, 8)],
    [1, whole(random, 8, 12)],
  ]);
  const grouped = random.chance(0.3);
  const instances = several(count, (index) => drawInstance(random, index)).map((instance, index) =>
    grouped && index < 3 && instance.kind === 'ec2' ? { ...instance, autoScalingGroup: 'group' } : instance,
  );
  const workable = instances.filter(({ kind, status }) => kind !== 'external' && status !== 'DRAINING');
  return {
    seed: whole(random, 1, 1_000_000),
    instances,
    services: several(whole(random, 0, 3), (index) => drawService(random, index, count)),
    tasks: random.chance(0.25)
      ? [
          {
            family: 'batch',
            on: random.pick(workable).name ?? '',
            ...(random.chance(0.5) && { durationSeconds: whole(random, 30, 400) }),
          },
        ]
      : [],
    autoScalingGroups: grouped ? [{ name: 'group', terminationHookSeconds: random.pick([0, 60]) }] : [],
    agentFlapsPerHour: random.chance(0.3) ? whole(random, 1, 6) : 0,
  };
}

const minutes = (random: SeededRandom, least: number, most: number): string =>
  `${whole(random, least, most)}m`;

/** Settings of the cluster's rollouts. Limits are such that a run takes minutes. */
export const drawSettings = (random: SeededRandom): SettingsText => ({
  maxUnavailable: random.pick(['1', '2', '3', '25%', '50%', 'unlimited']),
  failureBudget: random.pick(['0', '1', '3', 'unlimited', 'unlimited']),
  checkLimit: minutes(random, 2, 4),
  drainLimit: minutes(random, 5, 15),
  updateLimit: minutes(random, 8, 15),
  rebootLimit: minutes(random, 10, 20),
  verifyLimit: minutes(random, 5, 10),
  afterFailedReboot: random.pick(['activate', 'activate', 'ec2-reboot', 'hold']),
  quarantineAfter: random.pick(['1', '2', '5']),
  settleLimit: minutes(random, 2, 8),
  capacityLimit: minutes(random, 2, 10),
  updatesPerRun: random.pick([1, 2, 3, 250, 250]),
});
