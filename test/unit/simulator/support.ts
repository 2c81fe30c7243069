import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { onTestFinished } from 'vitest';
import { createManualClock, type ManualClock } from '../../../src/simulator/clock.js';
import type { EcsCluster, EcsInstance, EcsService } from '../../../src/simulator/ecs/model.js';
import { parseScenario, type ScenarioInput } from '../../../src/simulator/scenario.js';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';

/** The SDK's clients of one principal. */
interface Clients {
  ecs: ECSClient;
  ssm: SSMClient;
  ec2: EC2Client;
  sns: SNSClient;
  sts: STSClient;
  autoScaling: AutoScalingClient;
}

/** A simulator whose time stands still until the test moves it. */
export interface Bench extends Clients {
  simulator: Simulator;
  clock: ManualClock;
  cluster: EcsCluster;
  /** Clients of somebody else. */
  clientsOf(principal: string): Clients;
  instance(name: string): EcsInstance;
  service(name: string): EcsService;
}

export const cluster = 'demo';

/** Principal of a bench's own clients. */
export const us = 'AKIAUS';

/** A host one version behind, as most tests want it. */
export const behind = { version: '1.26.0', offered: '1.26.1' };

/** Three instances named a, b, c, in one zone each. */
export const threeInstances: ScenarioInput['instances'] = ['a', 'b', 'c'].map((name) => ({
  name,
  az: name,
  host: behind,
}));

/** Starts a simulator for a test, closed at its end. Instances have to be named. */
export async function startBench(
  scenario: ScenarioInput,
  options: Omit<SimulatorOptions, 'scenario' | 'clock'> = {},
): Promise<Bench> {
  const clock = createManualClock();
  const simulator = await startSimulator({ ...options, scenario: parseScenario(scenario), clock });
  const opened: Clients[] = [];
  const clientsOf = (principal: string): Clients => {
    const clients = createClients(simulator, principal);
    opened.push(clients);
    return clients;
  };
  const own = clientsOf(us);
  onTestFinished(async () => {
    for (const clients of opened) for (const client of Object.values(clients)) client.destroy();
    await simulator.close();
  });
  const currentCluster = (): EcsCluster => found(simulator.fleet.ecs.clusters.get(cluster), cluster);
  return {
    ...own,
    simulator,
    clock,
    clientsOf,
    get cluster() {
      return currentCluster();
    },
    instance(name) {
      const index = scenario.instances.findIndex((instance) => instance.name === name);
      return found([...currentCluster().instances.values()][index], name);
    },
    service: (name) => found(currentCluster().services.get(name), name),
  };
}

function createClients(simulator: Simulator, principal: string): Clients {
  const config = {
    endpoint: simulator.url,
    region: simulator.fleet.scenario.region,
    credentials: { accessKeyId: principal, secretAccessKey: 'none' },
    maxAttempts: 1,
  };
  return {
    ecs: new ECSClient(config),
    ssm: new SSMClient(config),
    ec2: new EC2Client(config),
    sns: new SNSClient(config),
    sts: new STSClient(config),
    autoScaling: new AutoScalingClient(config),
  };
}

/** What has to be there. */
export function found<T>(value: T | undefined | null, what = 'value'): T {
  if (value === undefined || value === null) throw new Error(`no ${what}`);
  return value;
}

export const seconds = (count: number): number => count * 1000;
export const minutes = (count: number): number => count * 60_000;
