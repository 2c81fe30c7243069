import { progressWords } from '../../model/explain-estimate.js';
import { orderText } from '../../model/steering-messages.js';
import type { SteeringRecord } from '../../model/steering-record.js';
import { plainText } from '../../worker/plain-text.js';
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

export function footer(view: RolloutView, { columns }: Screen): Footer {
  const { progress, status, headline } = view;
  const orders = status.steering.slice(-mostOrders).map(orderLine);
  const earlier = status.steering.length - orders.length;
  const hasBar = columns !== null && columns >= leastForBar;
  return {
    orders: [
      ...(earlier > 0 ? [`${earlier} earlier order${earlier === 1 ? '' : 's'} of operators, and then:`] : []),
      ...orders,
    ],
    summary: [
      ...(progress && progress.of > 0
        ? [`${hasBar ? `${bar(progress.done / progress.of)} ` : ''}${progressWords(view, Date.now())}`]
        : []),
      plainText(headline),
    ],
  };
}

/** What an operator ordered, in one line. */
export const orderLine = ({ at, what, ...order }: SteeringRecord): string =>
  plainText(`${at}  ${orderText(what, order)}`);

function bar(share: number): string {
  const full = Math.round(share * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
