import colors from 'picocolors';
import { scheduleId } from '../../model/names.js';
import { fixedOf, readFixed, readScheduled } from '../../temporal/scheduled.js';
import { plainText } from '../../worker/plain-text.js';
import { changedFields, type FieldChange, newFields } from './fields.js';
import type { ApplyPlan, SchedulePlan } from './plan.js';

/** Whether an apply would do anything. */
export const changesAnything = ({ documents, schedules, searchAttributes }: ApplyPlan): boolean =>
  (searchAttributes.kind === 'missing' && !searchAttributes.elsewhere) ||
  documents.some(({ changes }) => changes.some(({ change }) => change !== 'unchanged')) ||
  schedules.some(({ kind }) => kind === 'create' || kind === 'update' || kind === 'remove');

/** What an apply would do, for people: `+` is new, `~` changes, `-` goes, `=` stays, `!` is left alone. */
export function planText(plan: ApplyPlan): string {
  const documents = plan.documents.flatMap(({ place, changes }) =>
    changes.flatMap(({ name, version, change }) =>
      change === 'unchanged'
        ? []
        : [
            `${change === 'created' ? added('+') : changed('~')} SSM document ${name} version ${version} in ${place}`,
          ],
    ),
  );
  const { searchAttributes } = plan;
  const attributes =
    searchAttributes.kind === 'missing' && !searchAttributes.elsewhere
      ? [
          `${added('+')} search attributes ${searchAttributes.names.join(', ')}, if Temporal lets us; Schedules use them from then on`,
        ]
      : [];
  return [
    ...documents,
    ...attributes,
    ...plan.schedules.flatMap((one) => scheduleLines(one, plan.encryptedWith)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function scheduleLines(schedule: SchedulePlan, writer: string | undefined): string[] {
  const id = `Schedule ${scheduleId(schedule.name)}`;
  switch (schedule.kind) {
    case 'create':
      return [
        `${added('+')} ${id}`,
        ...fieldLines(newFields(schedule.wanted, fixedOf(schedule.wanted, writer))),
      ];
    case 'update': {
      const { wanted, existing } = schedule;
      const before = readScheduled(existing);
      const changes = before
        ? changedFields(
            { scheduled: before, fixed: readFixed(existing) },
            { scheduled: wanted, fixed: fixedOf(wanted, writer) },
          )
        : [];
      return [`${changed('~')} ${id}${pausedNote(existing.state)}`, ...fieldLines(changes)];
    }
    case 'keep':
      return [`= ${id}${pausedNote(schedule.existing.state)}`];
    case 'remove':
      return [`${removed('-')} ${id} of ${schedule.arn}`];
    case 'leave':
      return [`! ${id}: left alone, ${plainText(schedule.why)}`];
  }
}

const pausedNote = ({ paused, note }: { paused: boolean; note?: string | undefined }): string =>
  paused ? ` (paused${note ? `: ${plainText(note)}` : ''}; it stays so)` : '';

function fieldLines(changes: readonly FieldChange[]): string[] {
  const width = Math.max(0, ...changes.map(({ field }) => field.length));
  return changes.map(({ field, before, after }) => {
    const [old, wanted] = [before ?? '', after].map((text) => plainText(text) || 'none');
    return `    ${field.padEnd(width)}  ${before === null ? wanted : `${old} → ${wanted}`}`;
  });
}

const { green: added, yellow: changed, red: removed } = colors;
