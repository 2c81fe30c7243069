import { AwsError } from '../kernel.js';
import { InvalidTokenError, paginate } from '../paging.js';

/** One page in SSM's terms, in the order of `keyOf`. */
export function page<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  input: { NextToken?: string | undefined; MaxResults?: number | undefined },
  defaultSize: number,
): { items: T[]; NextToken: string | undefined } {
  const { NextToken: token, MaxResults: pageSize = defaultSize, ...query } = input;
  try {
    const { items: found, nextToken } = paginate(items, keyOf, { query, pageSize, token });
    return { items: found, NextToken: nextToken };
  } catch (error) {
    throw error instanceof InvalidTokenError
      ? new AwsError('InvalidNextToken', 'The specified token is not valid.')
      : error;
  }
}

/** Sorts the latest instant first; `id` tells what is of one instant apart. */
export const newestFirst = (at: number, id: string): string => `${1e15 - at}/${id}`;
