import type { Machine } from '../ec2/machine.js';
import type { EcsWorld } from '../ecs/world.js';

const none: ReadonlyMap<string, string> = new Map();

/** Tags of clusters, container instances, services and machines, by ARN; those of anything else are not kept. */
export const tagsByArn =
  (ecs: EcsWorld, machines: ReadonlyMap<string, Machine>) =>
  (arn: string): ReadonlyMap<string, string> => {
    const [, service, type, name = '', inner = ''] =
      /^arn:[^:]*:(\w+):[^:]*:[^:]*:([\w-]+)\/([^/]+)(?:\/([^/]+))?$/.exec(arn) ?? [];
    if (service === 'ec2') return machines.get(name)?.spec.tags ?? none;
    const cluster = service === 'ecs' ? ecs.clusters.get(name) : undefined;
    const resource = new Map<string | undefined, { tags: ReadonlyMap<string, string> } | undefined>([
      ['cluster', cluster],
      ['container-instance', cluster?.instances.get(inner)],
      ['service', cluster?.services.get(inner)],
    ]).get(type);
    return resource?.tags ?? none;
  };
