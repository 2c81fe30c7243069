import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { countBehind, whoIsBehind } from '../src/model/behind.js';
import type { RolloutView } from '../src/model/cluster-details.js';
import { explain } from '../src/model/explain.js';
import { isFallback, markedVersion, rememberedTries } from '../src/model/failures.js';
import type { Instance } from '../src/model/instance.js';
import { instanceWorkflowId } from '../src/model/names.js';
import { type InstanceReport, type InstanceResult, isCharged, type Outcome } from '../src/model/outcome.js';
import { Fallbacks, quarantineOf, type Quarantines } from '../src/model/quarantine.js';
import type { Paused, Reason, Steering, Stop } from '../src/model/reason.js';
import { addPhases, countResults, type ResultGroup, type RolloutReport } from '../src/model/report.js';
import type { OrderMark } from '../src/model/order-mark.js';
import { allowedFailures } from '../src/model/settings.js';
import { Results } from '../src/model/results.js';
import type { SteeringName, SteeringPayload } from '../src/model/steering-messages.js';
import { type SteeringRecord, withRecord } from '../src/model/steering-record.js';
import type { ClusterStatus, PendingUpdate, RolloutCarry, RolloutInput } from '../src/model/steering.js';
import { countInstance, countRollout, countVerdicts, logPlan, logReport } from './telemetry.js';

interface InFlight {
  workflowId: string;
  containerInstanceArn: string;
  from: string | null;
  to: string | null;
  /** ISO 8601. */
  since: string;
}

/** What `updateCluster` knows while it works: one object, that its steps and its message handlers share. */
export class ClusterRun {
  readonly rolloutId: string;
  readonly startedAt: string;
  readonly skips: Map<string, Steering>;
  readonly pausedInstances: Map<string, Paused>;
  paused: Paused | null;
  /** Who cancelled the rollout by a message; a cancel of Temporal's own says nothing. */
  cancelled: Steering | null = null;
  /** Resolves once the Schedule has been told of the last pause or its end. */
  aligned: Promise<void> = Promise.resolve();
  readonly #root = CancellationScope.current();

  stage: ClusterStatus['stage'] = 'checking';
  instances = new Map<string, Instance>();
  /** Instances whose agent was away in two reads. */
  readonly disconnected = new Set<string>();
  /** Instances that ECS lists and EC2 has no more, with the state that EC2 gives; null: it does not know it. */
  readonly ghosts = new Map<string, { containerInstanceArn: string; state: string | null }>();
  queue: PendingUpdate[] = [];
  readonly inFlight = new Map<string, InFlight>();
  /** Ends of the work in flight; each resolves once its result is recorded. */
  readonly following: Promise<void>[] = [];
  /** Updates started in this run of the workflow. */
  started = 0;
  stop: Stop | null = null;
  /** Ids of the messages that people were sent. */
  readonly told = new Set<string>();
  /** Grows with everything that may let the rollout go on. */
  changes = 0;

  readonly #attempted: Results;
  readonly #attemptedIds: Set<string>;
  /** Instances that an earlier run saw and that had no turn yet. */
  readonly #expected: string[];
  readonly #verdicts = new Results();
  readonly #phases: RolloutReport['phases'];
  #quarantined: Quarantines;
  #newQuarantines: Quarantines = {};
  #fallbacks = new Fallbacks();
  /** Instances whose skip is written on them. */
  readonly #heededSkips = new Set<string>();
  readonly #endedAt: Record<string, string> = {};
  #failures: number;
  #steering: SteeringRecord[];
  /** Updates that have ended, in all runs. */
  #updates: number;
  /** Updates of the whole rollout; null until this run has planned. */
  #planned: number | null = null;

  constructor(
    readonly input: RolloutInput,
    carry: RolloutCarry | undefined,
  ) {
    this.rolloutId = carry?.rolloutId ?? workflowInfo().runId;
    this.startedAt = carry?.startedAt ?? new Date().toISOString();
    this.skips = new Map(Object.entries(carry?.skips ?? {}));
    this.paused = carry?.paused ?? null;
    this.pausedInstances = new Map(Object.entries(carry?.pausedInstances ?? {}));
    this.#attempted = new Results(carry?.attempted);
    this.#attemptedIds = new Set(this.#attempted.groups.flatMap((group) => group.ec2InstanceIds));
    this.#expected = carry?.known ?? [];
    this.#phases = carry?.phases ?? {};
    this.#quarantined = { ...carry?.quarantined };
    this.#failures = carry?.failures ?? 0;
    this.#steering = carry?.steering ?? [];
    this.#updates = carry?.updates ?? 0;
  }

  get carry(): RolloutCarry {
    return {
      rolloutId: this.rolloutId,
      startedAt: this.startedAt,
      attempted: this.#attempted.groups,
      known: [...this.instances.keys()].filter((id) => !this.#attemptedIds.has(id)),
      phases: this.#phases,
      failures: this.#failures,
      updates: this.#updates,
      quarantined: this.#quarantined,
      skips: Object.fromEntries(this.skips),
      paused: this.paused,
      pausedInstances: Object.fromEntries(this.pausedInstances),
      steering: this.#steering,
    };
  }

  /** What changes as the rollout goes on. */
  get view(): RolloutView {
    return {
      cluster: this.input.cluster,
      stage: this.stage,
      paused: this.paused,
      stopped: this.stop,
      inFlight: [...this.inFlight].map(([ec2InstanceId, { workflowId, from, to, since }]) => ({
        ec2InstanceId,
        workflowId,
        from,
        to,
        since,
      })),
      queued: this.queue.map(({ instance, from, to }) => ({
        ec2InstanceId: instance.ec2InstanceId,
        from,
        to,
        paused: this.pausedInstances.get(instance.ec2InstanceId) ?? null,
        skipped: this.skips.get(instance.ec2InstanceId) ?? null,
      })),
      results: this.#results,
    };
  }

  get status(): ClusterStatus {
    const zones: Record<string, string[]> = {};
    for (const { ec2InstanceId, availabilityZone } of this.instances.values()) {
      (zones[availabilityZone ?? 'unknown'] ??= []).push(ec2InstanceId);
    }
    return {
      ...this.view,
      rolloutId: this.rolloutId,
      startedAt: this.startedAt,
      endedAt: this.#endedAt,
      zones,
      failures: this.#failures,
      failureBudget: this.#budget,
      behind: countBehind(this.behind),
      quarantined: this.#quarantined,
      steering: this.#steering,
      phases: this.#phases,
      settings: this.input.settings,
      remembered: rememberedTries(this.instances.values()),
    };
  }

  get report(): RolloutReport {
    return {
      cluster: this.input.cluster.name,
      rolloutId: this.rolloutId,
      startedAt: this.startedAt,
      endedAt: new Date().toISOString(),
      counts: countResults(this.#results),
      groups: this.#results,
      phases: this.#phases,
      stopped: this.stop,
      failures: this.#failures,
      failureBudget: this.#budget,
      behind: countBehind(this.behind),
      quarantined: this.#quarantined,
      steering: this.#steering,
    };
  }

  /** Who does not run what is offered to it, and since when. */
  get behind(): ReturnType<typeof whoIsBehind<Instance>> {
    const offered = new Map(this.queue.map(({ instance, to }) => [instance.ec2InstanceId, to]));
    for (const [ec2InstanceId, { to }] of this.inFlight) if (to !== null) offered.set(ec2InstanceId, to);
    return whoIsBehind(this.instances.values(), this.#results, offered, this.startedAt);
  }

  get #results(): ResultGroup[] {
    return [...this.#attempted.groups, ...this.#verdicts.groups];
  }

  /** The result of an instance that needs or gets nothing more in this rollout; null while it may still get something. */
  resultOf(ec2InstanceId: string): InstanceResult | null {
    return this.#results.find((group) => group.ec2InstanceIds.includes(ec2InstanceId))?.result ?? null;
  }

  /** Instances of the cluster that no group has yet, also those that this run could not read any more. */
  get withoutResult(): string[] {
    const settled = new Set(this.#results.flatMap((group) => group.ec2InstanceIds));
    return [...new Set([...this.instances.keys(), ...this.#expected])].filter((id) => !settled.has(id));
  }

  wasAttempted(ec2InstanceId: string): boolean {
    return this.#attemptedIds.has(ec2InstanceId);
  }

  /** Instances whose turn may come now. */
  get due(): PendingUpdate[] {
    return this.queue.filter(
      ({ instance: { ec2InstanceId } }) =>
        !this.skips.has(ec2InstanceId) && !this.pausedInstances.has(ec2InstanceId),
    );
  }

  /** Whether nothing in the queue waits for anything but its turn to be left out. */
  get onlySkippedLeft(): boolean {
    return this.queue.every(({ instance }) => this.skips.has(instance.ec2InstanceId));
  }

  /** Gives those that an earlier run saw, and that this one does not find any more, a place in the report. */
  settleTheVanished(): void {
    for (const ec2InstanceId of this.#expected) {
      if (this.instances.has(ec2InstanceId) || this.#attemptedIds.has(ec2InstanceId)) continue;
      this.#attemptedIds.add(ec2InstanceId);
      const reason: Reason = { code: 'terminated', detail: 'it left the cluster before its turn' };
      this.#attempted.add(ec2InstanceId, { kind: 'gone', reason });
    }
  }

  /** Versions that no instance is updated to. */
  get quarantined(): Quarantines {
    return this.#quarantined;
  }

  /** Heeds what the tags of the cluster and the attributes of its instances say of versions that fell back. */
  heedFallbacks(tagged: Quarantines): void {
    Object.assign(this.#quarantined, tagged);
    this.#fallbacks = Fallbacks.of(this.instances.values());
    const { quarantineAfter } = this.input.settings.failures;
    for (const [version, hosts] of Object.entries(this.#fallbacks.quarantines(quarantineAfter)))
      this.#quarantine(version, hosts);
  }

  /** What was quarantined and is not written on the cluster yet; each is told once. */
  takeNewQuarantines(): [version: string, hosts: number][] {
    const taken = Object.entries(this.#newQuarantines);
    this.#newQuarantines = {};
    return taken;
  }

  #quarantine(version: string, hosts: number): void {
    if (quarantineOf(this.#quarantined, version) !== null) return;
    this.#quarantined[version] = hosts;
    this.#newQuarantines[version] = hosts;
    const forbidden = this.queue.filter(({ to }) => quarantineOf(this.#quarantined, to) !== null);
    this.queue = this.queue.filter((update) => !forbidden.includes(update));
    for (const { instance, from, to } of forbidden) {
      const reason: Reason = { code: 'quarantined-version', version: to, hosts };
      this.settle(instance.ec2InstanceId, { kind: 'skipped', from, to, reason });
    }
  }

  /** Counts a host that fell back, and quarantines the version once there are too many of them. */
  #countFallback(ec2InstanceId: string, outcome: Outcome, { from, to }: Pick<InFlight, 'from' | 'to'>): void {
    if (to === null || !isFallback(outcome, from)) return;
    const version = markedVersion(to);
    const hosts = this.#fallbacks.add(version, ec2InstanceId);
    if (hosts >= this.input.settings.failures.quarantineAfter) this.#quarantine(version, hosts);
  }

  /** Notes who steered, for the status and the report. */
  record(what: SteeringName, { instance, quarantine, by, reason }: SteeringPayload, at?: string): void {
    this.#steering = withRecord(this.#steering, {
      at: at ?? new Date().toISOString(),
      what,
      ...(instance !== undefined && { instance }),
      ...(quarantine !== undefined && { quarantine }),
      ...(by !== undefined && { by }),
      ...(reason !== undefined && { reason }),
    });
  }

  pause(paused: Paused | null): void {
    this.paused = paused;
    this.changes += 1;
  }

  pauseInstance(ec2InstanceId: string, paused: Paused): void {
    this.pausedInstances.set(ec2InstanceId, paused);
    this.changes += 1;
  }

  resumeInstance(ec2InstanceId: string): void {
    this.pausedInstances.delete(ec2InstanceId);
    this.changes += 1;
  }

  skip(ec2InstanceId: string, by: Steering): void {
    this.skips.set(ec2InstanceId, by);
    this.changes += 1;
  }

  /** Answers whether the skip is noted on the instance, too. */
  unskip(ec2InstanceId: string): boolean {
    this.skips.delete(ec2InstanceId);
    this.changes += 1;
    return this.#heededSkips.delete(ec2InstanceId);
  }

  /** Leaves out an instance that is held from now on, unless its work has begun. */
  holdBack(ec2InstanceId: string, hold: OrderMark): void {
    const instance = this.instances.get(ec2InstanceId);
    if (instance) instance.hold = hold;
    const waiting = this.queue.find((update) => update.instance.ec2InstanceId === ec2InstanceId);
    if (!waiting) return;
    this.queue = this.queue.filter((update) => update !== waiting);
    const { from, to } = waiting;
    this.settle(ec2InstanceId, { kind: 'skipped', from, to, reason: { code: 'held', ...hold } });
    this.changes += 1;
  }

  get isCancelled(): boolean {
    return this.#root.consideredCancelled;
  }

  /** Ends the rollout, as a cancel of its workflow does. */
  cancel(by: Steering): void {
    this.cancelled = by;
    this.#root.cancel();
  }

  /** Heeds what operators have written on instances while no rollout was there to tell. */
  heedOrders(): void {
    for (const { ec2InstanceId, pause, skip } of this.instances.values()) {
      if (this.wasAttempted(ec2InstanceId)) continue;
      if (pause && !this.pausedInstances.has(ec2InstanceId)) {
        const { since = this.startedAt, ...by } = pause;
        this.pausedInstances.set(ec2InstanceId, { ...by, since });
        this.record('pause', { instance: ec2InstanceId, ...by }, since);
      }
      if (!skip) continue;
      const { since = this.startedAt, ...by } = skip;
      this.#heededSkips.add(ec2InstanceId);
      if (this.skips.has(ec2InstanceId)) continue;
      this.skips.set(ec2InstanceId, by);
      this.record('skip', { instance: ec2InstanceId, ...by }, since);
    }
  }

  /** The skips on instances that this rollout has honoured, and that the next one is not to honour again. */
  get honouredSkips(): { containerInstanceArn: string; since?: string }[] {
    return [...this.#heededSkips].flatMap((id) => {
      const { containerInstanceArn, skip } = this.instances.get(id) ?? {};
      if (containerInstanceArn === undefined || !skip) return [];
      return { containerInstanceArn, ...(skip.since !== undefined && { since: skip.since }) };
    });
  }

  /** Takes those out of the queue that an operator skipped. */
  settleSkipped(): void {
    for (const { instance, from, to } of this.queue) {
      const by = this.skips.get(instance.ec2InstanceId);
      if (by)
        this.settle(instance.ec2InstanceId, {
          kind: 'skipped',
          from,
          to,
          reason: { code: 'skipped-by-operator', ...by },
        });
    }
    this.queue = this.queue.filter(({ instance }) => !this.skips.has(instance.ec2InstanceId));
  }

  /** Records a verdict of the plan, or the end of an instance that was never begun. */
  settle(ec2InstanceId: string, result: InstanceResult): void {
    this.#verdicts.add(ec2InstanceId, result);
  }

  begin(
    instance: Pick<Instance, 'ec2InstanceId' | 'containerInstanceArn'>,
    update: PendingUpdate | null,
  ): void {
    this.inFlight.set(instance.ec2InstanceId, {
      workflowId: instanceWorkflowId(this.input.cluster.name, instance.ec2InstanceId),
      containerInstanceArn: instance.containerInstanceArn,
      from: update?.from ?? null,
      to: update?.to ?? null,
      since: new Date().toISOString(),
    });
  }

  /** Takes an instance out of flight without a result: it was never begun. */
  withdraw(ec2InstanceId: string): void {
    this.inFlight.delete(ec2InstanceId);
    this.changes += 1;
  }

  /** Records how the work on an instance ended. */
  finish(
    ec2InstanceId: string,
    report: Pick<InstanceReport, 'outcome' | 'target' | 'phaseMs' | 'stopsRollout' | 'steering'>,
  ): void {
    const { from, to } = this.inFlight.get(ec2InstanceId) ?? { from: null, to: null };
    this.withdraw(ec2InstanceId);
    this.#endedAt[ec2InstanceId] = new Date().toISOString();
    if (!this.#attemptedIds.has(ec2InstanceId)) {
      this.#attemptedIds.add(ec2InstanceId);
      if (from !== null) this.#updates += 1;
      countInstance(this.input.cluster.name, report.outcome);
      this.#attempted.add(ec2InstanceId, {
        ...(from !== null && to !== null && { from, to }),
        ...report.outcome,
      });
    }
    this.#countFallback(ec2InstanceId, report.outcome, { from, to: report.target ?? to });
    addPhases(this.#phases, report.phaseMs);
    for (const { what, at, ...by } of report.steering) this.record(what, by, at);
    if (isCharged(report.outcome)) this.#failures += 1;
    if (report.stopsRollout && report.outcome.kind !== 'updated') {
      this.stop ??= { by: 'error', message: explain(report.outcome.reason) };
    }
    this.#checkBudget();
  }

  /** Tells Prometheus and the log how it ended. */
  countEnd(): void {
    logReport({ groups: this.#results, stopped: this.stop });
    countVerdicts(this.input.cluster.name, this.#verdicts.groups);
    countRollout(this.input.cluster.name, this.stop?.by ?? 'completed');
  }

  /** Counts what is planned: a budget in percent is of that, and grows with what later runs plan. */
  countPlanned(): void {
    this.#planned = this.#updates + this.queue.length;
    logPlan(this.queue.length, this.instances.size);
    this.#checkBudget();
  }

  /** Failures that the rollout bears; null: any number, or what it is a percentage of is not known yet. */
  get #budget(): number | null {
    const { failureBudget } = this.input.settings;
    if (failureBudget.kind === 'percent' && this.#planned === null) return null;
    const budget = allowedFailures(failureBudget, this.#planned ?? 0);
    return Number.isFinite(budget) ? budget : null;
  }

  #checkBudget(): void {
    const { failureBudget } = this.input.settings;
    const budget = this.#budget;
    const failures = this.#failures;
    if (budget === null || failures <= budget) return;
    const planned = this.#planned ?? 0;
    const of = failureBudget.kind === 'percent' ? { percent: failureBudget.percent, planned } : undefined;
    this.stop ??= { by: 'failure-budget', failures, budget, ...(of && { of }) };
  }

  /** Milliseconds until nothing new may start; null: no such limit. */
  get startingMsLeft(): number | null {
    const { stopStartingAfterMs } = this.input.settings;
    return stopStartingAfterMs === null
      ? null
      : Math.max(0, Date.parse(this.startedAt) + stopStartingAfterMs - Date.now());
  }

  /** Whether the time to start instances is over; then it stops the rollout. */
  checkTime(): void {
    const { stopStartingAfterMs } = this.input.settings;
    if (stopStartingAfterMs !== null && this.startingMsLeft === 0) {
      this.stop ??= { by: 'stop-starting-after', afterMs: stopStartingAfterMs };
    }
  }
}
