import { CancellationScope, log } from '@temporalio/workflow';
import { LimitPassed, withinLimit } from '../limits.js';
import { blocked, type InstanceRun, lost, rolledBack, skipping } from '../instance-run.js';
import { describing, waiting } from '../proxies.js';

/**
 * Takes the instance out of service and waits until it is empty. Returns the services with tasks here that were steady before.
 * Undone by giving back.
 */
export async function drain(run: InstanceRun): Promise<string[]> {
  const { limits, pace } = run.input.settings;
  let draining = false;
  try {
    return await withinLimit(limits.drainMs, 'drain limit', async () => {
      run.taken = true;
      const start = await waiting.startDraining({ ...run.on, rolloutId: run.input.rolloutId, pace });
      switch (start.kind) {
        case 'draining':
          break;
        case 'blocked':
          throw blocked(start);
        case 'gone':
        case 'taken-over':
          throw lost(start);
        case 'agent-disconnected':
          throw skipping({ code: 'agent-disconnected' });
        case 'held':
          throw skipping({ code: 'held', ...start.hold });
        case 'cannot-drain':
          throw skipping({ code: 'cannot-drain', services: start.services });
        case 'draining-by-others':
          run.taken = false;
          throw skipping({
            code: 'draining-by-others',
            installation: start.installation,
            since: start.since,
          });
      }
      draining = true;
      const end = await waiting.waitUntilDrained({ ...run.on, pace });
      if (end.kind === 'blocked') throw blocked(end);
      if (end.kind !== 'drained') throw lost(end);
      return start.steadyServices;
    });
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    const { tasks, serviceEvents, deployingServices } = await remaining(run);
    throw draining || deployingServices.length === 0
      ? rolledBack({ code: 'drain-limit', limitMs: limits.drainMs, tasks, serviceEvents })
      : skipping({ code: 'deployment-in-progress', services: deployingServices });
  }
}

async function remaining(run: InstanceRun): ReturnType<typeof describing.describeRemaining> {
  try {
    return await CancellationScope.nonCancellable(() => describing.describeRemaining(run.on));
  } catch (err) {
    log.warn('cannot tell what remained on the instance', { error: err });
    return { tasks: [], serviceEvents: [], deployingServices: [] };
  }
}
