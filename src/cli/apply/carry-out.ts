import type { Client } from '@temporalio/client';
import { type PutDocument, putDocuments } from '../../aws/documents.js';
import { awsFact } from '../../aws/errors.js';
import { type Documents, scheduleId } from '../../model/names.js';
import { deleteSchedule, describeSchedule, putSchedule } from '../../temporal/schedules.js';
import { registerSearchAttributes } from '../../temporal/search-attributes.js';
import { CommandError } from '../shared/errors.js';
import type { ApplyPlan, DocumentsPlan, SchedulePlan } from './plan.js';

/** Does what a plan says, and says what was done. What fails ends it; to do the rest, apply again. */
export async function carryOut(
  client: Client,
  { documents, schedules, searchAttributes }: ApplyPlan,
  updateDocuments: boolean,
  say: (line: string) => void,
): Promise<void> {
  const ready = new Map<DocumentsPlan, Documents>();
  for (const plan of documents) ready.set(plan, await putAll(plan, updateDocuments, say));
  const registered =
    searchAttributes.kind === 'missing' && !searchAttributes.elsewhere
      ? await register(client, searchAttributes.names, say)
      : searchAttributes.kind === 'there';
  // What is gone first: a cluster may only have another name.
  for (const schedule of schedules) {
    if (schedule.kind !== 'remove') continue;
    const was = await deleteSchedule(client, schedule.name);
    say(`Schedule ${scheduleId(schedule.name)}: ${was ? 'removed' : 'was gone already'}`);
  }
  for (const schedule of schedules) {
    if (schedule.kind === 'remove' || schedule.kind === 'leave') continue;
    await put(client, schedule, ready.get(schedule.documents), registered, say);
  }
}

async function putAll(
  { place, clients, changes }: DocumentsPlan,
  updateDocuments: boolean,
  say: (line: string) => void,
): Promise<Documents> {
  try {
    const done = await putDocuments(clients.ssm, updateDocuments);
    for (const { name, version, change } of done.changes.filter(({ change }) => change !== 'unchanged')) {
      say(`SSM document ${name} version ${version} in ${place}: ${change}`);
    }
    return done.documents;
  } catch (err) {
    const planned = changes
      .filter(({ change }: PutDocument) => change !== 'unchanged')
      .map(({ name }) => name);
    throw new CommandError(
      `${awsFact(err, `SSM documents ${planned.join(', ')} in ${place}`)}. No Schedule was changed; apply again once that is mended.`,
    );
  }
}

async function register(
  client: Client,
  names: readonly string[],
  say: (line: string) => void,
): Promise<boolean> {
  if (await registerSearchAttributes(client, names)) {
    say(`search attributes ${names.join(', ')}: registered`);
    return true;
  }
  say(howToRegister(names, client.options.namespace));
  return false;
}

/** What to do where we may not. */
export const howToRegister = (names: readonly string[], namespace: string): string =>
  `search attributes ${names.join(', ')}: Temporal does not let us register them; rollouts work without. Where it is your own: ` +
  `temporal operator search-attribute create --namespace ${namespace} ${names.map((name) => `--name ${name} --type Keyword`).join(' ')}; in Temporal Cloud: ` +
  `tcld namespace search-attributes add --namespace ${namespace} ${names.map((name) => `--sa "${name}=Keyword"`).join(' ')}. Then apply again.`;

async function put(
  client: Client,
  { name, wanted }: Extract<SchedulePlan, { wanted: unknown }>,
  documents: Documents | undefined,
  registered: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { searchAttributes: _planned, ...input } = wanted.input;
  const change = await putSchedule(
    client,
    { ...input, ...(documents && { documents }), ...(registered && { searchAttributes: true }) },
    wanted.times,
    wanted.madeBy,
  );
  if (change === 'unchanged') return;
  const described = await describeSchedule(client, name);
  const next = described?.info.nextActionTimes[0];
  const when = described?.state.paused ? '; paused' : next ? `; next rollout ${next.toISOString()}` : '';
  say(`Schedule ${scheduleId(name)}: ${change}${when}`);
}
