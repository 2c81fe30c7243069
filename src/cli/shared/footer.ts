import type { SteeringRecord } from '../../model/steering-record.js';
import { plainText } from './plain-text.js';
import type { RolloutView } from '../../temporal/rollout-view.js';
import type { Screen } from './screen.js';

const barWidth = 30;
/** On a narrower terminal a line has no room for it. */
const leastForBar = 80;
/** Orders shown beneath a table; all of them stand in `-o json` and in the report. */
const mostOrders = 5;

/** What stands beneath the table of a rollout. */
interface Footer {
  /** What operators ordered, a line each. */
  orders: string[];
  /** How far the rollout is, and one line on the whole. */
  summary: string[];
}

export function footer({ progress, status, headline }: RolloutView, { columns }: Screen): Footer {
  const orders = status.steering.slice(-mostOrders).map(orderLine);
  const earlier = status.steering.length - orders.length;
  const isKnown = progress !== null && progress.of > 0;
  return {
    orders: [
      ...(earlier > 0 ? [`${earlier} earlier order${earlier === 1 ? '' : 's'} of operators, and then:`] : []),
      ...orders,
    ],
    summary: [
      ...(isKnown
        ? [
            `${columns === null || columns < leastForBar ? '' : `${bar(progress.done / progress.of)} `}${progressWords(progress)}`,
          ]
        : []),
      plainText(headline),
    ],
  };
}

/** `3 of 10 updates done`. */
export const progressWords = ({ done, of }: { done: number; of: number }): string =>
  `${done} of ${of} update${of === 1 ? '' : 's'} done`;

/** What an operator ordered, in one line. */
export function orderLine({ at, what, instance, by, reason }: SteeringRecord): string {
  const subject = instance === undefined ? what : `${what} ${instance}`;
  return plainText(`${at}  ${subject}${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`);
}

function bar(share: number): string {
  const full = Math.round(share * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
