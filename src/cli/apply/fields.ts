import { durationText } from '../../config/durations.js';
import { parseSettings } from '../../config/settings.js';
import { settingsText } from '../../config/settings-text.js';
import type { AssumedRole, DocumentRef } from '../../model/names.js';
import type { NotificationTarget } from '../../model/notifications.js';
import type { Fixed, MadeBy, Scheduled } from '../../temporal/scheduled.js';

/** What a Schedule says, as text by the names of the file. */
type Fields = Record<string, string>;

/** A field before and after; empty: it was or is not there. */
export interface FieldChange {
  field: string;
  /** Null: the Schedule was not there. */
  before: string | null;
  after: string;
}

/** What is told of a new Schedule: everything that is not as it would be anyway. */
export function newFields(wanted: Scheduled, fixed: Fixed): FieldChange[] {
  const { madeBy: _always, ...fields } = fieldsOf(wanted, fixed);
  const usual: Fields = {
    ...settingsText(parseSettings({})),
    ...fixedFields(fixed),
    jitter: durationText(0),
  };
  return Object.entries(fields).flatMap(([field, after]) =>
    after === '' || usual[field] === after || field.startsWith('documents.')
      ? []
      : [{ field, before: null, after }],
  );
}

/** What changes in a Schedule, field by field. */
export function changedFields(
  before: { scheduled: Scheduled; fixed: Fixed },
  after: { scheduled: Scheduled; fixed: Fixed },
): FieldChange[] {
  const [old, wanted] = [before, after].map(({ scheduled, fixed }) => fieldsOf(scheduled, fixed));
  const names = [...new Set([...Object.keys(wanted ?? {}), ...Object.keys(old ?? {})])];
  return names.flatMap((field) => {
    const change = { field, before: old?.[field] ?? '', after: wanted?.[field] ?? '' };
    return change.before === change.after ? [] : [change];
  });
}

function fieldsOf({ input, times, madeBy }: Scheduled, fixed: Fixed): Fields {
  const { cluster, documents, settings, notify = [] } = input;
  return {
    cluster: cluster.arn,
    assumeRole: roleText(cluster.assume),
    cron: times.cron.join(', '),
    timeZone: times.timeZone,
    jitter: durationText(times.jitterMs),
    ...settingsText(settings),
    notifications: notify.map(targetText).join('; '),
    'documents.check': documentText(documents.check),
    'documents.apply': documentText(documents.apply),
    'documents.reboot': documentText(documents.reboot),
    searchAttributes: input.searchAttributes ? 'registered' : '',
    madeBy: madeByText(madeBy),
    ...fixedFields(fixed),
  };
}

const fixedFields = ({ catchupWindowMs, ...fixed }: Fixed): Fields => ({
  ...Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name, String(value)])),
  catchupWindow: durationText(catchupWindowMs),
});

const roleText = (role: AssumedRole | undefined): string =>
  role ? `${role.roleArn}${role.externalId === undefined ? '' : ` (external id ${role.externalId})`}` : '';

const documentText = ({ version, hash }: DocumentRef): string => `version ${version} (${hash.slice(0, 12)}…)`;

function targetText(target: NotificationTarget): string {
  const { type, events } = target;
  const where = target.type === 'sns' ? target.topicArn : `$${target.urlFromEnv}`;
  const signed =
    target.type === 'webhook' && target.secretFromEnv ? `, signed by $${target.secretFromEnv}` : '';
  return `${type} ${where}${signed} (${events.join(', ')})`;
}

const madeByText = (madeBy: MadeBy): string =>
  madeBy.command === 'schedule'
    ? 'ecs-updater schedule'
    : `ecs-updater apply${madeBy.configuration === null ? '' : ` of ${madeBy.configuration}`}`;
