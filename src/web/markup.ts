import type { JSX } from 'hono/jsx/jsx-runtime';

/** The HTML of an element, with every text in it escaped. */
export function markup(element: JSX.Element): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- elements of hono/jsx write themselves as HTML; the type does not say so
  return String(element);
}
