/**
 * What `ecs-updater doctor` asks of a worker: to try, with its own permissions, what a rollout would need. It changes nothing. A cancel ends it
 * between two looks.
 */
import type { ExaminationInput, Finding } from '../src/model/examination.js';
import { examining } from './proxies.js';

export async function examineCluster(input: ExaminationInput): Promise<Finding[]> {
  return examining('what a run needs').examine(input);
}
