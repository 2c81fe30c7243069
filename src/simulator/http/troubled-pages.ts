import { randomUUID } from 'node:crypto';
import type { Operation } from '../kernel.js';
import type { PageTrouble } from './faults.js';

type Input = Record<string, unknown>;

interface Listing {
  /** Member of the answer that holds the list. */
  member: string;
  items: readonly unknown[];
  /** Member that holds the token, in the service's own spelling. */
  tokenMember: string;
  token: string | undefined;
}

/** What a token of ours goes on with. */
type Rest =
  /** The rest of a page that was cut short. */
  | { kind: 'items'; items: readonly unknown[]; token: string | undefined }
  /** The same question once more. */
  | { kind: 'again'; token: string | undefined };

const tokenMembers = ['nextToken', 'NextToken'];

/** Makes trouble on the way through a list, so that clients who read one page, or trust its order, are found out. */
export class TroubledPages {
  readonly #rests = new Map<string, Rest>();

  /** Whether a request goes on with a token of ours. */
  continues(input: Input): boolean {
    return this.#rests.has(tokenOf(input) ?? '');
  }

  /** Answers `input` by `operation`, with these troubles. */
  async answer(
    input: Input,
    troubles: readonly PageTrouble[],
    operation: (input: Input) => ReturnType<Operation>,
    shuffle: <T>(items: readonly T[]) => T[],
  ): Promise<object> {
    const asked = tokenOf(input);
    const rest = this.#rests.get(asked ?? '');
    const plain: Input = { ...input };
    if (rest) for (const name of tokenMembers) delete plain[name];
    const goesOn = rest?.token !== undefined;
    const question: Input = goesOn ? { ...plain, [tokenName(input)]: rest.token } : rest ? plain : input;
    const answer = await operation(question);
    const listing = listingOf(answer);
    if (!listing) return answer;
    const from: Listing =
      rest?.kind === 'items' ? { ...listing, items: rest.items, token: rest.token } : listing;
    return { ...answer, ...this.#trouble(from, asked, troubles, shuffle) };
  }

  #trouble(
    { member, items, tokenMember, token }: Listing,
    asked: string | undefined,
    troubles: readonly PageTrouble[],
    shuffle: <T>(items: readonly T[]) => T[],
  ): object {
    if (troubles.includes('repeated-token')) {
      return { [member]: items, [tokenMember]: asked ?? this.#keep({ kind: 'again', token: undefined }) };
    }
    if (troubles.includes('empty')) {
      return { [member]: [], [tokenMember]: this.#keep({ kind: 'items', items, token }) };
    }
    const ordered = troubles.includes('shuffled') ? shuffle(items) : items;
    if (!troubles.includes('short') || ordered.length < 2) return { [member]: ordered, [tokenMember]: token };
    const half = Math.floor(ordered.length / 2);
    const next = this.#keep({ kind: 'items', items: ordered.slice(half), token });
    return { [member]: ordered.slice(0, half), [tokenMember]: next };
  }

  #keep(rest: Rest): string {
    const token = Buffer.from(randomUUID()).toString('base64url');
    this.#rests.set(token, rest);
    return token;
  }
}

const tokenName = (input: Input): string => tokenMembers.find((name) => name in input) ?? 'nextToken';

function tokenOf(input: Input): string | undefined {
  const token = input[tokenName(input)];
  return typeof token === 'string' ? token : undefined;
}

/** The one list of an answer that has a place for a token; undefined for an answer that is no page. */
function listingOf(answer: object): Listing | undefined {
  const tokenMember = tokenMembers.find((name) => name in answer);
  const [list, ...more] = Object.entries(answer).flatMap(([member, items]: [string, unknown]) =>
    Array.isArray(items) ? [{ member, items: items as readonly unknown[] }] : [],
  );
  if (tokenMember === undefined || !list || more.length > 0) return undefined;
  const token: unknown = Object.entries(answer).find(([name]) => name === tokenMember)?.[1];
  return { ...list, tokenMember, token: typeof token === 'string' ? token : undefined };
}
