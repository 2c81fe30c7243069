import type { EcsCluster } from '../ecs/model.js';
import type { Host } from '../host/host.js';
import type { ScenarioInstance } from '../scenario.js';

/** States of an instance's life in its group, of those that the real service has (Auto Scaling user guide, lifecycle). */
export type LifecycleState =
  | 'Pending'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed';

/** An instance of a group. */
export interface Member {
  readonly host: Host;
  readonly group: AutoScalingGroup;
  readonly availabilityZone: string;
  /** What it was made of, and a replacement will be. */
  readonly given: ScenarioInstance;
  readonly cluster: EcsCluster;
  lifecycleState: LifecycleState;
  healthStatus: 'HEALTHY' | 'UNHEALTHY';
}

/** A group of instances that is kept at its desired capacity. */
export interface AutoScalingGroup {
  readonly name: string;
  readonly arn: string;
  /** Virtual milliseconds. */
  readonly createdAt: number;
  readonly terminationHookSeconds: number;
  /** OS version of new instances; absent: that of the one that is replaced. */
  readonly launchedVersion?: string;
  /** False: it launches none. */
  readonly launches: boolean;
  desiredCapacity: number;
  minSize: number;
  maxSize: number;
  readonly members: Map<string, Member>;
  /** Launches under way that are no instance yet. */
  launching: number;
}

/** Whether a member is on its way out. */
export const isLeaving = ({ lifecycleState }: Member): boolean => lifecycleState.startsWith('Terminating');
