import { condition } from '@temporalio/workflow';
import { GrowingPause } from '../../src/model/growing-pause.js';
import { allowedUnavailable } from '../../src/model/settings.js';
import type { ClusterRun } from '../cluster-run.js';
import { reading } from '../proxies.js';
import { findGhostsAmong } from './absent.js';
import { startUpdate } from './children.js';
import { tellThatItWaits } from './news.js';

/**
 * Starts the updates in the queue, as many at a time as may be out of service, until none is left, the rollout is stopped, or this run
 * has started its share. Before each start the cluster is looked at again.
 */
export async function roll(run: ClusterRun): Promise<void> {
  const { settings } = run.input;
  let noSlotSince: number | null = null;
  const pause = new GrowingPause(settings.pace.capacityMs);
  while (run.queue.length > 0 && run.started < settings.updatesPerRun) {
    run.checkTime();
    if (run.stop) return;
    const { due } = run;
    if (run.paused || due.length === 0) {
      if (!run.paused && run.onlySkippedLeft && run.inFlight.size === 0) return;
      noSlotSince = null;
      const before = run.changes;
      if (run.inFlight.size === 0 && !run.onlySkippedLeft) await tellThatItWaits(run);
      if (run.changes === before) await change(run, null);
      continue;
    }

    const { free, allowed, outOfService } = await look(run);
    if (free > 0) {
      noSlotSince = null;
      for (let slots = free; slots > 0 && mayStart(run); slots--) {
        const [next] = run.due;
        if (next) await startUpdate(run, next);
      }
    }
    if (run.inFlight.size > 0 && run.inFlight.size >= allowed) {
      await change(run, null);
    } else if (free <= 0) {
      if (run.inFlight.size > 0) noSlotSince = null;
      else noSlotSince ??= Date.now();
      if (noSlotSince !== null && Date.now() - noSlotSince >= settings.limits.capacityMs) {
        for (const update of run.due) {
          run.queue = run.queue.filter((other) => other !== update);
          const { from, to } = update;
          run.settle(update.instance.ec2InstanceId, {
            kind: 'skipped',
            from,
            to,
            reason: { code: 'no-capacity', outOfService, allowed },
          });
        }
        continue;
      }
      const pauseMs = pause.after([run.changes, free, allowed, outOfService].join(), Date.now());
      const leftMs = noSlotSince === null ? pauseMs : noSlotSince + settings.limits.capacityMs - Date.now();
      await change(run, Math.min(pauseMs, leftMs));
    }
  }
}

/** A pause or a stop may come while the cluster is looked at, and while an instance starts. */
const mayStart = ({ paused, stop, started, input }: ClusterRun): boolean =>
  !paused && !stop && started < input.settings.updatesPerRun;

/** Waits until something changed: an end, a message, the time to stop starting; at most `ms` milliseconds, null: as long as it takes. */
async function change(run: ClusterRun, ms: number | null): Promise<void> {
  const before = run.changes;
  const changed = () => run.changes !== before;
  const limits = [ms, run.startingMsLeft].filter((limit) => limit !== null);
  if (limits.length === 0) await condition(changed);
  else await condition(changed, Math.max(1, Math.min(...limits)));
}

/** How many more instances may leave service now: whoever took them out, those that are away count. */
async function look(run: ClusterRun): Promise<{ free: number; allowed: number; outOfService: number }> {
  const cluster = await reading('who is out of service').lookAtCluster({ cluster: run.input.cluster });
  const away = new Set(cluster.outOfService);
  for (const { containerInstanceArn } of run.inFlight.values()) away.add(containerInstanceArn);
  const seen = count(run, cluster.registered, away);
  if (seen.free > 0 || !(await findGhostsAmong(run, away))) return seen;
  return count(run, cluster.registered, away);
}

function count(
  run: ClusterRun,
  registered: number,
  away: ReadonlySet<string>,
): { free: number; allowed: number; outOfService: number } {
  // What EC2 has ended will not come back into service: only the record is left.
  const ghosts = [...run.ghosts.values()].filter((ghost) => away.has(ghost.containerInstanceArn)).length;
  const allowed = allowedUnavailable(run.input.settings.maxUnavailable, registered - ghosts);
  const outOfService = away.size - ghosts;
  return { free: allowed - outOfService, allowed, outOfService };
}
