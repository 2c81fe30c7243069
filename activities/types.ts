import type { BehindMark } from '../src/model/behind.js';
import type { ExaminationInput, Finding } from '../src/model/examination.js';
import type { Failure } from '../src/model/failures.js';
import type { CheckResult, HostProbe, HostStatus } from '../src/model/host.js';
import type { OrderMark } from '../src/model/order-mark.js';
import type { Instance, InstanceRef, TaskRef, Workload } from '../src/model/instance.js';
import type { ClusterRef, DocumentRef, Documents } from '../src/model/names.js';
import type { Notice } from '../src/model/notice.js';
import type { NotificationTarget } from '../src/model/notifications.js';
import type { Quarantines } from '../src/model/quarantine.js';
import type { Risks } from '../src/model/risk.js';
import type { Pace } from '../src/model/settings.js';
import type { OrderResult, StandingOrder } from '../src/model/standing-orders.js';
import type { SchedulePaused, ScheduleResumed } from '../src/model/schedule-pause.js';
import type { Paused } from '../src/model/reason.js';
import type { RolloutInput } from '../src/model/steering.js';
import type { SteerInput } from '../src/model/steering-messages.js';

/** What every activity on one container instance is told. */
export interface OnInstance {
  cluster: ClusterRef;
  instance: InstanceRef;
  /** Whose marks and commands are ours. */
  installation: string;
}

/** One command to hosts; `commandId` is chosen by the workflow, so that a retry finds what an earlier attempt sent. */
export interface HostCommand {
  document: DocumentRef;
  commandId: string;
}

/** The instance no longer is what we think: it ended, or somebody else took it over. */
export type Lost =
  /** Terminated, stopped or deregistered. */
  | { kind: 'gone'; detail: string }
  /** Its status or our mark were changed by somebody else. */
  | { kind: 'taken-over'; status: string };

/** A task that must not be stopped is on the instance. */
export type Blocked = { kind: 'blocked'; by: 'standalone-task' | 'protected-task'; tasks: TaskRef[] };

export type StartDrainingResult =
  | {
      kind: 'draining';
      /** Names of the services with tasks here that were steady before. */
      steadyServices: string[];
      /** Tasks here that run elsewhere when it is empty: all but those of daemons. */
      tasks: number;
    }
  | { kind: 'agent-disconnected' }
  /** Somebody holds it since it was planned. */
  | { kind: 'held'; hold: OrderMark }
  /** DRAINING already, and not through us. */
  | { kind: 'draining-by-others'; installation: string | null; since: string | null }
  | { kind: 'cannot-drain'; services: string[] }
  | Blocked
  | Lost;

/** What becomes of the memory of failures on an instance that is given back; where it is absent, nothing. */
export type Memory =
  | { kind: 'remember'; failure: Failure }
  /** It runs the target: what failed before is over. */
  | { kind: 'forget' };

/** Every side effect on AWS. Waiting activities poll and heartbeat for about a minute, then fail benignly and are retried; their limits are the workflow's. */
export interface Activities {
  /**
   * Refuses to go on unless the cluster exists, the three documents are unchanged, and the calls are allowed that are needed first when an instance is out
   * of service already. Answers what the cluster's tags say is quarantined.
   */
  checkPrerequisites(input: {
    cluster: ClusterRef;
    documents: Documents;
    /** Calls that only take something back are not tried either. Default: false. */
    looksOnly?: boolean;
  }): Promise<{ quarantined: Quarantines }>;

  /**
   * Tries whether the orders of an update, and a reboot through EC2 if one may come to that, are allowed on a host of the cluster, in a way that does
   * nothing: what is denied stops the rollout before anything is drained.
   */
  tryOrders(input: {
    cluster: ClusterRef;
    documents: Documents;
    ec2InstanceId: string;
    rebootsThroughEc2: boolean;
  }): Promise<void>;

  /** Writes on the cluster that a version is quarantined. */
  quarantineVersion(input: {
    cluster: ClusterRef;
    version: string;
    /** On how many it fell back. */
    hosts: number;
    /** ISO 8601. */
    at: string;
  }): Promise<void>;

  /** Writes on instances since when they have been left behind, and removes it from those that are so no more. */
  noteBehind(input: {
    cluster: ClusterRef;
    left: { containerInstanceArn: string; mark: BehindMark }[];
    /** ARNs. */
    caughtUp: string[];
  }): Promise<void>;

  /**
   * Container instances (ARNs) of this cluster on which tasks of the worker's own service run. None where the worker runs elsewhere, or where
   * that cannot be told: it never fails.
   */
  findOwnHosts(input: { cluster: ClusterRef }): Promise<string[]>;

  /** One page (up to 500) of the cluster's container instances. `included` is true in the answer. */
  discoverInstances(input: {
    cluster: ClusterRef;
    /** Null for the first page. */
    cursor: string | null;
  }): Promise<{ instances: Instance[]; cursor: string | null }>;

  /** Ids (the last part of the ARN) of the container instances that each expression of the ECS cluster query language means; null: of all, or of none. */
  matchInstances(input: { cluster: ClusterRef; include: string | null; exclude: string | null }): Promise<{
    included: string[] | null;
    excluded: string[] | null;
  }>;

  /** Looks for one instance by its EC2 id; null: the cluster has none of that id. */
  findInstance(input: {
    cluster: ClusterRef;
    ec2InstanceId: string;
    include: string | null;
    exclude: string | null;
  }): Promise<{
    instance: Instance;
    /** The expression that leaves it out; null: none does. */
    leftOutBy: 'include' | 'exclude' | null;
  } | null>;

  /** Reads container instances again; those that are gone are left out. `included` is true in the answer. */
  describeInstances(input: { cluster: ClusterRef; containerInstanceArns: string[] }): Promise<Instance[]>;

  /** What EC2 says of machines, by id; null: it knows it no more. */
  machineStates(input: {
    cluster: ClusterRef;
    ec2InstanceIds: string[];
  }): Promise<Record<string, string | null>>;

  /** Who is out of service now, in few calls whatever the size of the cluster. */
  lookAtCluster(input: { cluster: ClusterRef }): Promise<{
    /** Registered container instances. */
    registered: number;
    /** ARNs of container instances that are DRAINING, or whose agent is away. */
    outOfService: string[];
  }>;

  /** Asks up to 50 hosts for an update with one command. One that SSM does not list does not fail the others. Every id has an answer; hosts that did not answer within `limitMs` are `check-failed`. */
  checkForUpdates(input: {
    cluster: ClusterRef;
    ec2InstanceIds: string[];
    command: HostCommand;
    installation: string;
    pace: Pace;
    limitMs: number;
  }): Promise<Record<string, CheckResult>>;

  /** What runs on up to 50 instances, keyed by container instance ARN; one on which nothing runs is left out. */
  inspectWorkloads(input: {
    cluster: ClusterRef;
    instances: InstanceRef[];
  }): Promise<Record<string, Workload>>;

  /** The same of every instance of the cluster on which something forbids a drain: few calls for many instances. */
  inspectCluster(input: { cluster: ClusterRef }): Promise<Record<string, Workload>>;

  /** Names what a rollout over these hosts may do to the services and tasks on them. It only reads. */
  assessRisks(input: {
    cluster: ClusterRef;
    /** EC2 ids of those that would be drained, in the order of their turns. */
    targets: string[];
    /** EC2 ids of those that have an update, and are left alone for what runs on them. */
    leftAlone: string[];
    /** How many of them are out of service at once; at least 1. */
    atOnce: number;
  }): Promise<Risks>;

  /**
   * Looks once more, writes our mark, looks again whether it is ours alone, and sets DRAINING. Doing it again after a lost answer is harmless.
   * While a deployment of a service with tasks here is in progress, fails benignly and is retried.
   */
  startDraining(
    input: OnInstance & { rolloutId: string; target?: string; pace: Pace },
  ): Promise<StartDrainingResult>;

  /** Waits until no task of any kind is left, stopping ones included. */
  waitUntilDrained(input: OnInstance & { pace: Pace }): Promise<{ kind: 'drained' } | Blocked | Lost>;

  /** What is on the instance still, and what ECS says of the services concerned. For the reason of a drain that ran out of time. */
  describeRemaining(input: OnInstance): Promise<{
    tasks: TaskRef[];
    /** Newest events of those services that say why a task could not be placed. */
    serviceEvents: string[];
    /** Services with tasks here of which a deployment is in progress. */
    deployingServices: string[];
  }>;

  /** Applies the offered update and waits for the result, which is read from the host if SSM cannot tell. */
  applyUpdate(
    input: OnInstance & {
      command: HostCommand;
      check: DocumentRef;
      /** Latest time for the host to begin, seconds since the epoch by the host's clock. */
      notAfter: number;
      pace: Pace;
    },
  ): Promise<
    | { kind: 'applied'; host: HostStatus }
    | { kind: 'failed'; detail: string }
    /** The guard of the document refused it: one may decide anew. */
    | { kind: 'too-late' }
  >;

  /**
   * Looks (still DRAINING, ours, no task) and at once sends the guarded reboot. Also answers `sent` when an earlier attempt had sent it;
   * `refused` when SSM has lost the host; `mayBeSent` when an attempt may have sent it that SSM does not list.
   */
  orderReboot(
    input: OnInstance & {
      command: HostCommand;
      bootId: string;
      /** Latest time for the host to begin, seconds since the epoch by the host's clock. */
      notAfter: number;
      pace: Pace;
    },
  ): Promise<
    | { kind: 'sent' }
    | (({ kind: 'tasks-left'; tasks: TaskRef[] } | { kind: 'refused'; detail: string } | Blocked | Lost) & {
        mayBeSent?: boolean;
      })
  >;

  /**
   * Waits until the host has a new boot id and reads it, or until it is proven that the order never takes effect:
   * refused by its guard, or not-after and `hostTimes.lateEffectSeconds` passed on the host's clock with the boot id, read afterwards, unchanged.
   */
  waitForBoot(
    input: OnInstance & {
      reboot: HostCommand;
      check: DocumentRef;
      bootId: string;
      notAfter: number;
      pace: Pace;
    },
  ): Promise<
    | { kind: 'booted'; host: HostProbe }
    /** `too-late`: its guard refused it, one may decide anew. */
    | { kind: 'not-rebooted'; why: 'too-late' | 'refused'; detail: string }
    | Lost
  >;

  /**
   * Looks (still DRAINING, ours, no task) and at once has EC2 reboot the host. Each attempt may send one, so it must not be attempted again by
   * itself; an answer that was lost counts as `sent`. Throws only what came before the request, or what EC2 refused.
   */
  rebootThroughEc2(
    input: OnInstance & {
      /** Whether a host that has become healthy meanwhile is left as it is. */
      unlessHealthy: boolean;
    },
  ): Promise<
    { kind: 'sent' } | { kind: 'healthy' } | { kind: 'tasks-left'; tasks: TaskRef[] } | Blocked | Lost
  >;

  /**
   * Waits until the host can be read in another boot than `bootId` after a reboot through EC2; null: its last boot is not known, so it is
   * waited for until its clock shows that no reboot can come any more.
   */
  waitForEc2Boot(
    input: OnInstance & {
      check: DocumentRef;
      bootId: string | null;
      /** Makes the ids of the checks that it sends unique. */
      commandId: string;
      pace: Pace;
    },
  ): Promise<{ kind: 'booted'; host: HostProbe } | Lost>;

  /** Writes down what failed and marks a DRAINING instance that we drained as held, so that no rollout gives it back before somebody clears it. */
  hold(input: OnInstance & { memory?: Memory }): Promise<{ kind: 'held' } | Lost>;

  /** Waits until the agent was connected in three reads, and the EC2 status ok in the first and the last of them. */
  waitUntilHealthy(input: OnInstance & { pace: Pace }): Promise<{ kind: 'healthy' } | Lost>;

  /** What SSM says of an apply or a reboot (null: none was ordered), and what is not healthy, in words. For the reason of a limit that passed. */
  describeOrder(
    input: OnInstance & {
      commandId: string | null;
      /** ISO 8601: it was ordered after that. */
      since: string;
    },
  ): Promise<string>;

  /** What is not healthy yet, in words. For the reason of a verification that ran out of time. */
  describeHealth(input: OnInstance): Promise<string>;

  /**
   * Waits until nothing of ours can still act on the host: cancels what is pending of this installation's commands since `since`, waits until an
   * apply is over (the update status can be read) and until each reboot order has taken effect or is proven never to.
   */
  waitUntilQuiet(
    input: OnInstance & {
      documents: Documents;
      /** ISO 8601: when we began with this instance. */
      since: string;
      /** Our ids of the applies and reboots that are known to have been ordered. */
      orders: readonly string[];
      /** Makes the ids of the checks that it sends unique: the workflow's own count. */
      commandId: string;
      pace: Pace;
    },
  ): Promise<
    | {
        kind: 'quiet';
        rebooted: boolean;
        version: string | null;
        /** How many of the orders SSM does not know: they were not sent, up to now. */
        unlisted: number;
        /** How many orders to reboot SSM lists; absent in what an earlier release answered. */
        reboots?: number;
      }
    | Lost
  >;

  /**
   * Writes down what failed, if something did, sets ACTIVE an instance that we drained and EC2 runs, then removes our mark. One that is
   * ACTIVE already only loses our mark, if it has it. One that is marked as held is left alone.
   */
  activate(
    input: OnInstance & { memory?: Memory },
  ): Promise<{ kind: 'activated' } | { kind: 'held'; since: string } | Lost>;

  /** Carries out a standing order of an operator. */
  carryOut(input: {
    cluster: ClusterRef;
    /** Whose drains may be cleared. */
    installation: string;
    order: StandingOrder;
    by?: string;
    /** ISO 8601; the same over retries. */
    at: string;
  }): Promise<OrderResult>;

  /** Removes the skips that a rollout has honoured; `since` tells them from ones that were ordered later. */
  forgetSkips(input: {
    cluster: ClusterRef;
    skips: { containerInstanceArn: string; since?: string }[];
  }): Promise<void>;

  /** Passes an order on to the rollout of a cluster that runs, or to the instance's own workflow, which knows whether it comes too late. */
  tellRollout(input: SteerInput): Promise<
    /** `sentence`: what follows, or why it was refused. */
    { kind: 'done' | 'refused'; sentence: string } | { kind: 'no-rollout' }
  >;

  /** What the Schedule of a cluster says of it; null: there is none. */
  readSchedule(input: {
    cluster: string;
  }): Promise<(Pick<RolloutInput, 'cluster' | 'searchAttributes'> & { installation: string }) | null>;

  /** Pauses the Schedule of a cluster, with a note of ours. */
  pauseSchedule(input: { cluster: string; pause: Paused }): Promise<SchedulePaused>;

  /** Ends our pause of the Schedule of a cluster, if there is one. */
  resumeSchedule(input: { cluster: string; by?: string; reason?: string }): Promise<ScheduleResumed>;

  /** Looks at everything on the side of AWS that a cluster's rollouts need, and changes nothing. Never fails because of AWS. */
  examine(input: ExaminationInput): Promise<Finding[]>;

  /** Delivers a message to one target, which may take so long to answer. Tried again, it may arrive twice, under the same id. */
  deliver(input: { notice: Notice; target: NotificationTarget; answerMs: number }): Promise<void>;

  /** Waits until a workflow of another run has closed. */
  waitForWorkflow(input: { workflowId: string; pace: Pace }): Promise<void>;

  /** Waits until these services are steady: running ≥ desired, nothing pending, in three reads. A deleted service counts as steady. */
  waitUntilSteady(input: { cluster: ClusterRef; services: string[]; pace: Pace }): Promise<void>;
}
