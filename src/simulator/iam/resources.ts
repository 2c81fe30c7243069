import type { Machine } from '../ec2/machine.js';
import type { EcsService } from '../ecs/model.js';
import type { EcsWorld } from '../ecs/world.js';

/** What there is behind the ARNs that calls name. */
export interface Resources {
  /** The ARN that a resource really has: a name stands for that, whatever it would be by today's format. */
  arnOf: (arn: string) => string;
  /** Tags of a cluster, a container instance, a service or a machine; those of anything else are not kept. */
  tagsOf: (arn: string) => ReadonlyMap<string, string>;
}

const none: ReadonlyMap<string, string> = new Map();

/** The service of an ARN, the type of its resource, the first part of its name and the second. */
function parts(arn: string) {
  const [, service, type, name = '', inner = ''] =
    /^arn:[^:]*:(\w+):[^:]*:[^:]*:([\w-]+)\/([^/]+)(?:\/([^/]+))?$/.exec(arn) ?? [];
  return { service, type, name, inner };
}

/** Looks resources up in a fleet. */
export function resourcesOf(ecs: EcsWorld, machines: ReadonlyMap<string, Machine>): Resources {
  const serviceAt = (arn: string): EcsService | undefined => {
    const { service, type, name, inner } = parts(arn);
    return service === 'ecs' && type === 'service' ? ecs.clusters.get(name)?.services.get(inner) : undefined;
  };
  return {
    arnOf: (arn) => serviceAt(arn)?.arn ?? arn,
    tagsOf: (arn) => {
      const { service, type, name, inner } = parts(arn);
      if (service === 'ec2') return machines.get(name)?.spec.tags ?? none;
      const cluster = service === 'ecs' ? ecs.clusters.get(name) : undefined;
      if (type === 'cluster') return cluster?.tags ?? none;
      if (type === 'container-instance') return cluster?.instances.get(inner)?.tags ?? none;
      return serviceAt(arn)?.tags ?? none;
    },
  };
}
