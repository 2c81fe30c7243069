import { LimitPassed, withinLimit } from '../limits.js';
import { blocked, type InstanceRun, lost, rolledBack, skipping } from '../instance-run.js';
import { formatMs } from '../../src/model/explain.js';
import type { TaskRef } from '../../src/model/instance.js';
import { describing, waiting } from '../proxies.js';
import { tell } from './tell.js';

/**
 * Takes the instance out of service and waits until it is empty. Returns the services with tasks here that were steady before.
 * Undone by giving back.
 */
export async function drain(run: InstanceRun): Promise<string[]> {
  const { steadyServices, tasks } = await leaveService(run);
  await becomeEmpty(run);
  run.tasksMoved = tasks;
  return steadyServices;
}

/** Sets it DRAINING, after the deployments of its services: what it waited for them is not taken from the time to drain. */
async function leaveService(run: InstanceRun): Promise<{ steadyServices: string[]; tasks: number }> {
  const { limits, pace } = run.input.settings;
  try {
    run.taken = true;
    const start = await withinLimit(limits.drainMs, 'limit for the drain to begin', () =>
      waiting('set it DRAINING').startDraining({
        ...run.on,
        rolloutId: run.input.rolloutId,
        ...(run.to !== null && { target: run.to }),
        pace,
      }),
    );
    switch (start.kind) {
      case 'draining':
        run.leftService();
        return start;
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
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    const { deployingServices, ...left } = await remaining(run);
    throw deployingServices.length === 0
      ? rolledBack({ code: 'drain-limit', limitMs: limits.drainMs, ...left })
      : skipping({ code: 'deployment-in-progress', services: deployingServices });
  }
}

async function becomeEmpty(run: InstanceRun): Promise<void> {
  const { limits, pace } = run.input.settings;
  try {
    const end = await withinLimit(limits.drainMs, 'drain limit', () =>
      waiting(`at most ${formatMs(limits.drainMs)}`).waitUntilDrained({ ...run.on, pace }),
    );
    if (end.kind === 'blocked') throw blocked(end);
    if (end.kind !== 'drained') throw lost(end);
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    const { deployingServices: _, ...left } = await remaining(run);
    throw rolledBack({ code: 'drain-limit', limitMs: limits.drainMs, ...left });
  }
}

interface Remaining {
  tasks: TaskRef[];
  serviceEvents: string[];
  deployingServices: string[];
  /** Why nothing of this is known. */
  detail?: string;
}

async function remaining(run: InstanceRun): Promise<Remaining> {
  let left: Remaining = { tasks: [], serviceEvents: [], deployingServices: [] };
  const detail = await tell(async () => {
    left = await describing('what stayed').describeRemaining(run.on);
    return '';
  });
  return { ...left, ...(detail && { detail }) };
}
