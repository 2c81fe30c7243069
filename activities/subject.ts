import type { ClusterRef } from '../src/model/names.js';
import type { InstanceRef } from '../src/model/instance.js';

/** How messages name an instance: `prod/i-0abc`. */
export const subjectOf = ({ cluster, instance }: { cluster: ClusterRef; instance: InstanceRef }): string =>
  `${cluster.name}/${instance.ec2InstanceId}`;

/** Cuts a list into batches of at most `size`. */
export const batches = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
