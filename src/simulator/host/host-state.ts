import type { PartitionSet } from './partitions.js';
import type { HostSpec } from './spec.js';
import type { UpdateAction, UpdateState } from './update-machine.js';

export type Ec2State = 'running' | 'shutting-down' | 'terminated';

/** Something that a control plane may have to react to. */
export interface HostChange {
  kind:
    | 'shutting-down'
    | 'down'
    | 'hung'
    | 'kernel-up'
    | 'ecs-agent-up'
    | 'ssm-agent-up'
    | 'ssm-agent-down'
    | 'terminated';
}

/** How far a host is on its way up. */
export type Stage = 'running' | 'stopping' | 'down' | 'booting' | 'hung' | 'terminated';

/** The whole state of a host, for the control API and for tests. */
export interface HostSnapshot {
  ec2InstanceId: string;
  os: HostSpec['os'];
  ec2State: Ec2State;
  stage: Stage;
  bootId: string;
  activeVersion: string;
  partitions: { active: PartitionSet; inactive: PartitionSet };
  updateState: UpdateState;
  /** Action that holds the update lock. */
  updateAction: UpdateAction | null;
  /** A reboot was ordered and has not begun. */
  rebootPending: boolean;
  ecsAgentUp: boolean;
  ssmAgentUp: boolean;
  scriptsRunning: number;
}
