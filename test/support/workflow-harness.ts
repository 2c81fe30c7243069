import { setTimeout } from 'node:timers/promises';
import {
  Client,
  isGrpcServiceError,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { type Duration, WorkflowNotFoundError } from '@temporalio/common';
import { optionalTsToMs, tsToMs } from '@temporalio/common/lib/time.js';
import { Worker } from '@temporalio/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { parseSettings, type SettingsText } from '../../src/config/settings.js';
import {
  type ClusterRef,
  clusterWorkflowId,
  type Documents,
  instanceWorkflowId,
  steerWorkflowId,
} from '../../src/model/names.js';
import type { NotificationTarget } from '../../src/model/notifications.js';
import type {
  ClusterStatus,
  InstanceInput,
  InstanceStatus,
  RolloutCarry,
  RolloutInput,
} from '../../src/model/steering.js';
import type { SteerInput, SteeringInput, SteeringName } from '../../src/model/steering-messages.js';
import { workflowCode } from '../../src/worker/workflow-code.js';
import type { startRollout, steerCluster, updateCluster, updateInstance } from '../../workflows/index.js';
import type { Activities } from '../../activities/types.js';
import { fleet as fleetOf, type Fleet } from './fake-activities.js';
import { realTimeEnvironment, timeSkippingEnvironment } from './servers.js';

const documents: Documents = {
  check: { name: 'ecs-updater-check', version: '1', hash: 'c0' },
  apply: { name: 'ecs-updater-apply', version: '1', hash: 'a0' },
  reboot: { name: 'ecs-updater-reboot', version: '1', hash: 'b0' },
};

type UpdateWork = Extract<InstanceInput['work'], { mode: 'update' }>;
type RestoreWork = Extract<InstanceInput['work'], { mode: 'restore' }>;

/** How a test starts a workflow; what is left out is the product's default. */
export interface StartOptions {
  settings?: SettingsText;
  /** Virtual time after which the server ends the workflow, so that a test that went wrong ends. Default: 1 day. */
  timeout?: Duration;
  /** The search attributes are registered: see `registerAll`. Default: they are not. */
  searchAttributes?: true;
  /** Memo that it is started with. Default: none. */
  memo?: Record<string, unknown>;
  /** Of an instance: what it must not be rebooted into. */
  quarantined?: InstanceInput['quarantined'];
  /** Who is told. Default: nobody. */
  notify?: NotificationTarget[];
}

/** A worker, which may go and come again. */
interface Crew {
  come(): Promise<void>;
  leave(): Promise<void>;
}

/** One test's cluster with a worker for it. */
export class Stage {
  constructor(
    readonly environment: TestWorkflowEnvironment,
    readonly fleet: Fleet,
    readonly cluster: ClusterRef,
    readonly taskQueue: string,
    readonly crew: Crew,
  ) {}

  get client(): Client {
    return this.environment.client;
  }

  /** Virtual time, in milliseconds. */
  async now(): Promise<number> {
    return this.environment.currentTimeMs();
  }

  input({
    settings = {},
    searchAttributes,
  }: Pick<StartOptions, 'settings' | 'searchAttributes'> = {}): RolloutInput {
    return {
      cluster: this.cluster,
      documents,
      settings: parseSettings(settings),
      ...(searchAttributes && { searchAttributes }),
    };
  }

  /** Starts `updateInstance` as its cluster would. */
  async startInstance(
    id: string,
    options: StartOptions & { work?: Partial<UpdateWork> | RestoreWork } = {},
  ): Promise<WorkflowHandleWithFirstExecutionRunId<typeof updateInstance>> {
    const host = this.fleet.host(id);
    const work: InstanceInput['work'] =
      options.work?.mode === 'restore'
        ? options.work
        : {
            mode: 'update',
            from: host.version,
            to: host.offered ?? 'unknown',
            found: host.found === 'Idle' ? 'Available' : host.found,
            checkedAt: new Date(await this.now()).toISOString(),
            hostNow: Math.floor((await this.now()) / 1000),
            ...options.work,
          };
    const { notify: _, ...rollout } = this.input(options);
    const { notify } = options;
    const input: InstanceInput = {
      ...rollout,
      ...(notify && { notify: { targets: notify, limits: rollout.settings.notifications } }),
      rolloutId: 'rollout-1',
      instance: this.fleet.ref(id),
      quarantined: options.quarantined ?? {},
      work,
    };
    return this.client.workflow.start<typeof updateInstance>('updateInstance', {
      workflowId: instanceWorkflowId(this.cluster.name, id),
      taskQueue: this.taskQueue,
      args: [input],
      ...(options.memo && { memo: options.memo }),
      workflowExecutionTimeout: options.timeout ?? '1 day',
    });
  }

  async startCluster(
    options: StartOptions & { carry?: RolloutCarry } = {},
  ): Promise<WorkflowHandleWithFirstExecutionRunId<typeof updateCluster>> {
    const { notify } = options;
    const input = { ...this.input(options), ...(notify && { notify }) };
    return this.client.workflow.start<typeof updateCluster>('updateCluster', {
      workflowId: clusterWorkflowId(this.cluster.name),
      taskQueue: this.taskQueue,
      args: options.carry ? [input, options.carry] : [input],
      ...(options.memo && { memo: options.memo }),
      workflowExecutionTimeout: options.timeout ?? '1 day',
    });
  }

  async startRollout(
    options: StartOptions & { workflowId?: string } = {},
  ): Promise<WorkflowHandleWithFirstExecutionRunId<typeof startRollout>> {
    return this.client.workflow.start<typeof startRollout>('startRollout', {
      workflowId: options.workflowId ?? `scheduled/${this.cluster.name}`,
      taskQueue: this.taskQueue,
      args: [this.input(options)],
      ...(options.memo && { memo: options.memo }),
      workflowExecutionTimeout: options.timeout ?? '1 day',
    });
  }

  /** Starts `steerCluster` as the command line does. */
  async startOrder(
    order: Omit<SteerInput, 'cluster'>,
  ): Promise<WorkflowHandleWithFirstExecutionRunId<typeof steerCluster>> {
    const { name } = this.cluster;
    return this.client.workflow.start<typeof steerCluster>('steerCluster', {
      workflowId: steerWorkflowId(name, order.instance),
      taskQueue: this.taskQueue,
      args: [{ cluster: name, ...order }],
      workflowExecutionTimeout: '1 day',
    });
  }

  /** Signals the cluster's workflow, or an instance's if an id is given. */
  async signal(name: SteeringName, to: string | null, ...payload: [SteeringInput?]): Promise<void> {
    await this.#handle(to).signal(name, ...payload);
    await this.heard();
  }

  /** The same as a workflow update; answers its sentence. */
  async update(name: SteeringName, to: string | null, payload?: SteeringInput): Promise<string> {
    const answer = await this.#handle(to).executeUpdate<string, [SteeringInput]>(name, { args: [payload] });
    await this.heard();
    return answer;
  }

  /** A signal as a stranger would send it. */
  async signalOddly(name: SteeringName, payload: unknown): Promise<void> {
    await this.#handle(null).signal(name, payload);
    await this.heard();
  }

  /** Lets time pass; call it outside activities. */
  async passDays(days: number): Promise<void> {
    await this.environment.sleep(days * 86_400_000);
  }

  /** Lets time pass with no worker there; call it outside activities. */
  async passDaysWithoutWorker(days: number): Promise<void> {
    await this.crew.leave();
    const { testService } = this.environment.connection;
    if (!testService) throw new Error('not a test server');
    const trip = { isOver: false };
    const passing = this.passDays(days).finally(() => (trip.isOver = true));
    // The server stops its clock for each task that waits for a worker; one unlock more than locks, and it would run for ever.
    let unlocked = 0;
    for (let before = await this.now(); !trip.isOver;) {
      await setTimeout(50);
      const now = await this.now();
      if (!trip.isOver && now - before < 1000) {
        await testService.unlockTimeSkipping({});
        unlocked += 1;
      }
      before = now;
    }
    await passing;
    for (; unlocked > 0; unlocked--) await testService.lockTimeSkipping({});
    await this.crew.come();
  }

  /** Lets time pass, a minute at a time, until an activity is called; call it outside activities. */
  async passUntilCalled(activity: keyof Activities): Promise<void> {
    const calls = () => this.fleet.attempts(activity);
    while (!calls().some(({ end }) => end !== null)) {
      await this.heard();
      await this.fleet.idle();
      if (calls().length === 0) await this.environment.sleep(60_000);
    }
  }

  async terminateInstance(id: string): Promise<void> {
    await this.fleet.idle(id);
    await terminate(this.#handle(id));
  }

  /** The result of a workflow that ends at once, for use inside an activity: this wait leaves the clock alone. */
  async resultAtOnce(workflowId: string): Promise<unknown> {
    const client = new Client({ connection: this.environment.connection });
    return client.workflow.getHandle(workflowId).result();
  }

  /** Waits until every message that a workflow, which has ended, sent has been delivered or given up. */
  async allTold(workflow: WorkflowHandle): Promise<void> {
    const { events } = await workflow.fetchHistory();
    const ended = new Set(
      events?.map(
        (event) => event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId,
      ),
    );
    for (const { startChildWorkflowExecutionInitiatedEventAttributes: started } of events ?? []) {
      const { workflowId, workflowType } = started ?? {};
      if (workflowType?.name !== 'notify' || !workflowId) continue;
      await this.client.workflow.getHandle(workflowId).result();
      // For a child that outlives its parent the server stops its clock for good (1.38).
      if (!ended.has(workflowId)) await this.environment.connection.testService?.unlockTimeSkipping({});
    }
  }

  async cancel(id: string | null): Promise<void> {
    await this.#handle(id).cancel();
    await this.heard();
  }

  async instanceStatus(id: string): Promise<InstanceStatus> {
    return this.#handle(id).query<InstanceStatus>('status');
  }

  async clusterStatus(): Promise<ClusterStatus> {
    return this.#handle(null).query<ClusterStatus>('status');
  }

  #handle(id: string | null) {
    return this.client.workflow.getHandle(
      id === null ? clusterWorkflowId(this.cluster.name) : instanceWorkflowId(this.cluster.name, id),
    );
  }

  /**
   * Waits until no workflow has a task open. An activity that ended meanwhile, and that a workflow cancels with that task, would have the
   * time-skipping server refuse the task and never give it out again ("ACTIVITY_UNKNOWN", 1.31 and 1.38; the real one takes it).
   */
  async heard(): Promise<void> {
    // A message is passed on from the Schedule's workflow to the cluster's, and from there to the instances'.
    for (let round = 0; round < 3; round++) {
      for (const id of this.#workflowIds) {
        while (await hasOpenTask(this.client.workflow.getHandle(id))) await setTimeout(10);
      }
    }
  }

  get #workflowIds(): string[] {
    const { name } = this.cluster;
    const instances = this.fleet.ids.map((id) => instanceWorkflowId(name, id));
    return [`scheduled/${name}`, clusterWorkflowId(name), ...instances];
  }

  async terminateAll(): Promise<void> {
    await this.fleet.idle();
    await Promise.all(this.#workflowIds.map((id) => terminate(this.client.workflow.getHandle(id))));
  }
}

/** Ends a workflow once no attempt of its activities runs: terminated while one does, it would stop the server's clock for good. */
async function terminate(handle: WorkflowHandle): Promise<void> {
  try {
    while (await hasRunningAttempt(handle)) await setTimeout(10);
    await handle.terminate();
  } catch (err) {
    if (!isNotFound(err)) throw err;
  }
}

const isNotFound = (err: unknown): boolean =>
  err instanceof WorkflowNotFoundError || (isGrpcServiceError(err) && err.message.includes('NOT_FOUND'));

/** By its times: the server calls an activity that waits for its next attempt started, too (1.31). */
async function hasRunningAttempt(handle: WorkflowHandle): Promise<boolean> {
  const { status, raw } = await handle.describe();
  return (
    status.name === 'RUNNING' &&
    (raw.pendingActivities ?? []).some(({ lastStartedTime, lastAttemptCompleteTime }) =>
      lastStartedTime ? tsToMs(lastStartedTime) > (optionalTsToMs(lastAttemptCompleteTime) ?? 0) : false,
    )
  );
}

async function hasOpenTask(handle: WorkflowHandle): Promise<boolean> {
  try {
    const { events } = await handle.fetchHistory();
    const last = events?.at(-1);
    return Boolean(last?.workflowTaskScheduledEventAttributes ?? last?.workflowTaskStartedEventAttributes);
  } catch (err) {
    if (isNotFound(err)) return false;
    throw err;
  }
}

function crewOf(hire: () => Promise<Worker>): Crew {
  let worker: Worker | undefined;
  let work: Promise<void> | undefined;
  return {
    come: async () => {
      worker = await hire();
      work = worker.run();
    },
    leave: async () => {
      worker?.shutdown();
      await work;
    },
  };
}

let stages = 0;

/** Activities that are those of the fleet of the moment: who hires a worker for many tests does not know their fleets yet. */
function activitiesOf(fleet: () => Fleet): object {
  const asked = (name: keyof Activities) => (input: never) => fleet().activities[name](input);
  return Object.fromEntries(fleetOf([]).activityNames.map((name) => [name, asked(name)]));
}

type Play = <T>(fleet: Fleet, script: (stage: Stage) => Promise<T>, clusterName?: string) => Promise<T>;

interface StageOptions {
  /** Whether tests let the worker go away: each has its own then. */
  workersGo?: boolean;
}

/**
 * A time-skipping server and a worker for this test file. `play` gives a test a cluster of its own for its fleet, ends what the test leaves
 * running, and fails it if the fleet saw what must never happen.
 */
export const timeSkippingStage = (options?: StageOptions): Play =>
  stageIn(timeSkippingEnvironment(), options);

/** The same on the suite's real server, for what the time-skipping one does not do. */
export const realTimeStage = (): Play => stageIn(realTimeEnvironment());

function stageIn(environment: () => TestWorkflowEnvironment, { workersGo = false }: StageOptions = {}): Play {
  stages += 1;
  const taskQueue = `tests-${process.pid}-${stages}`;
  let playing: Fleet | undefined;
  const crew = crewOf(async () => {
    const workflowBundle = await workflowCode();
    return Worker.create({
      connection: environment().nativeConnection,
      activities: activitiesOf(() => {
        if (!playing) throw new Error('no test is being played');
        return playing;
      }),
      taskQueue,
      workflowBundle,
      // Tasks of a worker's own queue would wait for that worker.
      ...(workersGo && { maxCachedWorkflows: 0 }),
    });
  });
  if (!workersGo) {
    beforeAll(() => crew.come());
    afterAll(() => crew.leave());
  }
  return async (fleet, script, clusterName) => {
    stages += 1;
    const name = clusterName ?? `cluster-${process.pid}-${stages}`;
    const cluster = { name, arn: `arn:aws:ecs:eu-west-1:111122223333:cluster/${name}`, region: 'eu-west-1' };
    playing = fleet;
    if (workersGo) await crew.come();
    const stage = new Stage(environment(), fleet, cluster, taskQueue, crew);
    try {
      return await script(stage);
    } finally {
      await stage.terminateAll();
      if (workersGo) await crew.leave();
      expect(fleet.violations).toEqual([]);
    }
  };
}
