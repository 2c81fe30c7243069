import type { Activities } from '../../activities/types.js';

const activitiesModule = '../../activities/index.js';

/** The activities of this product with clients for the AWS that the environment names. */
export async function ourActivities(): Promise<Activities> {
  const { createActivities }: { createActivities: () => Activities } = await import(activitiesModule);
  return createActivities();
}
