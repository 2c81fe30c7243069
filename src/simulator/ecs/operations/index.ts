import type { Operation } from '../../kernel.js';
import type { EcsWorld } from '../world.js';
import { attributeOperations } from './attributes.js';
import { capacityProviderOperations } from './capacity-providers.js';
import { clusterOperations } from './clusters.js';
import { instanceOperations } from './instances.js';
import { protectionOperations } from './protection.js';
import { serviceOperations } from './services.js';
import { tagOperations } from './tags.js';
import { taskOperations } from './tasks.js';

/** Every action of ECS that is simulated. `pageSize`: items on a page where the caller does not say. */
export const createEcsOperations = (world: EcsWorld, pageSize = 100): Record<string, Operation> => ({
  ...capacityProviderOperations(world, pageSize),
  ...clusterOperations(world, pageSize),
  ...instanceOperations(world, pageSize),
  ...attributeOperations(world, pageSize),
  ...taskOperations(world, pageSize),
  ...protectionOperations(world),
  ...serviceOperations(world, pageSize),
  ...tagOperations(world),
});
