import type { ClusterRef } from '../src/model/names.js';
import type { InstanceRef } from '../src/model/instance.js';

/** How messages name an instance: `prod/i-0abc`. */
export const subjectOf = ({ cluster, instance }: { cluster: ClusterRef; instance: InstanceRef }): string =>
  `${cluster.name}/${instance.ec2InstanceId}`;
