import { isTone, type Tone } from '../look.js';

/** What of a cluster is shown; it stands in the address, so that a page can be kept and reloaded. */
export interface Choice {
  /** The instance whose details are shown. */
  instance: string | null;
  /** Only instances of this tone are listed. */
  show: Tone | null;
  /** Only instances whose id, zone, state or version contains this are listed. */
  find: string;
  /** However many there are. */
  all: boolean;
}

const longestFind = 100;

/** Address of a cluster's page. */
export function clusterPath(cluster: string, choice: Partial<Choice> = {}): string {
  const query = new URLSearchParams();
  if (choice.instance) query.set('instance', choice.instance);
  if (choice.show) query.set('show', choice.show);
  if (choice.find) query.set('find', choice.find);
  if (choice.all) query.set('all', 'yes');
  const text = query.size > 0 ? `?${query.toString()}` : '';
  return `/clusters/${encodeURIComponent(cluster)}${text}`;
}

/** Reads the query of such an address; what makes no sense in it is left out. */
export function choiceOf(query: Record<string, string>): Choice {
  const show = query['show'] ?? '';
  return {
    instance: (query['instance'] ?? '').trim() || null,
    show: isTone(show) ? show : null,
    find: (query['find'] ?? '').trim().slice(0, longestFind),
    all: query['all'] === 'yes',
  };
}
