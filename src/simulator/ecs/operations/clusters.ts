import { z } from 'zod';
import type { DescribeClustersResponse, ListClustersResponse } from '@aws-sdk/client-ecs';
import type { Operation } from '../../kernel.js';
import { ecsArn } from '../context.js';
import { ecsPage, pageInput } from '../lookup.js';
import { ecsOperation } from '../operation.js';
import { toClusterShape } from '../shapes.js';
import type { EcsWorld } from '../world.js';

const fields = ['ATTACHMENTS', 'CONFIGURATIONS', 'SETTINGS', 'STATISTICS', 'TAGS'] as const;

export function clusterOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  return {
    ListClusters: ecsOperation(z.object(pageInput), (input): ListClustersResponse => {
      const page = ecsPage(world.clusters.values(), { action: 'ListClusters', ...input }, pageSize);
      return { clusterArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    }),

    DescribeClusters: ecsOperation(
      z.object({
        clusters: z.array(z.string()).max(100, 'clusters can have at most 100 items.').default(['default']),
        include: z.array(z.enum(fields)).default([]),
      }),
      ({ clusters, include }): DescribeClustersResponse => {
        const answer: Required<DescribeClustersResponse> = { clusters: [], failures: [] };
        for (const reference of clusters) {
          const cluster = world.clusters.get(reference.replace(/^arn:.*:cluster\//, ''));
          if (cluster) answer.clusters?.push(toClusterShape(cluster, { tags: include.includes('TAGS') }));
          else {
            const arn = reference.startsWith('arn:')
              ? reference
              : ecsArn(world.context, `cluster/${reference}`);
            answer.failures?.push({ arn, reason: 'MISSING' });
          }
        }
        return answer;
      },
    ),
  };
}
