/**
 * Updates one container instance: drains it, updates it, reboots it, verifies it and puts it back — or gives it back and says why.
 *
 * Cancelled before its reboot is ordered, it gives the instance back and closes as cancelled. Cancelled later, it finishes the boot
 * within its limits and returns its outcome. About 75 events.
 */
import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { wasCalledOff } from './limits.js';
import type { HostStatus } from '../src/model/host.js';
import type { InstanceEnding, InstanceReport, Outcome } from '../src/model/outcome.js';
import type { Reason } from '../src/model/reason.js';
import type { InstanceInput } from '../src/model/steering.js';
import { isNewer } from '../src/model/version.js';
import { showInstance } from './details.js';
import { handleInstanceMessages } from './instance-messages.js';
import { Ended, failed, InstanceRun, lost } from './instance-run.js';
import { afterFailedReboot, outwaitEc2Reboot } from './steps/after-failed-reboot.js';
import { refreshCheck } from './steps/ask-host.js';
import { drain } from './steps/drain.js';
import { becomeQuiet, becomeQuietAfterInterruption, giveBack } from './steps/give-back.js';
import { reboot } from './steps/reboot.js';
import { update } from './steps/update.js';
import { becomeHealthy, settle, verify } from './steps/verify.js';

export async function updateInstance(input: InstanceInput): Promise<InstanceEnding> {
  const run = new InstanceRun(input);
  handleInstanceMessages(run);
  showInstance(run);
  const { work } = input;
  if (work.mode === 'restore') {
    return CancellationScope.nonCancellable(() => restore(run, work.since));
  }

  let steadyServices: string[] = [];
  let ready: HostStatus;
  try {
    await run.beforeUpdate.run(async () => {
      await refreshCheck(run);
      run.throwIfCalledOff();
      run.enter('draining');
      steadyServices = await drain(run);
      run.throwIfCalledOff();
    });
    run.enter('updating');
    ready = await update(run);
    if (run.cancelRequested) throw new CancelledFailure('cancelled');
  } catch (err) {
    if (run.paused && !run.skipped && !run.cancelled && !run.taken && wasCalledOff(err))
      return { kind: 'paused', steering: run.paused };
    return undo(run, err);
  }

  const failure = await CancellationScope.nonCancellable(() => rebootAndGiveBack(run, ready));
  if (failure) return failure;
  run.enter('settling');
  const warning = await settle(run, steadyServices);
  return run.end(updated(run, warning));
}

/** From the order to reboot on there is no way back but through the boot. Answers how it ended, if not well. */
async function rebootAndGiveBack(run: InstanceRun, ready: HostStatus): Promise<InstanceReport | null> {
  try {
    run.enter('rebooting');
    const booted = await reboot(run, ready);
    run.enter('verifying');
    await verify(run, booted);
  } catch (err) {
    return undo(run, err);
  }
  const notOurs = await giveBack(run, () => ({ kind: 'forget' }));
  if (notOurs === null) return null;
  return run.end(
    notOurs.kind === 'taken-over'
      ? updated(run, { code: 'taken-over', status: notOurs.status })
      : lost(notOurs).outcome,
  );
}

const updated = ({ from, to }: InstanceRun, warning: Reason | undefined): Outcome => ({
  kind: 'updated',
  from: from ?? 'unknown',
  to: to ?? 'unknown',
  ...(warning && { warning }),
});

/** Gives back what was taken; the error says how the work ends. */
async function undo(run: InstanceRun, cause: unknown): Promise<InstanceReport> {
  const before = run.endingOf(cause);
  const ending = await CancellationScope.nonCancellable(() => afterFailedReboot(run, before));
  if (run.held) return run.end(ending.outcome);
  const err = ending === before ? cause : ending;
  const notOurs = await CancellationScope.nonCancellable(async () =>
    run.taken && ending.outcome.kind !== 'gone'
      ? giveBack(run, () => run.memoryOf(seenWhenQuiet(run, ending.outcome)))
      : null,
  );
  if (wasCalledOff(err) && !run.skipped && !run.cancelled)
    throw new CancelledFailure('cancelled before the reboot');
  // Giving back may have found out that a reboot never took effect, or that it did.
  const { outcome: ended, stopsRollout } = run.endingOf(err);
  const outcome = seenWhenQuiet(run, ended);
  // What is known to have failed stays so, also where the host ended since: its group may have replaced it for that.
  if (notOurs && outcome.kind !== 'failed') return run.end(lost(notOurs, run.rebooted).outcome, stopsRollout);
  const isRebooted = run.rebooted && (outcome.kind === 'rolled-back' || outcome.kind === 'skipped');
  return run.end(isRebooted ? { ...outcome, kind: 'failed' } : outcome, stopsRollout);
}

/** Whether a host that was to run `to` booted what it ran before; where that is not known (null), anything older counts. */
const fellBack = (version: string, from: string | null, to: string): boolean =>
  from === null ? isNewer(to, version) : version === from && version !== to;

/** How the work ends where a reboot that was in doubt has come, and the host fell back: that says more than whatever ended the work. */
function seenWhenQuiet({ rebooted, quietVersion, from, to }: InstanceRun, outcome: Outcome): Outcome {
  if (outcome.kind === 'updated' || outcome.kind === 'gone') return outcome;
  if (!rebooted || quietVersion === null || to === null || !fellBack(quietVersion, from, to)) return outcome;
  return { kind: 'failed', reason: { code: 'booted-old-version', version: quietVersion, target: to } };
}

/** Whether the work ended since the instance is ACTIVE: whoever was interrupted had set it so, and only our mark may be left. */
const isInService = (err: unknown): boolean =>
  err instanceof Ended &&
  err.outcome.kind !== 'updated' &&
  err.outcome.reason.code === 'taken-over' &&
  err.outcome.reason.status === 'ACTIVE';

/** Gives back what an interrupted rollout left DRAINING, once nothing that it sent can act any more. */
async function restore(run: InstanceRun, since: string): Promise<InstanceReport> {
  run.taken = true;
  run.leftService(Date.parse(since));
  run.enter('rebooting');
  let quiet = await becomeQuietAfterInterruption(run, since);
  if (quiet.kind === 'gone') return run.end(lost(quiet).outcome);
  // EC2 may have been asked to reboot a host that the order through SSM never reached; not where there was none.
  const mayBeOrdered = quiet.kind !== 'quiet' || quiet.reboots !== 0;
  if (mayBeOrdered && (await outwaitEc2Reboot(run, since))) {
    quiet = await becomeQuiet(run, since);
    if (quiet.kind === 'gone') return run.end(lost(quiet).outcome);
  }
  const version = quiet.kind === 'quiet' ? quiet.version : null;
  const rebooted = quiet.kind === 'unreadable' || (quiet.kind === 'quiet' && quiet.rebooted);
  try {
    if (rebooted) {
      run.enter('verifying');
      if (run.to !== null && version !== null && fellBack(version, run.from, run.to))
        throw failed({ code: 'booted-old-version', version, target: run.to });
      await becomeHealthy(run);
    }
  } catch (err) {
    if (!isInService(err)) return undo(run, err);
  }
  const notOurs = await giveBack(run);
  if (notOurs) return run.end(lost(notOurs).outcome);
  return run.end({ kind: 'skipped', reason: { code: 'restored', since, rebooted, version } });
}
