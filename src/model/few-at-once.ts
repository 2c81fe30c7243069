import { batches } from './batches.js';

/** Does something with each item, so many at the same time, and answers in the order of the items. */
export async function fewOf<T, R>(
  atOnce: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  for (const few of batches(items, atOnce)) answers.push(...(await Promise.all(few.map(work))));
  return answers;
}
