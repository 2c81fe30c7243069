/** The names under which Temporal, ECS and SSM know this product's things. */

export const taskQueue = 'ecs-updater';

/** A name of a cluster of ours: it stands in ids of workflows, whose parts are separated by `/` and `:`. */
export const clusterNamePattern = /^[A-Za-z0-9._-]{1,128}$/;

/** Id of the Schedule that starts a cluster's rollouts. */
export const scheduleId = (cluster: string): string => `ecs-updater/${cluster}`;

/** Fixed id of a cluster's `updateCluster`, so that the server allows one and an operator can name it. */
export const clusterWorkflowId = (cluster: string): string => `ecs-updater/${cluster}`;

/** Id of the `steerCluster` that carries out an order on a cluster, or on one of its instances: one at a time. */
export const steerWorkflowId = (cluster: string, ec2InstanceId?: string): string =>
  `${ec2InstanceId === undefined ? clusterWorkflowId(cluster) : instanceWorkflowId(cluster, ec2InstanceId)}:steer`;

/** Id of the `notify` that delivers one message: there is never a second. */
export const notifyWorkflowId = (cluster: string, noticeId: string): string =>
  `${clusterWorkflowId(cluster)}:notify/${noticeId}`;

/** Fixed id of an instance's `updateInstance`: one writer per host, whichever rollout started it. */
export const instanceWorkflowId = (cluster: string, ec2InstanceId: string): string =>
  `ecs-updater/${cluster}/${ec2InstanceId}`;

/** What a workflow of ours is about, by its id; null: it is none of ours. */
export function workflowSubject(workflowId: string): { cluster: string; instance?: string } | null {
  const [, cluster, instance] =
    // What a Schedule starts has its time behind the name.
    /^ecs-updater\/(.+?)(?:\/(m?i-[\da-z]+))?(?::[a-z]+(?:\/.*)?)?(?:-\d{4}-\d\d-\d\dT[\d:.]+Z)?$/.exec(
      workflowId,
    ) ?? [];
  if (cluster === undefined) return null;
  return { cluster, ...(instance !== undefined && { instance }) };
}

/** Id of the `explainInstance` that looks at an instance. */
export const whyWorkflowId = (cluster: string, ec2InstanceId: string): string =>
  `${instanceWorkflowId(cluster, ec2InstanceId)}:why`;

/** Tag of an EC2 instance with the name of its ECS cluster: by it the IAM policy knows which hosts the worker may command. */
export const clusterTag = 'ecs-updater.cluster';

/** Attribute of a container instance that we drained; see `ownership.ts` for its value. */
export const drainedAttribute = 'ecs-updater.drained';

/** Attribute that remembers what failed on a container instance; see `failures.ts`. */
export const failedAttribute = 'ecs-updater.failed';

/** Attribute that remembers since when a container instance has been left behind; see `behind.ts`. */
export const behindAttribute = 'ecs-updater.behind';

/** Attribute by which anybody keeps us off a container instance; see `order-mark.ts`. */
export const holdAttribute = 'ecs-updater.hold';

/** Name of the heartbeat detail in which a waiting activity says what it waits for. */
export const awaitingDetail = 'awaiting';

/** Attribute by which a container instance waits in every rollout; see `order-mark.ts`. */
export const pauseAttribute = 'ecs-updater.pause';

/** Attribute by which the next rollout leaves a container instance out; see `order-mark.ts`. */
export const skipAttribute = 'ecs-updater.skip';

/** The last part of a container instance's ARN: shorter where thousands are listed. */
export const containerInstanceId = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The ECS attribute that Bottlerocket sets itself, and the only one that tells it from other systems. */
export const variantAttribute = 'bottlerocket.variant';

export const documentNames = {
  check: 'ecs-updater-check',
  apply: 'ecs-updater-apply',
  reboot: 'ecs-updater-reboot',
} as const;

export type DocumentRole = keyof typeof documentNames;

/** An SSM document, pinned: what is sent is what was reviewed. */
export interface DocumentRef {
  name: string;
  version: string;
  /** SHA-256 of the content, hexadecimal. */
  hash: string;
}

export type Documents = Record<DocumentRole, DocumentRef>;

/** An ECS cluster as a rollout knows it. */
export interface ClusterRef {
  /** Short name, unique in this installation. */
  name: string;
  arn: string;
  region: string;
  /** Role that is assumed for it, as where it belongs to another account. Absent: none. */
  assume?: AssumedRole;
}

/** An IAM role to assume. */
export interface AssumedRole {
  roleArn: string;
  /** Which the trust policy of the role asks for. */
  externalId?: string;
}

/** Search attributes of our workflows in Temporal; all are Keywords. */
export const searchAttributes = {
  cluster: 'EcsCluster',
  instance: 'EcsInstanceId',
  /** Of an instance's workflow: where it is. */
  phase: 'EcsUpdatePhase',
  /** What became of an instance: `updated`, `failed`, …; of a rollout: `completed`, or what stopped it. */
  outcome: 'EcsUpdateOutcome',
} as const;

/** The `Comment` of a command that we send: under it a retry finds the command again. SSM allows 100 characters. */
export const commandComment = (installation: string, commandId: string): string =>
  `${commentPrefix(installation)}${commandId}`;

/** What the `Comment` of every command of this installation starts with. */
export const commentPrefix = (installation: string): string => `ecs-updater ${installation} `;
