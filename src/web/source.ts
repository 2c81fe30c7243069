import type { OfferedOrder } from './order-texts.js';
import type { ClusterSummary, ClusterView } from './view.js';

/** An order of whoever sits at the dashboard. */
export interface Order extends OfferedOrder {
  cluster: string;
  reason?: string;
}

/** Where the dashboard has its news from, and where it sends orders. Each call has a limit. */
export interface Source {
  clusters(): Promise<ClusterSummary[]>;
  /** Null: there is no such cluster. `seen`: what was seen of it last; where no more can be said, the call fails. */
  cluster(name: string, seen: ClusterView | null): Promise<ClusterView | null>;
  /** Has an order carried out, and answers in a sentence what follows. Throws {@link OrderRefused}. */
  order(order: Order): Promise<string>;
  /** Why a call failed, for whoever reads the page. */
  sentenceOf(err: unknown): string;
}

/** An order was not carried out; the message says why. */
export class OrderRefused extends Error {
  override readonly name = 'OrderRefused';
}
