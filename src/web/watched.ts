import { Live, type Pace } from './live.js';
import type { Source } from './source.js';
import type { ClusterSummary, ClusterView } from './view.js';

/** What is watched of a source: each cluster once, however many look at it. */
export interface Watched {
  clusters: Live<ClusterSummary[]>;
  cluster(name: string): Live<ClusterView | null>;
  /** Somebody gave an order: what became of it is looked at at once. */
  hurry(cluster: string): void;
}

/** Clusters whose last sight is kept though nobody looks at them. */
const mostKept = 20;

export function watchedOf(source: Source, pace: Pace): Watched {
  const sentenceOf = (err: unknown): string => source.sentenceOf(err);
  const clusters = new Live(() => source.clusters(), sentenceOf, pace);
  const byName = new Map<string, Live<ClusterView | null>>();
  return {
    clusters,
    cluster: (name) => {
      const found =
        byName.get(name) ??
        new Live<ClusterView | null>((seen) => source.cluster(name, seen), sentenceOf, pace);
      // The one that was asked for last stands last.
      byName.delete(name);
      byName.set(name, found);
      for (const [other, live] of byName) {
        if (byName.size <= mostKept) break;
        if (live.watchers === 0 && live !== found) byName.delete(other);
      }
      return found;
    },
    hurry: (name) => {
      byName.get(name)?.hurry();
      clusters.hurry();
    },
  };
}
