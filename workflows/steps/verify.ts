import type { HostProbe } from '../../src/model/host.js';
import type { Lost } from '../../activities/types.js';
import type { Reason } from '../../src/model/reason.js';
import { LimitPassed, wasCalledOff, withinLimit } from '../limits.js';
import { awsError, failed, type InstanceRun, lost } from '../instance-run.js';
import { describing, waiting } from '../proxies.js';
import { insist } from './insist.js';
import { tell } from './tell.js';

/** The host runs the target, by its own word, and is healthy in ECS and EC2. */
export async function verify(run: InstanceRun, booted: HostProbe): Promise<void> {
  const version = booted.runningVersion;
  const target = run.to ?? 'unknown';
  if (version !== target) {
    throw version !== null && version === run.from
      ? failed({ code: 'booted-old-version', version, target })
      : failed({ code: 'wrong-version', version, target });
  }
  await becomeHealthy(run);
}

/** Agent connected in three reads, EC2 status ok in the first and the last of them. */
export async function becomeHealthy(run: InstanceRun): Promise<void> {
  const { limits } = run.input.settings;
  try {
    const health = await healthy(run);
    if (health.kind !== 'healthy') throw lost(health, run.rebooted);
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    const detail = await tell(() => describing('what is not healthy').describeHealth(run.on));
    throw failed({ code: 'verify-limit', limitMs: limits.verifyMs, detail });
  }
}

/** The same for who has to go on whatever comes of it: throws only that the limit has passed. */
export function healthy(run: InstanceRun): Promise<{ kind: 'healthy' } | Lost> {
  const { limits, pace } = run.input.settings;
  return withinLimit(limits.verifyMs, 'verify limit', () =>
    insist(run, 'see whether the host is healthy', () =>
      waiting('agent connected, EC2 status ok').waitUntilHealthy({ ...run.on, pace }),
    ),
  );
}

/** The services that had tasks here are steady again; else the warning to report. A cancel ends it: the instance serves already. */
export async function settle(run: InstanceRun, services: string[]): Promise<Reason | undefined> {
  if (services.length === 0) return undefined;
  const { limits, pace } = run.input.settings;
  try {
    await withinLimit(limits.settleMs, 'settle limit', () =>
      waiting(services.join(', ')).waitUntilSteady({ cluster: run.input.cluster, services, pace }),
    );
    return undefined;
  } catch (err) {
    if (wasCalledOff(err)) return undefined;
    if (err instanceof LimitPassed) {
      // Where AWS cannot be asked, the services may well be steady.
      const detail = await tell(async () => {
        await describing('what is not steady').describeRemaining(run.on);
        return '';
      });
      return { code: 'settle-limit', limitMs: limits.settleMs, services, ...(detail && { detail }) };
    }
    const reason = awsError(err);
    if (!reason) throw err;
    return reason;
  }
}
