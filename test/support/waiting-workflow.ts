import { proxyActivities } from '@temporalio/workflow';

const { wait } = proxyActivities<{ wait(): Promise<string> }>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '1 minute',
});

/** Does nothing but wait for one activity, for tests of workers. */
export async function waiting(): Promise<string> {
  return wait();
}
