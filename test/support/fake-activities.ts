import { setTimeout } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, type Duration } from '@temporalio/common';
import { tellRollout } from '../../activities/telling.js';
import type { Activities, OnInstance } from '../../activities/types.js';
import { failureTypes } from '../../src/model/failure-types.js';
import { markAfter } from '../../src/model/failures.js';
import type { CheckResult, HostProbe, HostStatus, UpdateState } from '../../src/model/host.js';
import type { Instance, InstanceRef, TaskRef } from '../../src/model/instance.js';
import { pauseNote, readSchedulePause, type ScheduleState } from '../../src/model/schedule-pause.js';

/** A container instance as a test wants it; what is left out is as usual: behind by one version, and nothing in its way. */
export interface HostSpec {
  id: string;
  version?: string;
  /** What its repository offers it; null: it is up to date. */
  offered?: string | null;
  /** The update state in which it is found. */
  found?: UpdateState;
  instance?: Partial<Omit<Instance, 'ec2InstanceId'>>;
  /** Answer of its check, instead of what its state gives. */
  check?: CheckResult;
  standaloneTasks?: TaskRef[];
  protectedTasks?: TaskRef[];
  stuckServices?: string[];
  services?: string[];
  /** Polls of a minute until its tasks have moved. */
  drainMinutes?: number;
  /** Polls of a minute until it has booted. */
  bootMinutes?: number;
  /** What EC2 says of it; null: it knows it no more. */
  machine?: string | null;
  boots?: 'new' | 'old' | 'never';
  /** Polls of a minute until a reboot through EC2 has brought it back, with the old version. */
  ec2BootMinutes?: number;
}

export interface Call {
  activity: keyof Activities;
  /** Ids of the instances that it concerns. */
  ids: string[];
  attempt: number;
  /** Virtual time of this attempt, in milliseconds. */
  at: number;
  input: unknown;
  /** How the attempt ended; null while it runs. */
  end: 'completed' | 'failed' | null;
}

interface Host extends Required<Omit<HostSpec, 'instance' | 'check'>> {
  instance: Instance;
  check: CheckResult | undefined;
  staged: string | null;
  boots: 'new' | 'old' | 'never';
  boot: number;
  /** A reboot was ordered and its outcome is open. */
  rebootOrdered: boolean;
}

type Fake<A extends keyof Activities> = (input: Parameters<Activities[A]>[0]) => ReturnType<Activities[A]>;

type Fakes = { [A in keyof Activities]: Fake<A> };

/** What a test has an activity do; `usual` is what it would do else. */
type Overrides = {
  [A in keyof Activities]?: (
    input: Parameters<Activities[A]>[0],
    usual: Fake<A>,
  ) => ReturnType<Activities[A]>;
};

export const minute = 60_000;

export const never = Number.POSITIVE_INFINITY;

/** Not there yet: the activity is retried after this much virtual time. A fake that hung would stop the clock. */
export const stillWaiting = (what: string, nextRetryDelay: Duration = minute): ApplicationFailure =>
  ApplicationFailure.create({
    type: failureTypes.stillWaiting,
    message: `still waiting: ${what}`,
    category: 'BENIGN',
    nextRetryDelay,
  });

export const accessDenied = (action: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: failureTypes.stopsRollout,
    message: `access denied: ${action}`,
    nonRetryable: true,
  });

/** This instance cannot be handled, whatever is tried. */
export const hopeless = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: failureTypes.failsInstance, message, nonRetryable: true });

/**
 * As the real waits, one that has to go on hears first whether it was called off. The time-skipping server's clock runs away after an
 * attempt that was called off and fails for another reason (1.31).
 */
async function beating<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (err) {
    const context = Context.current();
    context.heartbeat();
    if (await isCalledOff(context)) await context.cancelled;
    throw err;
  }
}

/** Whether the workflow has called off the activity of this context. */
async function isCalledOff({ client, info }: Context): Promise<boolean> {
  const { workflowExecution, activityId } = info;
  if (!workflowExecution) return false;
  const { workflowId, runId } = workflowExecution;
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const scheduled = events?.find(
    ({ activityTaskScheduledEventAttributes: task }) => task?.activityId === activityId,
  );
  return Boolean(
    events?.some(({ activityTaskCancelRequestedEventAttributes: request }) =>
      request?.scheduledEventId?.eq(scheduled?.eventId ?? -1),
    ),
  );
}

/** The attempt in which the calling fake runs, from 1. */
export const attempt = (): number => Context.current().info.attempt;

export const standaloneTask: TaskRef = {
  taskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/test/batch0001',
  group: 'family:nightly-batch',
  lastStatus: 'RUNNING',
};

export const serviceTask: TaskRef = {
  taskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/test/web0001',
  group: 'service:web',
  lastStatus: 'RUNNING',
};

/** A little fleet in memory, with activities that do what they say in virtual time. */
export class Fleet {
  readonly calls: Call[] = [];
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  /** Most instances that were out of service through us at once. */
  mostOutOfService = 0;
  /** What was delivered to whom, in that order. */
  readonly messages: Parameters<Activities['deliver']>[0][] = [];
  readonly activities: Activities;
  /** The Schedule of the cluster; null: it has none. */
  schedule: ScheduleState | null = { paused: false, note: '' };

  readonly #hosts: Map<string, Host>;
  #lastEnd = 0;
  #moments: { activity: keyof Activities; is: (call: Call) => boolean; act: () => Promise<unknown> }[] = [];

  constructor(specs: HostSpec[], overrides: Overrides = {}) {
    this.#hosts = new Map(specs.map((spec) => [spec.id, hostOf(spec)]));
    this.activities = this.#recorded(this.#usual(), overrides);
  }

  /**
   * Waits until no activity runs (on an instance) and the last has been reported. A workflow that is terminated while one runs stops the
   * server's clock for good.
   */
  async idle(id?: string): Promise<void> {
    const concerned = (): Call[] => this.calls.filter(({ ids }) => id === undefined || ids.includes(id));
    while (concerned().some(({ end }) => end === null) || Date.now() - this.#lastEnd < 50)
      await setTimeout(10);
  }

  get activityNames(): (keyof Activities)[] {
    return Object.keys(this.activities).filter((name): name is keyof Activities => name in this.activities);
  }

  get ids(): string[] {
    return [...this.#hosts.keys()];
  }

  /** An instance joins the cluster. */
  add(spec: HostSpec): void {
    this.#hosts.set(spec.id, hostOf(spec));
  }

  host(id: string): Host {
    const host = this.#hosts.get(id);
    if (!host) throw new Error(`no host ${id}`);
    return host;
  }

  ref(id: string): InstanceRef {
    const { ec2InstanceId, containerInstanceArn, availabilityZone } = this.host(id).instance;
    return { ec2InstanceId, containerInstanceArn, availabilityZone };
  }

  /** Does something at the first call of an activity from now (that `is` the one meant). The clock stands still meanwhile. */
  when(
    activity: keyof Activities,
    act: () => Promise<unknown>,
    is: (call: Call) => boolean = () => true,
  ): void {
    this.#moments.push({ activity, is, act });
  }

  async #pass(call: Call): Promise<void> {
    const now = this.#moments.filter(({ activity, is }) => activity === call.activity && is(call));
    this.#moments = this.#moments.filter((moment) => !now.includes(moment));
    for (const { act } of now) await act();
  }

  /** The activities that completed, in order; of one instance if an id is given. */
  did(id?: string): (keyof Activities)[] {
    return this.calls
      .filter(({ ids, end }) => end === 'completed' && (id === undefined || ids.includes(id)))
      .map(({ activity }) => activity);
  }

  /** Attempts of an activity; of one instance if an id is given. */
  attempts(activity: keyof Activities, id?: string): Call[] {
    return this.calls.filter(
      (call) => call.activity === activity && (id === undefined || call.ids.includes(id)),
    );
  }

  /** Minutes of virtual time from the first attempt of one activity to the last of another. */
  minutesBetween(first: keyof Activities, last: keyof Activities, id?: string): number {
    const from = this.attempts(first, id)[0];
    const to = this.attempts(last, id).at(-1);
    if (!from || !to) throw new Error(`no ${from ? last : first} was called`);
    return (to.at - from.at) / minute;
  }

  get outOfService(): string[] {
    return this.ids.filter((id) => {
      const { status, agentConnected } = this.host(id).instance;
      return status === 'DRAINING' || !agentConnected;
    });
  }

  #recorded(usual: Fakes, overrides: Overrides): Activities {
    const record =
      <I extends object, O>(
        activity: keyof Activities,
        asUsual: (input: I) => Promise<O>,
        override: ((input: I, usual: (input: I) => Promise<O>) => Promise<O>) | undefined,
      ): ((input: I) => Promise<O>) =>
      async (input) => {
        const call: Call = {
          activity,
          ids: idsOf(input),
          attempt: attempt(),
          at: Context.current().info.currentAttemptScheduledTimestampMs,
          input,
          end: null,
        };
        this.#noteOverlap(call);
        this.calls.push(call);
        try {
          await this.#pass(call);
          const answer = await beating(override ? override(input, asUsual) : asUsual(input));
          call.end = 'completed';
          return answer;
        } catch (err) {
          call.end = 'failed';
          throw err;
        } finally {
          this.#lastEnd = Date.now();
          this.#countOutOfService();
        }
      };
    return {
      checkPrerequisites: record(
        'checkPrerequisites',
        usual.checkPrerequisites,
        overrides.checkPrerequisites,
      ),
      tryOrders: record('tryOrders', usual.tryOrders, overrides.tryOrders),
      quarantineVersion: record('quarantineVersion', usual.quarantineVersion, overrides.quarantineVersion),
      noteBehind: record('noteBehind', usual.noteBehind, overrides.noteBehind),
      discoverInstances: record('discoverInstances', usual.discoverInstances, overrides.discoverInstances),
      matchInstances: record('matchInstances', usual.matchInstances, overrides.matchInstances),
      findInstance: record('findInstance', usual.findInstance, overrides.findInstance),
      describeInstances: record('describeInstances', usual.describeInstances, overrides.describeInstances),
      machineStates: record('machineStates', usual.machineStates, overrides.machineStates),
      findOwnHosts: record('findOwnHosts', usual.findOwnHosts, overrides.findOwnHosts),
      lookAtCluster: record('lookAtCluster', usual.lookAtCluster, overrides.lookAtCluster),
      checkForUpdates: record('checkForUpdates', usual.checkForUpdates, overrides.checkForUpdates),
      inspectWorkloads: record('inspectWorkloads', usual.inspectWorkloads, overrides.inspectWorkloads),
      inspectCluster: record('inspectCluster', usual.inspectCluster, overrides.inspectCluster),
      assessRisks: record('assessRisks', usual.assessRisks, overrides.assessRisks),
      startDraining: record('startDraining', usual.startDraining, overrides.startDraining),
      waitUntilDrained: record('waitUntilDrained', usual.waitUntilDrained, overrides.waitUntilDrained),
      describeRemaining: record('describeRemaining', usual.describeRemaining, overrides.describeRemaining),
      applyUpdate: record('applyUpdate', usual.applyUpdate, overrides.applyUpdate),
      orderReboot: record('orderReboot', usual.orderReboot, overrides.orderReboot),
      waitForBoot: record('waitForBoot', usual.waitForBoot, overrides.waitForBoot),
      rebootThroughEc2: record('rebootThroughEc2', usual.rebootThroughEc2, overrides.rebootThroughEc2),
      waitForEc2Boot: record('waitForEc2Boot', usual.waitForEc2Boot, overrides.waitForEc2Boot),
      hold: record('hold', usual.hold, overrides.hold),
      waitUntilHealthy: record('waitUntilHealthy', usual.waitUntilHealthy, overrides.waitUntilHealthy),
      describeHealth: record('describeHealth', usual.describeHealth, overrides.describeHealth),
      describeOrder: record('describeOrder', usual.describeOrder, overrides.describeOrder),
      waitUntilQuiet: record('waitUntilQuiet', usual.waitUntilQuiet, overrides.waitUntilQuiet),
      activate: record('activate', usual.activate, overrides.activate),
      carryOut: record('carryOut', usual.carryOut, overrides.carryOut),
      examine: record('examine', usual.examine, overrides.examine),
      deliver: record('deliver', usual.deliver, overrides.deliver),
      forgetSkips: record('forgetSkips', usual.forgetSkips, overrides.forgetSkips),
      tellRollout: record('tellRollout', usual.tellRollout, overrides.tellRollout),
      readSchedule: record('readSchedule', usual.readSchedule, overrides.readSchedule),
      pauseSchedule: record('pauseSchedule', usual.pauseSchedule, overrides.pauseSchedule),
      resumeSchedule: record('resumeSchedule', usual.resumeSchedule, overrides.resumeSchedule),
      waitForWorkflow: record('waitForWorkflow', usual.waitForWorkflow, overrides.waitForWorkflow),
      waitUntilSteady: record('waitUntilSteady', usual.waitUntilSteady, overrides.waitUntilSteady),
    };
  }

  /** What was called off must have stopped before anything else is done to its host. */
  #noteOverlap({ activity, input, ids }: Call): void {
    if (typeof input !== 'object' || input === null || !('instance' in input)) return;
    for (const running of this.calls) {
      if (running.end === null && ids.some((id) => running.ids.includes(id))) {
        this.violations.push(`${activity} began on ${ids.join()} while ${running.activity} still ran`);
      }
    }
  }

  #countOutOfService(): void {
    const ours = [...this.#hosts.values()].filter(
      ({ instance }) => instance.mark?.installation === 'default',
    );
    this.mostOutOfService = Math.max(this.mostOutOfService, ours.length);
  }

  #usual(): Fakes {
    const on = ({ instance }: OnInstance): Host => this.host(instance.ec2InstanceId);
    const byArn = (arn: string): Host | undefined =>
      [...this.#hosts.values()].find(({ instance }) => instance.containerInstanceArn === arn);
    return {
      checkPrerequisites: async () => ({ quarantined: {} }),
      tryOrders: async () => {},
      quarantineVersion: async () => {},
      noteBehind: async ({ left, caughtUp }) => {
        for (const { instance } of this.#hosts.values()) {
          const arn = instance.containerInstanceArn;
          if (caughtUp.includes(arn)) instance.behind = null;
          instance.behind = left.find((one) => one.containerInstanceArn === arn)?.mark ?? instance.behind;
        }
      },
      deliver: async (message) => void this.messages.push(message),
      discoverInstances: async ({ cursor }) => {
        const pageSize = 5;
        const from = Number(cursor ?? 0);
        const instances = [...this.#hosts.values()].map(({ instance }) => ({ ...instance }));
        return {
          instances: instances.slice(from, from + pageSize),
          cursor: from + pageSize < instances.length ? String(from + pageSize) : null,
        };
      },
      matchInstances: async () => ({ included: null, excluded: null }),
      findInstance: async ({ ec2InstanceId }) => {
        const host = this.#hosts.get(ec2InstanceId);
        return host ? { instance: { ...host.instance }, leftOutBy: null } : null;
      },
      describeInstances: async ({ containerInstanceArns }) =>
        containerInstanceArns.flatMap((arn) => {
          const host = byArn(arn);
          return host ? [{ ...host.instance }] : [];
        }),
      machineStates: async ({ ec2InstanceIds }) =>
        Object.fromEntries(ec2InstanceIds.map((id) => [id, this.host(id).machine])),
      findOwnHosts: () => Promise.resolve([]),
      lookAtCluster: async () => ({
        registered: this.#hosts.size,
        outOfService: this.outOfService.map((id) => this.host(id).instance.containerInstanceArn),
      }),
      checkForUpdates: async ({ ec2InstanceIds }) =>
        Object.fromEntries(
          ec2InstanceIds.map((id) => {
            const host = this.host(id);
            return [id, host.check ?? { kind: 'checked', host: statusOf(host) }];
          }),
        ),
      inspectWorkloads: async ({ instances }) =>
        Object.fromEntries(
          instances.map(({ ec2InstanceId, containerInstanceArn }) => {
            const { standaloneTasks, protectedTasks, stuckServices } = this.host(ec2InstanceId);
            return [containerInstanceArn, { standaloneTasks, protectedTasks, stuckServices }];
          }),
        ),
      inspectCluster: async () =>
        Object.fromEntries(
          [...this.#hosts.values()].map(({ instance, standaloneTasks, protectedTasks, stuckServices }) => [
            instance.containerInstanceArn,
            { standaloneTasks, protectedTasks, stuckServices },
          ]),
        ),
      assessRisks: async () => ({ risks: [], more: 0, unjudged: 0 }),
      startDraining: async (input) => {
        const host = on(input);
        const { instance, standaloneTasks, services } = host;
        if (instance.status === 'DRAINING' && instance.mark?.installation !== input.installation) {
          return { kind: 'draining-by-others', installation: null, since: null };
        }
        if (instance.hold) return { kind: 'held', hold: instance.hold };
        if (standaloneTasks.length > 0) {
          return { kind: 'blocked', by: 'standalone-task', tasks: standaloneTasks };
        }
        instance.mark = {
          installation: input.installation,
          rolloutId: input.rolloutId,
          since: new Date(Context.current().info.currentAttemptScheduledTimestampMs).toISOString(),
          ...(input.target !== undefined && { target: input.target }),
        };
        instance.status = 'DRAINING';
        return { kind: 'draining', steadyServices: services, tasks: services.length };
      },
      waitUntilDrained: async (input) => {
        if (attempt() <= on(input).drainMinutes) throw stillWaiting('tasks');
        return { kind: 'drained' };
      },
      describeRemaining: async () => ({
        tasks: [serviceTask],
        serviceEvents: ['(service web) was unable to place a task.'],
        deployingServices: [],
      }),
      applyUpdate: async (input) => {
        const host = on(input);
        host.staged = host.offered;
        host.found = 'Ready';
        return { kind: 'applied', host: statusOf(host) };
      },
      orderReboot: async (input) => {
        const host = on(input);
        if (host.instance.status !== 'DRAINING') {
          this.violations.push(`${host.id} was to reboot while ${host.instance.status}`);
        }
        if (host.rebootOrdered) this.violations.push(`${host.id} was to reboot twice at once`);
        host.rebootOrdered = true;
        return { kind: 'sent' };
      },
      waitForBoot: async (input) => {
        const host = on(input);
        if (host.boots === 'never' || attempt() <= host.bootMinutes) throw stillWaiting('boot');
        boot(host);
        return { kind: 'booted', host: probeOf(host) };
      },
      rebootThroughEc2: async (input) => {
        const { instance, id } = on(input);
        if (instance.status !== 'DRAINING') {
          this.violations.push(`${id} was to reboot while ${instance.status}`);
        }
        return { kind: 'sent' };
      },
      waitForEc2Boot: async (input) => {
        const host = on(input);
        if (attempt() <= host.ec2BootMinutes) throw stillWaiting('boot');
        host.boots = 'old';
        boot(host);
        return { kind: 'booted', host: probeOf(host) };
      },
      hold: async (input) => {
        const { mark } = on(input).instance;
        if (mark) mark.held = true;
        return { kind: 'held' };
      },
      waitUntilHealthy: async () => ({ kind: 'healthy' }),
      describeHealth: async () => 'agent disconnected',
      describeOrder: async ({ commandId }) =>
        commandId === null ? 'nothing was ordered' : 'SSM says InProgress',
      waitUntilQuiet: async (input) => {
        const host = on(input);
        const rebooted = host.rebootOrdered;
        if (rebooted) boot(host);
        return { kind: 'quiet', rebooted, version: rebooted ? host.version : null, unlisted: 0 };
      },
      activate: async (input) => {
        const host = on(input);
        const { instance } = host;
        const { memory } = input;
        if (memory?.kind === 'forget') instance.failure = null;
        if (memory?.kind === 'remember')
          instance.failure = markAfter(instance.failure, memory.failure) ?? instance.failure;
        if (instance.status === 'DRAINING') {
          if (instance.mark?.installation !== input.installation) {
            return { kind: 'taken-over', status: 'DRAINING' };
          }
          if (instance.mark.held) return { kind: 'held', since: instance.mark.since };
          instance.status = 'ACTIVE';
        }
        instance.mark = null;
        return { kind: 'activated' };
      },
      carryOut: async ({ order, by, at }) => {
        if (!('instance' in order)) return { kind: 'cleared', forgotten: [], toGiveBack: [], lifted: [] };
        const { instance } = this.#hosts.get(order.instance) ?? {};
        if (!instance) return { kind: 'unknown-instance' };
        const { kind } = order;
        switch (kind) {
          case 'hold':
          case 'pause':
          case 'skip':
            instance[kind] = {
              since: at,
              ...(by !== undefined && { by }),
              ...(order.reason !== undefined && { reason: order.reason }),
            };
            return { kind: 'done', order: kind };
          case 'unhold':
          case 'resume':
          case 'unskip': {
            const mark = ({ unhold: 'hold', resume: 'pause', unskip: 'skip' } as const)[kind];
            if (!instance[mark]) return { kind: 'not-marked', order: kind };
            instance[mark] = null;
            return { kind: 'done', order: kind };
          }
          case 'clear-instance': {
            const forgotten = instance.failure ? [order.instance] : [];
            instance.failure = null;
            return { kind: 'cleared', forgotten, toGiveBack: [], lifted: [] };
          }
        }
      },
      forgetSkips: async ({ skips }) => {
        for (const { containerInstanceArn, since } of skips) {
          const host = byArn(containerInstanceArn);
          if (host?.instance.skip?.since === since) Object.assign(host?.instance ?? {}, { skip: null });
        }
      },
      tellRollout,
      readSchedule: async ({ cluster: name }) =>
        this.schedule && {
          cluster: {
            name,
            arn: `arn:aws:ecs:eu-west-1:111122223333:cluster/${name}`,
            region: 'eu-west-1',
          },
          installation: 'default',
        },
      pauseSchedule: async ({ pause }) => {
        if (!this.schedule) return { kind: 'no-schedule' };
        const others = readSchedulePause(this.schedule)?.others ?? null;
        this.schedule = { paused: true, note: pauseNote(this.schedule, pause) };
        return others === null ? { kind: 'paused' } : { kind: 'paused-by-others', note: others };
      },
      resumeSchedule: async () => {
        if (!this.schedule) return { kind: 'no-schedule' };
        const pause = readSchedulePause(this.schedule);
        if (!pause) return { kind: 'not-paused' };
        const { others } = pause;
        this.schedule = { paused: others !== null, note: others ?? 'resumed' };
        return others === null
          ? { kind: 'resumed' }
          : { kind: 'left-paused', note: others, wasOurs: pause.ours !== null };
      },
      examine: async () => [],
      waitForWorkflow: async () => {},
      waitUntilSteady: async () => {},
    };
  }
}

/** A fleet whose activities do as they should, but for those that the test gives. */
export const fleet = (specs: HostSpec[], overrides: Overrides = {}): Fleet => new Fleet(specs, overrides);

function hostOf(spec: HostSpec): Host {
  const version = spec.version ?? '1.19.0';
  const offered = spec.offered === undefined ? '1.20.0' : spec.offered;
  const found = spec.found ?? (offered === null ? 'Idle' : 'Available');
  return {
    id: spec.id,
    version,
    offered,
    found,
    instance: {
      ec2InstanceId: spec.id,
      containerInstanceArn: `arn:aws:ecs:eu-west-1:111122223333:container-instance/test/${spec.id}`,
      availabilityZone: 'eu-west-1a',
      status: 'ACTIVE',
      agentConnected: true,
      variant: 'aws-ecs-2',
      host: 'ec2',
      mark: null,
      failure: null,
      behind: null,
      hold: null,
      pause: null,
      skip: null,
      included: true,
      ...spec.instance,
    },
    check: spec.check,
    standaloneTasks: spec.standaloneTasks ?? [],
    protectedTasks: spec.protectedTasks ?? [],
    stuckServices: spec.stuckServices ?? [],
    services: spec.services ?? ['web'],
    drainMinutes: spec.drainMinutes ?? 1,
    bootMinutes: spec.bootMinutes ?? 1,
    machine: spec.machine === undefined ? 'running' : spec.machine,
    boots: spec.boots ?? 'new',
    ec2BootMinutes: spec.ec2BootMinutes ?? 1,
    staged: found === 'Staged' || found === 'Ready' ? offered : null,
    boot: 1,
    rebootOrdered: false,
  };
}

const bootIdOf = (host: Host): string => `${host.id}-boot-${host.boot}`;

/** What the check document would read on the host now. */
function statusOf(host: Host): HostStatus {
  return {
    bootId: bootIdOf(host),
    now: Math.floor(Context.current().info.currentAttemptScheduledTimestampMs / 1000),
    runningVersion: host.version,
    updateState: host.found,
    chosenVersion: host.found === 'Idle' ? null : host.offered,
    stagedVersion: host.staged,
    availableVersions: [host.version, ...(host.offered === null ? [] : [host.offered])],
    refreshed: true,
  };
}

/** What a read without a refresh gives right after a boot. */
const probeOf = (host: Host): HostProbe => ({
  bootId: bootIdOf(host),
  now: 0,
  runningVersion: host.version,
  updateState: null,
  locked: false,
});

function boot(host: Host): void {
  host.rebootOrdered = false;
  host.boot += 1;
  if (host.boots === 'new' && host.staged !== null) host.version = host.staged;
  host.staged = null;
  // What did not boot is offered again.
  host.found = host.boots === 'old' ? 'Available' : 'Idle';
}

const idOf = (instance: unknown): string[] =>
  typeof instance === 'object' && instance !== null && 'ec2InstanceId' in instance
    ? [String(instance.ec2InstanceId)]
    : [];

/** Ids in the input of any activity. */
function idsOf(input: object): string[] {
  const ids = 'ec2InstanceIds' in input && Array.isArray(input.ec2InstanceIds) ? input.ec2InstanceIds : [];
  const many = 'instances' in input && Array.isArray(input.instances) ? input.instances : [];
  return [...ids.map(String), ...many.flatMap(idOf), ...('instance' in input ? idOf(input.instance) : [])];
}
