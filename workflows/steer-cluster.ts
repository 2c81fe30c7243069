/**
 * Carries out an order of an operator, whether a rollout runs or not: tells the rollout; without one, writes the order down where the next
 * rollout finds it. It is a workflow so that it stands on record who ordered what, and when, and so that whoever orders needs no permission
 * of AWS. Answers with a sentence, and fails with one where the order is refused. A cancel ends it between two tries.
 */
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { explainSchedule, noteText } from '../src/model/schedule-pause.js';
import { answerOf, standingOrder } from '../src/model/standing-orders.js';
import {
  misuse,
  orderText,
  steerInput,
  type SteerInput,
  type SteeringPayload,
  steeringNames,
} from '../src/model/steering-messages.js';
import { refuse } from './messages.js';
import { ordering } from './proxies.js';
import { searchAttributes } from './search-attributes.js';

const form = `Send {"cluster", "order"}, and what of "instance", "reason", "by", "quarantine", "all" goes with it. Orders: ${steeringNames.join(', ')}.`;

export async function steerCluster(input: SteerInput): Promise<string> {
  const at = new Date().toISOString();
  const given = steerInput(input) ?? refuse(form);
  const { cluster: name, order: what, ...payload } = given;
  const why = misuse(what, payload);
  if (why !== null) refuse(why);
  const text = orderText(what, payload);
  setCurrentDetails(text);
  upsertMemo({ order: { at, ...given } });

  const told = await tellRollout(given);
  if (told !== null) return told;
  if (what === 'cancel') refuse(`No rollout of ${name} runs, so there is nothing to cancel.`);

  const scheduled = await ordering('which cluster that is').readSchedule({ cluster: name });
  if (!scheduled) return refuse(`There is no Schedule for ${name}. See: ecs-updater schedule --help.`);
  const { cluster, installation } = scheduled;
  if (scheduled.searchAttributes) upsertSearchAttributes([searchAttributes.cluster(name)]);

  const order = standingOrder(what, payload);
  if (!order) return what === 'pause' ? pauseSchedule(given, at) : resumeSchedule(name, payload);
  const { by } = payload;
  const result = await ordering(text).carryOut({
    cluster,
    installation,
    order,
    ...(by !== undefined && { by }),
    at,
  });
  const { done, sentence } = answerOf(cluster, order, result);
  if (!done) refuse(sentence);
  const begun = what === 'pause' || what === 'skip' || what === 'hold' ? await tellRollout(given) : null;
  return begun ?? sentence;
}

/** Answers what the rollout that runs makes of an order; null: none runs. */
async function tellRollout(order: SteerInput): Promise<string | null> {
  const told = await ordering('if a rollout runs').tellRollout(order);
  if (told.kind === 'refused') refuse(told.sentence);
  return told.kind === 'done' ? told.sentence : null;
}

async function pauseSchedule(order: SteerInput, since: string): Promise<string> {
  const { cluster, by, reason } = order;
  const pause = { since, ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
  const found = await ordering('keep rollouts from starting').pauseSchedule({ cluster, pause });
  if (found.kind === 'no-schedule') refuse(`The Schedule of ${cluster} has just been deleted.`);
  // One may have begun since it was looked for.
  const told = await tellRollout(order);
  if (told !== null) return told;
  const others = found.kind === 'paused-by-others' ? ` ${explainSchedule(found)}` : '';
  return `${cluster} is paused: no rollout starts until it is resumed.${others}`;
}

async function resumeSchedule(cluster: string, { by, reason }: SteeringPayload): Promise<string> {
  const found = await ordering('let rollouts start again').resumeSchedule({
    cluster,
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
  });
  switch (found.kind) {
    case 'resumed':
      return `${cluster} goes on: its Schedule starts rollouts again.`;
    case 'left-paused':
      return found.wasOurs
        ? `The pause of ${cluster} is over. ${explainSchedule(found)}`
        : refuse(
            `${cluster} is not paused by us, but somebody else has paused its Schedule (${noteText(found.note)}). That is for them to end.`,
          );
    case 'not-paused':
      return refuse(`${cluster} is not paused.`);
    case 'no-schedule':
      return refuse(`The Schedule of ${cluster} has just been deleted.`);
  }
}
