import type { ScenarioInput } from './scenario.js';

/** A scenario whose instances have, beside their own tags, this one with the name of their cluster. */
export const tagByCluster = (
  scenario: ScenarioInput & { cluster: string },
  tag: string,
): ScenarioInput & { cluster: string } => ({
  ...scenario,
  instances: tagged(scenario.instances, tag, scenario.cluster),
  otherClusters: scenario.otherClusters?.map((other) => ({
    ...other,
    instances: tagged(other.instances, tag, other.cluster),
  })),
});

const tagged = (
  instances: ScenarioInput['instances'],
  tag: string,
  value: string,
): ScenarioInput['instances'] =>
  instances.map((instance) => ({ ...instance, tags: { [tag]: value, ...instance.tags } }));
