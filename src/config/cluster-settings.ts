import type { RolloutSettings } from '../model/settings.js';
import type { ClusterConfig } from './load.js';
import { rolloutSettings } from './settings.js';

/** The settings with which a cluster of the file is rolled out. */
export const settingsOf = (cluster: ClusterConfig): RolloutSettings =>
  rolloutSettings({ ...cluster, ...expressionsOf(cluster.selection) });

/** Attributes and expressions as the two expressions of the cluster query language that a rollout has. */
function expressionsOf({ optIn, optOut, include, exclude }: ClusterConfig['selection']): {
  include: string | null;
  exclude: string | null;
} {
  return {
    include: join(optIn, optIn && include && isCompound(include) ? `(${include})` : include, 'and'),
    // `and` binds before `or`.
    exclude: join(optOut, exclude, 'or'),
  };
}

function join(attribute: string | null, expression: string | null, by: 'and' | 'or'): string | null {
  const has = attribute && `attribute:${attribute} exists and attribute:${attribute} != false`;
  return has && expression ? `${has} ${by} ${expression}` : (has ?? expression);
}

/** ECS wants parentheses around what is combined, and only there (developer guide, cluster query language). */
const isCompound = (expression: string): boolean => /\b(and|or)\b|&&|\|\|/i.test(expression);
