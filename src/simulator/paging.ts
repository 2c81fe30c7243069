import { createHash } from 'node:crypto';

/** A page of a list, and the token for the next one. */
export interface Page<T> {
  items: T[];
  nextToken?: string;
}

/** A token that no page of this query has given. */
export class InvalidTokenError extends Error {}

/**
 * Cuts a list into pages in the order of `keyOf`. A token is opaque and belongs to its query; what comes and goes
 * between two pages neither shifts nor repeats the rest.
 */
export function paginate<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  request: { query: unknown; pageSize: number; token?: string | undefined },
): Page<T> {
  const digest = createHash('sha256').update(JSON.stringify(request.query)).digest('hex').slice(0, 16);
  const after = request.token === undefined ? undefined : openToken(request.token, digest);
  const rest = [...items]
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const page = rest.slice(0, request.pageSize);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    ...(last && rest.length > page.length && { nextToken: sealToken(digest, last.key) }),
  };
}

const sealToken = (digest: string, key: string): string =>
  Buffer.from(`${digest}:${key}`).toString('base64url');

function openToken(token: string, digest: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  const isOurs = text.startsWith(`${digest}:`) && Buffer.from(text).toString('base64url') === token;
  if (!isOurs) throw new InvalidTokenError();
  return text.slice(digest.length + 1);
}
