import { parseScenario, type Scenario } from './scenario.js';

/**
 * A fleet without surprises: `instances` Bottlerocket hosts over three zones, all one version behind, and two
 * services with room enough to move.
 */
export function plainScenario(options: {
  instances: number;
  cluster?: string;
  region?: string;
  seed?: number;
  /** Tags of every instance. */
  tags?: Record<string, string>;
}): Scenario {
  const { instances, tags = {}, ...given } = options;
  return parseScenario({
    ...given,
    instances: [
      { count: instances, tags, host: { version: '1.26.0', offered: '1.26.1', variant: 'aws-ecs-2' } },
    ],
    services: [
      { name: 'web', desiredCount: instances, cpu: 256, memory: 512 },
      { name: 'worker', desiredCount: Math.max(1, Math.floor(instances / 2)), cpu: 512, memory: 1024 },
    ],
  });
}
