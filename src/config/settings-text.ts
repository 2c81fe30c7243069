import type { FailureBudget, MaxUnavailable, RolloutSettings } from '../model/settings.js';
import { durationText } from './durations.js';

/** The settings of a rollout as the file and the flags have them, under the same names; what is no setting follows. */
export function settingsText(settings: RolloutSettings): Record<string, string> {
  const { failures, limits, notifications, pace } = settings;
  return {
    include: settings.include ?? 'every instance',
    exclude: settings.exclude ?? 'no instance',
    maxUnavailable: amountText(settings.maxUnavailable),
    failureBudget: amountText(settings.failureBudget),
    stopStartingAfter:
      settings.stopStartingAfterMs === null ? 'no limit' : durationText(settings.stopStartingAfterMs),
    afterFailedReboot: settings.afterFailedReboot,
    giveUpAfter: String(failures.giveUpAfter),
    quarantineAfter: String(failures.quarantineAfter),
    prerequisitesLimit: durationText(limits.prerequisitesMs),
    checkLimit: durationText(limits.checkMs),
    checkFresh: durationText(limits.checkFreshMs),
    drainLimit: durationText(limits.drainMs),
    updateLimit: durationText(limits.updateMs),
    rebootLimit: durationText(limits.rebootMs),
    verifyLimit: durationText(limits.verifyMs),
    settleLimit: durationText(limits.settleMs),
    capacityLimit: durationText(limits.capacityMs),
    notificationTimeout: durationText(notifications.answerMs),
    notificationLimit: durationText(notifications.tryMs),
    installation: settings.installation,
    attentionAfter: durationText(limits.attentionMs),
    backOff: durationText(failures.backOffMs),
    longestBackOff: durationText(failures.longestBackOffMs),
    updatesPerRun: String(settings.updatesPerRun),
    ...Object.fromEntries(
      Object.entries(pace).map(([name, ms]) => [`pace.${name.replace(/Ms$/, '')}`, durationText(Number(ms))]),
    ),
  };
}

function amountText(amount: MaxUnavailable | FailureBudget): string {
  switch (amount.kind) {
    case 'count':
      return String(amount.count);
    case 'percent':
      return `${amount.percent}%`;
    case 'unlimited':
      return 'unlimited';
  }
}
