import { UnreadableAnswer } from './errors.js';

/**
 * Every page of one of the SDK's paginators, which has to have `stopOnSameToken`: it takes a token that repeats for the end, although more may
 * follow. Throws {@link UnreadableAnswer} then.
 */
export async function* everyPage<Page extends object>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  let token: unknown;
  for await (const page of pages) {
    token = 'nextToken' in page ? page.nextToken : 'NextToken' in page ? page.NextToken : undefined;
    yield page;
  }
  if (token) throw new UnreadableAnswer('AWS gives the same page again and again');
}
