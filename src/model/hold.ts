import { attributeText, longestValue } from './attribute-text.js';

/** What `ecs-updater.hold` says: an instance is left alone as long as the attribute is there, whatever its value. */
export interface Hold {
  /** ISO 8601. */
  since?: string;
  by?: string;
  reason?: string;
}

const longestName = 32;

/** Writes a hold as the attribute's value, `<ISO time>/<by>/<reason>`; what ECS does not allow there is replaced, what is too long is cut. */
export function formatHold({ since, by = '', reason = '' }: Hold & { since: string }): string {
  const start = `${since}/${attributeText(by, longestName)}/`;
  return `${start}${attributeText(reason, longestValue - start.length)}`;
}

/** Reads an attribute's value. Anybody may have set it by hand: another text is the reason. */
export function parseHold(value: string): Hold {
  const [, since, by, reason] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\/([^/]*)\/(.*)$/.exec(value) ?? [];
  if (since === undefined) return value.trim() ? { reason: value.trim() } : {};
  return { since, ...(by && { by }), ...(reason && { reason }) };
}
