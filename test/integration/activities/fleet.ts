import type { Pluggable } from '@smithy/types';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import type { Activities, HostCommand, OnInstance } from '../../../activities/types.js';
import { createClients } from '../../../src/aws/clients.js';
import { putDocuments } from '../../../src/aws/documents.js';
import { atSpeed, parseSettings } from '../../../src/config/settings.js';
import type { InstanceRef } from '../../../src/model/instance.js';
import type { ClusterRef, DocumentRole, Documents } from '../../../src/model/names.js';
import type { RequestEntry } from '../../../src/simulator/kernel.js';
import type { FleetState } from '../../../src/simulator/control/state.js';
import { parseScenario, type ScenarioInput } from '../../../src/simulator/scenario.js';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';

const us = 'AKIAUS';
const installation = 'tests';
export const rolloutId = 'rollout-1';

/** A host one version behind, as most tests want it. */
export const behind = { version: '1.26.0', offered: '1.26.1' };

/** What an attempt of an activity starts from. */
interface Attempt {
  attempt?: number;
  heartbeatDetails?: unknown;
}

type Name = keyof Activities;
type Inputs = { [N in Name]: Parameters<Activities[N]>[0] };
type Answers = { [N in Name]: Awaited<ReturnType<Activities[N]>> };

/** A simulated fleet and our activities, which reach it through the SDK's real clients. */
export interface TestFleet {
  readonly simulator: Simulator;
  readonly cluster: ClusterRef;
  readonly documents: Documents;
  readonly pace: ReturnType<typeof parseSettings>['pace'];
  readonly limits: ReturnType<typeof parseSettings>['limits'];
  readonly installation: string;
  /** Input of every activity on the instance with this name. */
  on(name: string): OnInstance;
  id(name: string): string;
  /** Names of all instances. */
  readonly names: string[];
  command(role: DocumentRole, commandId?: string): HostCommand;
  /** One attempt of an activity, as a worker would run it. */
  attempt<N extends Name>(name: N, input: Inputs[N], from?: Attempt): Promise<Answers[N]>;
  /** The same, to be called off. */
  begin<N extends Name>(name: N, input: Inputs[N], from?: Attempt): Begun<Answers[N]>;
  /** Attempts until one answers, or fails for good. */
  run<N extends Name>(name: N, input: Inputs[N]): Promise<Answers[N]>;
  /** Actions of our activities that were begun, answered or not, in order. */
  readonly sent: readonly string[];
  /** Our requests so far, in order. */
  requests(action?: string): RequestEntry[];
  /** Resolves once a condition holds; looks often. */
  until(condition: () => boolean): Promise<void>;
  /** The instance as it is: status, attributes, tasks, host. */
  state(name: string): InstanceState;
}

/** An attempt under way. */
interface Begun<T> {
  end: Promise<T>;
  cancel(): void;
  /** Details of its heartbeats, in order. */
  beats: unknown[];
}

type InstanceState = FleetState['clusters'][number]['instances'][number];

/** Simulated seconds a second. */
const speed = 50;

/** Makes a client write down each request that goes out. */
const recording = <Input extends object, Output extends object>(
  sent: string[],
): Pluggable<Input, Output> => ({
  applyToStack: (stack) => {
    stack.add(
      (next, { commandName = '' }) =>
        (args) => {
          sent.push(commandName.replace(/Command$/, ''));
          return next(args);
        },
      { step: 'finalizeRequest', priority: 'low', name: 'testsRecordWhatIsSent' },
    );
  },
});

/** Starts a fleet for a test; it ends with the test. Instances have to be named. */
export async function startFleet(
  scenario: ScenarioInput,
  options: Pick<SimulatorOptions, 'pageSize' | 'timings' | 'throttle'> = {},
): Promise<TestFleet> {
  const simulator = await startSimulator({
    throttle: false,
    ...options,
    scenario: parseScenario(scenario),
    speed,
  });
  onTestFinished(() => simulator.close());
  const { region } = simulator.fleet.scenario;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: simulator.url,
    AWS_ACCESS_KEY_ID: us,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  });
  const clients = createClients({ region });
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const sent: string[] = [];
  clients.ecs.middlewareStack.use(recording(sent));
  clients.ec2.middlewareStack.use(recording(sent));
  clients.autoScaling.middlewareStack.use(recording(sent));
  clients.ec2Once.middlewareStack.use(recording(sent));
  clients.ssm.middlewareStack.use(recording(sent));
  clients.ssmOnce.middlewareStack.use(recording(sent));
  const { documents } = await putDocuments(clients.ssm, false);
  const settings = atSpeed(parseSettings({}), speed);
  const ecsCluster = [...simulator.fleet.ecs.clusters.values()][0];
  if (!ecsCluster) throw new Error('no cluster');
  const cluster = { name: ecsCluster.name, arn: ecsCluster.arn, region };
  const instances = [...ecsCluster.instances.values()];
  let commands = 0;

  const refOf = (name: string): InstanceRef => {
    const found = instances[scenario.instances.findIndex((one) => one.name === name)];
    if (!found) throw new Error(`no instance ${name}`);
    const { ec2InstanceId, arn, availabilityZone } = found;
    return { ec2InstanceId, containerInstanceArn: arn, availabilityZone: availabilityZone ?? null };
  };

  const activities: { [N in Name]: (input: Inputs[N]) => Promise<Answers[N]> } = createActivities(
    () => clients,
  );

  const begin = <N extends Name>(name: N, input: Inputs[N], from: Attempt = {}): Begun<Answers[N]> => {
    const environment = new MockActivityEnvironment(
      {
        attempt: from.attempt ?? 1,
        heartbeatDetails: from.heartbeatDetails,
        heartbeatTimeoutMs: 30_000,
        scheduledTimestampMs: Date.now(),
      },
      { logger: new DefaultLogger('ERROR') },
    );
    const beats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => beats.push(details));
    const end = environment.run(async (): Promise<Answers[N]> => activities[name](input));
    return { end, cancel: () => environment.cancel(), beats };
  };
  const attempt: TestFleet['attempt'] = (name, input, from) => begin(name, input, from).end;

  return {
    simulator,
    cluster,
    documents,
    sent,
    pace: settings.pace,
    limits: settings.limits,
    installation,
    on: (name) => ({ cluster, instance: refOf(name), installation }),
    names: scenario.instances.flatMap(({ name }) => name ?? []),
    id: (name) => refOf(name).ec2InstanceId,
    command: (role, commandId) => {
      commands += 1;
      return { document: documents[role], commandId: commandId ?? `${role}.test.${commands}` };
    },
    attempt,
    begin,
    run: async (name, input) => {
      for (let number = 1; ; number++) {
        try {
          return await attempt(name, input, { attempt: number });
        } catch (err) {
          if (!(err instanceof ApplicationFailure) || err.nonRetryable || number === 20) throw err;
        }
      }
    },
    requests: (action) =>
      simulator.fleet.journal.entries.flatMap((entry) =>
        entry.kind === 'request' && entry.principal === us && (!action || entry.action === action)
          ? [entry]
          : [],
      ),
    until: async (condition) => {
      const deadline = Date.now() + 60_000;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error('never came true');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    state: (name) => {
      const { containerInstanceArn } = refOf(name);
      const all = simulator.state().clusters.flatMap((one) => one.instances);
      const found = all.find((one) => one.containerInstanceArn === containerInstanceArn);
      if (!found) throw new Error(`no instance ${name}`);
      return found;
    },
  };
}

/** The failure that an attempt ended with. */
export async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await attempt;
  } catch (err) {
    if (err instanceof ApplicationFailure) return err;
    throw err;
  }
  throw new Error('it did not fail');
}
