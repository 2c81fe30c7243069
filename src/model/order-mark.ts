import { attributeText, longestValue } from './attribute-text.js';

/**
 * What an attribute says by which an operator keeps us off a container instance: `ecs-updater.hold`, `ecs-updater.pause`, `ecs-updater.skip`.
 * It counts as long as it is there, whatever its value.
 */
export interface OrderMark {
  /** ISO 8601. */
  since?: string;
  by?: string;
  reason?: string;
}

const longestName = 32;

/** Writes a mark as the attribute's value, `<ISO time>/<by>/<reason>`; what ECS does not allow there is replaced, what is too long is cut. */
export function formatOrderMark({ since, by = '', reason = '' }: OrderMark & { since: string }): string {
  const start = `${since}/${attributeText(by, longestName)}/`;
  return `${start}${attributeText(reason, longestValue - start.length)}`;
}

/** Reads an attribute's value. Anybody may have set it by hand: another text is the reason. */
export function parseOrderMark(value: string): OrderMark {
  const [, since, by, reason] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\/([^/]*)\/(.*)$/.exec(value) ?? [];
  if (since === undefined) return value.trim() ? { reason: value.trim() } : {};
  return { since, ...(by && { by }), ...(reason && { reason }) };
}
