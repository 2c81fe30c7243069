import type { CheckResult, HostStatus } from '../../src/model/host.js';
import { verdictOfCheck } from '../../src/model/plan.js';
import { type InstanceRun, skipping } from '../instance-run.js';
import { waiting } from '../proxies.js';

/** Asks the host once more. An answer that calls for no update ends the work; else its version is the target from now on. */
export async function askHost(run: InstanceRun): Promise<HostStatus> {
  const { cluster, instance, settings } = run.input;
  const answers: Record<string, CheckResult> = await waiting('ask the host').checkForUpdates({
    cluster,
    ec2InstanceIds: [instance.ec2InstanceId],
    command: run.nextCommand('check'),
    installation: settings.installation,
    pace: settings.pace,
    limitMs: settings.limits.checkMs,
  });
  const check = answers[instance.ec2InstanceId] ?? { kind: 'check-failed', seen: 'no answer' };
  const verdict = verdictOfCheck(check);
  if (verdict.kind === 'skip') {
    const { reason } = verdict;
    throw skipping(
      reason.code === 'up-to-date' || reason.code === 'not-in-wave'
        ? { code: 'update-withdrawn', version: reason.version }
        : reason,
    );
  }
  if (check.kind !== 'checked') throw new TypeError(`verdict update from ${check.kind}`);
  run.throwIfQuarantined(verdict.to);
  run.aim(verdict.from, verdict.to);
  run.found = verdict.found;
  run.checkedAt = new Date().toISOString();
  run.hostNow = check.host.now;
  return check.host;
}

/** Asks the host again if what it said is old. */
export async function refreshCheck(run: InstanceRun): Promise<void> {
  const { checkFreshMs } = run.input.settings.limits;
  if (Date.now() - Date.parse(run.checkedAt) > checkFreshMs) await askHost(run);
}
