import type { Instance, InstanceState, InstanceStatus } from '@aws-sdk/client-ec2';
import type { Machine } from './machine.js';

/** Code and name of each state. */
const states: Record<string, InstanceState> = {
  running: { Code: 16, Name: 'running' },
  'shutting-down': { Code: 32, Name: 'shutting-down' },
  terminated: { Code: 48, Name: 'terminated' },
};

export const stateOf = (machine: Machine): InstanceState => ({ ...states[machine.host.ec2State] });

export const privateDns = (machine: Machine): string =>
  `ip-${machine.spec.privateIp.replaceAll('.', '-')}.ec2.internal`;

export const reachability = (machine: Machine): 'passed' | 'failed' | 'initializing' => {
  const status = machine.checkStatus;
  return status === 'initializing' ? 'initializing' : status === 'impaired' ? 'failed' : 'passed';
};

export const systemStatus = (machine: Machine): 'ok' | 'not-applicable' =>
  machine.checkStatus === 'not-applicable' ? 'not-applicable' : 'ok';

/** An instance as EC2 describes it. */
export function toInstance(machine: Machine): Instance {
  const { spec, host } = machine;
  return {
    AmiLaunchIndex: 0,
    Architecture: spec.architecture,
    ImageId: spec.imageId,
    InstanceId: machine.id,
    InstanceType: toInstanceType(spec.instanceType),
    LaunchTime: new Date(host.launchedAt),
    Monitoring: { State: 'disabled' },
    Placement: { AvailabilityZone: spec.availabilityZone, GroupName: '', Tenancy: 'default' },
    PrivateDnsName: privateDns(machine),
    PrivateIpAddress: spec.privateIp,
    PublicDnsName: '',
    RootDeviceName: '/dev/xvda',
    RootDeviceType: 'ebs',
    State: stateOf(machine),
    SubnetId: spec.subnetId,
    VpcId: spec.vpcId,
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EbsOptimized: false,
    EnaSupport: true,
    SourceDestCheck: true,
    PlatformDetails: 'Linux/UNIX',
    Tags: [...spec.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

/** The SDK's type lists every instance type there is; a scenario may name any of them. */
const isInstanceType = (text: string): text is NonNullable<Instance['InstanceType']> =>
  /^[a-z0-9-]+\.[a-z0-9-]+$/.test(text);

const toInstanceType = (text: string): Instance['InstanceType'] => (isInstanceType(text) ? text : undefined);

/** Its status checks as EC2 describes them. */
export function toStatus(machine: Machine): InstanceStatus {
  const status = machine.checkStatus;
  const since = machine.impairedSince;
  const isRunning = status !== 'not-applicable';
  const impaired = since === undefined ? {} : { ImpairedSince: new Date(since) };
  return {
    AvailabilityZone: machine.spec.availabilityZone,
    InstanceId: machine.id,
    InstanceState: stateOf(machine),
    InstanceStatus: {
      Status: status,
      ...(isRunning && { Details: [{ Name: 'reachability', Status: reachability(machine), ...impaired }] }),
    },
    SystemStatus: {
      Status: systemStatus(machine),
      ...(isRunning && { Details: [{ Name: 'reachability', Status: 'passed' }] }),
    },
  };
}
