import { fewOf } from '../model/few-at-once.js';

/** So many calls at the same time: the read limit of ECS is shared by the whole account (20 a second). */
const atOnce = 5;

/** Does something with each item, a few at the same time, and answers in the order of the items. */
export const fewAtOnce = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> =>
  fewOf(atOnce, items, work);
