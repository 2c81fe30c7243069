import type { FilterSet } from './filters.js';
import type { Machine } from './machine.js';
import { privateDns, reachability, stateOf, systemStatus } from './shapes.js';

function tagValues(machine: Machine, name: string): readonly string[] {
  if (name === 'tag-key') return [...machine.spec.tags.keys()];
  const [, key] = /^tag:(.+)$/s.exec(name) ?? [];
  const value = key === undefined ? undefined : machine.spec.tags.get(key);
  return value === undefined ? [] : [value];
}

const instanceValues: Record<string, (machine: Machine) => string> = {
  'instance-id': (machine) => machine.id,
  'instance-state-name': (machine) => machine.host.ec2State,
  'instance-state-code': (machine) => String(stateOf(machine).Code),
  'availability-zone': (machine) => machine.spec.availabilityZone,
  'instance-type': (machine) => machine.spec.instanceType,
  'image-id': (machine) => machine.spec.imageId,
  'private-ip-address': (machine) => machine.spec.privateIp,
  'private-dns-name': (machine) => privateDns(machine),
  architecture: (machine) => machine.spec.architecture,
  'subnet-id': (machine) => machine.spec.subnetId,
  'vpc-id': (machine) => machine.spec.vpcId,
};

const statusValues: Record<string, (machine: Machine) => string> = {
  'availability-zone': (machine) => machine.spec.availabilityZone,
  'instance-state-name': (machine) => machine.host.ec2State,
  'instance-state-code': (machine) => String(stateOf(machine).Code),
  'instance-status.status': (machine) => machine.checkStatus,
  'instance-status.reachability': (machine) => reachability(machine),
  'system-status.status': (machine) => systemStatus(machine),
  'system-status.reachability': (machine) =>
    systemStatus(machine) === 'ok' ? 'passed' : 'insufficient-data',
};

/** Filters of DescribeInstances. */
export const instanceFilters: FilterSet<Machine> = {
  knows: (name) => Object.hasOwn(instanceValues, name) || name === 'tag-key' || name.startsWith('tag:'),
  valuesOf(machine, name) {
    const value = instanceValues[name]?.(machine);
    return value === undefined ? tagValues(machine, name) : [value];
  },
};

/** Filters of DescribeInstanceStatus. */
export const statusFilters: FilterSet<Machine> = {
  knows: (name) => Object.hasOwn(statusValues, name),
  valuesOf: (machine, name) => [statusValues[name]?.(machine) ?? ''],
};
