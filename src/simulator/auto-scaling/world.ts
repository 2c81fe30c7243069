import type { EcsCluster } from '../ecs/model.js';
import { drawMs } from '../ecs/timings.js';
import type { Host } from '../host/host.js';
import { isNewer } from '../host/spec.js';
import { uuid } from '../host/uuid.js';
import { launch, type Site } from '../launch.js';
import type { ScenarioGroup, ScenarioInstance } from '../scenario.js';
import { isLeaving, type AutoScalingGroup, type LifecycleState, type Member } from './group.js';
import type { AutoScalingTimings } from './timings.js';

/** What the groups work on. */
export interface AutoScalingContext extends Site {
  accountId: string;
  region: string;
  timings: AutoScalingTimings;
  /** Groups that are not as all groups are. */
  groups: readonly ScenarioGroup[];
}

interface Place {
  cluster: EcsCluster;
  availabilityZone: string;
}

/** In whose name Auto Scaling acts on EC2. */
const autoScaling = 'autoscaling.amazonaws.com';

/** Auto Scaling: groups that replace the members that they lose. */
export class AutoScalingWorld {
  readonly groups = new Map<string, AutoScalingGroup>();

  constructor(readonly context: AutoScalingContext) {}

  /** The group's member with this id, whatever its group. */
  member(ec2InstanceId: string): Member | undefined {
    for (const { members } of this.groups.values()) {
      const found = members.get(ec2InstanceId);
      if (found) return found;
    }
    return undefined;
  }

  /** Takes an instance of the scenario into the group that it names, if it names one. */
  adopt(given: ScenarioInstance, host: Host, place: Place): void {
    if (given.autoScalingGroup === undefined) return;
    const group = this.#group(given.autoScalingGroup);
    group.desiredCapacity += 1;
    group.maxSize = 2 * group.desiredCapacity;
    this.#join({ group, given, host, ...place, lifecycleState: 'InService', healthStatus: 'HEALTHY' });
  }

  /** Terminates a member as its group does, hook and all; `decrement`: it gets no replacement. */
  terminate(member: Member, cause: string, decrement = false): void {
    if (isLeaving(member)) return;
    const { group, host } = member;
    if (decrement) group.desiredCapacity = Math.max(group.minSize, group.desiredCapacity - 1);
    const wait = group.terminationHookSeconds;
    this.#move(member, wait > 0 ? 'Terminating:Wait' : 'Terminating', cause);
    const { clock, random, timings } = this.context;
    clock.after(wait * 1000, () => {
      if (wait > 0) this.#move(member, 'Terminating:Proceed', cause);
      clock.after(drawMs(random, timings.termination), () => {
        host.terminate(autoScaling, 'auto-scaling');
      });
    });
    this.#fill(group, member);
  }

  #group(name: string): AutoScalingGroup {
    const known = this.groups.get(name);
    if (known) return known;
    const { accountId, region, random, clock, groups } = this.context;
    const given = groups.find((each) => each.name === name);
    const group: AutoScalingGroup = {
      name,
      arn: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${uuid(random.fork(name))}:autoScalingGroupName/${name}`,
      createdAt: clock.now() - 30 * 86_400_000,
      terminationHookSeconds: given?.terminationHookSeconds ?? 0,
      ...(given?.launchedVersion !== undefined && { launchedVersion: given.launchedVersion }),
      launches: given?.launches ?? true,
      desiredCapacity: 0,
      minSize: 0,
      maxSize: 0,
      members: new Map(),
      launching: 0,
    };
    this.groups.set(name, group);
    return group;
  }

  #join(member: Member): void {
    const { host, group } = member;
    group.members.set(host.ec2InstanceId, member);
    host.on(({ kind }) => {
      if (kind === 'shutting-down' && host.ec2State !== 'running') this.#onEnding(member);
      if (kind === 'terminated') this.#onTerminated(member);
    });
  }

  /** Somebody else terminates it: the group learns of that from its health check. */
  #onEnding(member: Member): void {
    if (isLeaving(member)) return;
    const { clock, random, timings } = this.context;
    clock.after(drawMs(random, timings.healthCheck), () => {
      if (isLeaving(member)) return;
      member.healthStatus = 'UNHEALTHY';
      this.#move(
        member,
        'Terminating',
        'an instance was taken out of service in response to an EC2 health check',
      );
      this.#fill(member.group, member);
      if (member.host.ec2State === 'terminated') this.#onTerminated(member);
    });
  }

  #onTerminated(member: Member): void {
    const { group, host } = member;
    if (!isLeaving(member) || !group.members.delete(host.ec2InstanceId)) return;
    this.#tell(member, member.lifecycleState, 'Terminated');
  }

  /** Launches what is missing, each like the member that goes. */
  #fill(group: AutoScalingGroup, like: Member): void {
    const staying = [...group.members.values()].filter((member) => !isLeaving(member)).length;
    const missing = group.launches ? group.desiredCapacity - staying - group.launching : 0;
    for (let index = 0; index < missing; index++) this.#launch(group, like);
  }

  #launch(group: AutoScalingGroup, like: Member): void {
    const { clock, random, timings } = this.context;
    group.launching += 1;
    clock.after(drawMs(random, timings.launch), () => {
      group.launching -= 1;
      const { cluster, availabilityZone } = like;
      const given = replacement(group, like.given);
      const host = launch(this.context, { given, cluster, availabilityZone });
      const member: Member = {
        group,
        given,
        host,
        cluster,
        availabilityZone,
        lifecycleState: 'Pending',
        healthStatus: 'HEALTHY',
      };
      this.#tell(member, 'NotThere', 'Pending');
      this.#join(member);
      host.on(({ kind }) => {
        if (kind === 'kernel-up' && member.lifecycleState === 'Pending') this.#move(member, 'InService');
      });
    });
  }

  #move(member: Member, to: LifecycleState, cause?: string): void {
    const from = member.lifecycleState;
    member.lifecycleState = to;
    this.#tell(member, from, to, cause);
  }

  #tell({ host, group }: Member, from: string, to: string, cause?: string): void {
    this.context.journal.event('auto-scaling-lifecycle', {
      ec2InstanceId: host.ec2InstanceId,
      group: group.name,
      from,
      to,
      ...(cause !== undefined && { cause }),
    });
  }
}

/** What a group launches in the place of an instance that was made of `given`. */
function replacement({ launchedVersion }: AutoScalingGroup, given: ScenarioInstance): ScenarioInstance {
  if (launchedVersion === undefined) return given;
  const { offered } = given.host;
  // What it runs already, or has left behind, is not offered to it.
  const isOffered = typeof offered === 'string' && isNewer(offered, launchedVersion);
  return {
    ...given,
    host: { ...given.host, version: launchedVersion, ...(!isOffered && { offered: null }) },
  };
}
