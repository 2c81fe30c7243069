import { ApplicationFailure } from '@temporalio/common';
import { ActivityFailure, log, rootCause, sleep } from '@temporalio/workflow';
import { cutText } from '../../src/model/bounds.js';
import type { Afterwards } from '../../src/model/reason.js';
import { hostTimes } from '../../src/model/settings.js';
import { Ended, failed, type InstanceRun, lost } from '../instance-run.js';
import { LimitPassed, wasCalledOff, withinLimit } from '../limits.js';
import { givingBack, once, waiting } from '../proxies.js';
import { insist } from './insist.js';
import { tellThatItIsHeld } from './news.js';

/**
 * Does what the settings say about a host that did not prove its reboot, given why its work ended. Answers the end with what came of it; it has
 * failed in any case. `run.held` says whether it stays out of service.
 */
export async function afterFailedReboot(run: InstanceRun, ending: Ended): Promise<Ended> {
  const { outcome } = ending;
  if (outcome.kind !== 'failed') return ending;
  const { reason } = outcome;
  const { afterFailedReboot: policy } = run.input.settings;
  if (reason.code !== 'wrong-version' && reason.code !== 'reboot-limit' && reason.code !== 'verify-limit') {
    return ending;
  }
  const end: End = (afterwards) => failed({ ...reason, afterwards });
  if (policy === 'hold') return hold(run, end);
  // A host with a wrong version is back: a reboot would bring nothing else. And who interrupted us may have asked EC2 already.
  const mayHelp = reason.code !== 'wrong-version' && run.input.work.mode === 'update';
  return policy === 'ec2-reboot' && mayHelp
    ? rebootThroughEc2(run, end, reason.code === 'verify-limit')
    : ending;
}

type End = (afterwards: Afterwards) => Ended;

async function hold(run: InstanceRun, end: End): Promise<Ended> {
  const ending = end({ did: 'hold' });
  const memory = run.memoryOf(ending.outcome);
  const held = await insist(run, 'mark the instance as held', () =>
    givingBack('its reboot is not proven').hold({ ...run.on, ...(memory && { memory }) }),
  );
  if (held.kind !== 'held') return lost(held, true);
  run.held = true;
  await tellThatItIsHeld(run, ending.outcome);
  return ending;
}

/** One reboot through EC2, and the limit of a reboot anew for the host to come back and be healthy. */
async function rebootThroughEc2(run: InstanceRun, end: End, unlessHealthy: boolean): Promise<Ended> {
  const { documents, settings } = run.input;
  let seen: Afterwards = { did: 'ec2-reboot', seen: 'nothing' };
  const orders: Orders = { mayBeSentAt: null };
  try {
    await withinLimit(settings.limits.rebootMs, 'limit of the reboot through EC2', async () => {
      const order = await orderOnce(run, orders, unlessHealthy);
      if (order !== 'sent') {
        seen = { did: 'nothing', detail: order };
        return;
      }
      const boot = await insist(run, 'look at the host after its reboot through EC2', () =>
        waiting('after a reboot through EC2').waitForEc2Boot({
          ...run.on,
          check: documents.check,
          bootId: run.bootId,
          commandId: run.nextCommand('check').commandId,
          pace: settings.pace,
        }),
      );
      if (boot.kind !== 'booted') throw lost(boot, true);
      // One that never left the boot of before says nothing of the new version.
      const version = boot.host.bootId === run.bootIdBefore ? null : boot.host.runningVersion;
      seen = { did: 'ec2-reboot', seen: 'booted', version };
      await outwait(run, orders);
      const health = await insist(run, 'see whether the host is healthy', () =>
        waiting('after a reboot through EC2').waitUntilHealthy({ ...run.on, pace: settings.pace }),
      );
      if (health.kind !== 'healthy') throw lost(health, true);
      seen = { did: 'ec2-reboot', seen: 'healthy', version };
    });
  } catch (err) {
    if (err instanceof Ended) return err;
    if (!(err instanceof LimitPassed)) throw err;
    await outwait(run, orders);
  }
  return end(seen);
}

/** Waits until EC2 can reboot the host no more: it resets what did not go down, also a host that came back by itself meanwhile. */
async function outwait(run: InstanceRun, { mayBeSentAt }: Orders): Promise<void> {
  const openMs = mayBeSentAt === null ? 0 : mayBeSentAt + ec2OpenMs(run) - Date.now();
  if (openMs > 0) await sleep(openMs, { summary: 'EC2 may still reboot it' });
}

interface Orders {
  /** When the last order may have been sent, ms since the epoch; null: none was. */
  mayBeSentAt: number | null;
}

/** How long a reboot through EC2 may still come, in ms. */
const ec2OpenMs = ({ input }: InstanceRun): number =>
  hostTimes.ec2RebootSeconds * input.settings.pace.hostSecondMs;

/**
 * Orders the reboot, as often as it is certain that the attempt before ordered none; a refusal for good is answered in words. An attempt
 * of which nothing was heard, as of a worker that died, counts as one that ordered it.
 */
async function orderOnce(run: InstanceRun, orders: Orders, unlessHealthy: boolean): Promise<string> {
  for (;;) {
    try {
      const order = await once('it did not come back by itself').rebootThroughEc2({
        ...run.on,
        unlessHealthy,
      });
      if (order.kind === 'sent') {
        orders.mayBeSentAt = Date.now();
        return 'sent';
      }
      if (order.kind === 'healthy') return 'it had just become healthy';
      if (order.kind === 'gone' || order.kind === 'taken-over') throw lost(order, true);
      return `tasks are on it (${order.tasks.length})`;
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      const { cause } = err;
      // Called off while it was being sent, too.
      if (!(cause instanceof ApplicationFailure)) orders.mayBeSentAt = Date.now();
      if (wasCalledOff(err)) throw err;
      if (!(cause instanceof ApplicationFailure)) return 'sent';
      if (cause.nonRetryable === true) return cutText(cause.message);
      log.warn('cannot reboot the host through EC2; it is tried again', { error: rootCause(err) });
      await sleep(run.input.settings.pace.capacityMs, { summary: 'try again to reboot it through EC2' });
    }
  }
}

/**
 * Waits until no reboot through EC2 can come any more that an interrupted rollout, which began with this instance at `since` (ISO 8601),
 * may have asked for: EC2 keeps no record of them. None was asked for before the limit of the first reboot had passed. Answers whether it waited:
 * what was known of the host is old then.
 */
export async function outwaitEc2Reboot(run: InstanceRun, since: string): Promise<boolean> {
  const { afterFailedReboot: policy, limits } = run.input.settings;
  if (policy !== 'ec2-reboot' || Date.now() - Date.parse(since) < limits.rebootMs) return false;
  await sleep(Math.max(limits.rebootMs, ec2OpenMs(run)), {
    summary: 'a reboot through EC2 may have been asked for',
  });
  return true;
}
