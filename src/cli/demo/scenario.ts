import { clusterTag } from '../../model/names.js';
import { parseScenario, type Scenario, type ScenarioInput } from '../../simulator/scenario.js';
import { plainScenario } from '../../simulator/plain-scenario.js';
import { tagByCluster } from '../../simulator/tagged.js';

/** A fleet for the demo, and what a rollout must make of it. */
export interface DemoScenario {
  scenario: Scenario;
  maxUnavailable: number;
  /** State of each instance in the last table: an outcome, or the reason of a skip. */
  expected: ReadonlyMap<string, string>;
  /** Reason code that must stand behind an outcome. */
  expectedReasons: ReadonlyMap<string, string>;
}

type InstanceInput = ScenarioInput['instances'][number];

interface Case {
  name: string;
  instance?: Omit<InstanceInput, 'name'>;
  state: string;
  reason?: string;
}

const behind = { version: '1.26.0', offered: '1.26.1' };
/** Older than the rest, so that its turn comes first: what takes its whole limit runs beside all the others. */
const farBehind = { version: '1.25.0', offered: '1.26.1' };

const cases: readonly Case[] = [
  { name: 'plain-1', state: 'updated' },
  { name: 'plain-2', state: 'updated' },
  { name: 'plain-3', state: 'updated' },
  { name: 'plain-4', state: 'updated' },
  { name: 'current', instance: { host: { version: '1.26.1' } }, state: 'up-to-date' },
  { name: 'not-in-wave', instance: { host: { ...behind, inWave: false } }, state: 'not-in-wave' },
  { name: 'staged', instance: { host: { ...behind, found: 'staged' } }, state: 'updated' },
  { name: 'ready', instance: { host: { ...behind, found: 'ready' } }, state: 'updated' },
  { name: 'batch', state: 'standalone-task' },
  { name: 'legacy', state: 'cannot-drain' },
  { name: 'reports', instance: { host: farBehind }, state: 'rolled-back', reason: 'drain-limit' },
  {
    name: 'apply-fails',
    instance: { host: { ...behind, apply: 'fails-prepare' } },
    state: 'rolled-back',
    reason: 'apply-failed',
  },
  {
    name: 'falls-back',
    instance: { host: { ...behind, boot: 'falls-back' } },
    state: 'failed',
    reason: 'booted-old-version',
  },
  {
    name: 'never-returns',
    instance: { host: { ...farBehind, boot: 'never-returns' } },
    state: 'failed',
    reason: 'reboot-limit',
  },
  {
    name: 'amazon-linux',
    instance: { host: { os: 'amazon-linux-2023', version: '2023.6.0' } },
    state: 'not-bottlerocket',
  },
  { name: 'too-old', instance: { host: { version: '1.0.4' } }, state: 'too-old' },
  { name: 'disconnected', instance: { host: behind, agentConnected: false }, state: 'agent-disconnected' },
  { name: 'drained-by-hand', instance: { host: behind, status: 'DRAINING' }, state: 'draining-by-others' },
];

const idOf = (index: number): string => `i-0${'0'.repeat(13)}${String(index + 1).padStart(3, '0')}`;

/** The demo's fleet: everything that can happen to an instance happens to one of them. */
export function everyCase(cluster: string): DemoScenario {
  const input: ScenarioInput & { cluster: string } = {
    cluster,
    // Three hosts are out of service from the start or for good, and three more may leave it at a time.
    maxUnavailable: 6,
    instances: cases.map(({ name, instance }, index) => ({
      name,
      ec2InstanceId: idOf(index),
      az: ['a', 'b', 'c'][index % 3],
      ...(instance ?? { host: behind }),
    })),
    services: [
      { name: 'web', desiredCount: 18, cpu: 256, memory: 512, on: others('batch', 'legacy', 'reports') },
      { name: 'legacy', desiredCount: 1, minimumHealthyPercent: 100, maximumPercent: 100, on: ['legacy'] },
      // Two tasks that must both run, and no second host that would take one.
      { name: 'reports', desiredCount: 2, cpu: 512, memory: 1024, on: ['reports'] },
      { name: 'log-agent', schedulingStrategy: 'DAEMON', cpu: 64, memory: 128 },
    ],
    tasks: [{ family: 'nightly-export', on: 'batch' }],
  };
  return {
    scenario: parseScenario(tagByCluster(input, clusterTag)),
    maxUnavailable: 6,
    expected: new Map(cases.map(({ state }, index) => [idOf(index), state])),
    expectedReasons: new Map(cases.flatMap(({ reason }, index) => (reason ? [[idOf(index), reason]] : []))),
  };
}

const others = (...names: string[]): string[] =>
  cases.map(({ name }) => name).filter((name) => !names.includes(name));

/** So many hosts without surprises, all to be updated. */
export function plainFleet(cluster: string, instances: number): DemoScenario {
  return {
    scenario: plainScenario({ cluster, instances, tags: { [clusterTag]: cluster } }),
    maxUnavailable: Math.max(1, Math.floor(instances / 4)),
    expected: new Map(),
    expectedReasons: new Map(),
  };
}
