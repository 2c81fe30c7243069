/** How many tasks a service is to have, and may have while they are moved. */
export interface TaskCounts {
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
}

/** Fewest and most tasks that a service may have while hosts are drained: one is rounded up, the other down (ECS API reference, DeploymentConfiguration). */
export const taskRange = ({
  desiredCount,
  minimumHealthyPercent,
  maximumPercent,
}: TaskCounts): { fewest: number; most: number } => ({
  fewest: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
  most: Math.floor((desiredCount * maximumPercent) / 100),
});

/**
 * Whether no task of a service can be moved: it may have neither one less nor one more. That is so where both percentages are 100 (ECS
 * developer guide, draining), and with few tasks also by rounding: one task at 50 to 150 %.
 */
export function cannotMove(counts: TaskCounts): boolean {
  const { fewest, most } = taskRange(counts);
  return counts.desiredCount > 0 && fewest >= counts.desiredCount && most <= counts.desiredCount;
}
