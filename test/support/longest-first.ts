import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Files that take minutes, the longest first. One that began last would keep a single core busy while the others are idle. */
const long = [
  'workflows/update-cluster/carry',
  'e2e/killed-worker',
  'e2e/typed-pages',
  'e2e/chaos',
  'e2e/cloud',
  'e2e/faults/aws-trouble',
  'e2e/orders',
  'e2e/faults/clocks',
  'e2e/auto-scaling',
  'integration/packaging/image-steps',
  'integration/packaging/package',
  'integration/activities/boots',
  'workflows/update-cluster/window',
  'workflows/update-instance/worker-away',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return index === -1 ? long.length : index;
};

const projects = ['e2e', 'workflows', 'integration', 'unit', 'unit-mocked'];

const projectRank = ({ project }: TestSpecification): number => projects.indexOf(project.name);

/** Starts long files first. Those of one project come one after the other: only then do they share a process. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => projectRank(a) - projectRank(b) || rank(a) - rank(b));
  }
}
