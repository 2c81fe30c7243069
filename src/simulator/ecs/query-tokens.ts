/** A piece of an expression of the cluster query language. */
export type Token =
  | { kind: 'word'; text: string; quoted: boolean }
  | { kind: 'symbol'; text: (typeof symbols)[number] };

/** Longest first, so that `!in` is not read as `!` and `in`. */
const symbols = [
  '!exists',
  '!in',
  '==',
  '!=',
  '>=',
  '<=',
  '=~',
  '!~',
  '&&',
  '||',
  '>',
  '<',
  '!',
  '(',
  ')',
  '[',
  ']',
  ',',
] as const;

/** Where a bare word ends; what stands inside one may be a regular expression. */
const wordEnd = /[\s()[\],<>]|==|!=|=~|!~|&&|\|\|/;

/** An expression that the language does not know. */
export class QuerySyntaxError extends Error {}

/** Cuts an expression into tokens. `afterMatch` text, the argument of `=~`, is read up to the next blank or closing parenthesis. */
export function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  let rest = expression.trimStart();
  while (rest) {
    const token = isPatternNext(tokens) ? readPattern(rest) : readToken(rest);
    tokens.push(token.token);
    rest = rest.slice(token.length).trimStart();
  }
  return tokens;
}

interface Read {
  token: Token;
  length: number;
}

function isPatternNext(tokens: Token[]): boolean {
  const last = tokens.at(-1);
  if (!last) return false;
  return last.kind === 'symbol'
    ? last.text === '=~' || last.text === '!~'
    : !last.quoted && (last.text === 'matches' || last.text === 'not_matches');
}

function readToken(text: string): Read {
  const quoted = readQuoted(text);
  if (quoted) return quoted;
  for (const symbol of symbols) {
    if (!text.startsWith(symbol)) continue;
    const isWordLike = symbol === '!in' || symbol === '!exists';
    if (isWordLike && /^\w/.test(text.slice(symbol.length))) continue;
    return { token: { kind: 'symbol', text: symbol }, length: symbol.length };
  }
  const end = wordEnd.exec(text)?.index ?? text.length;
  if (end === 0) throw new QuerySyntaxError(`unexpected '${text.charAt(0)}'`);
  return { token: { kind: 'word', text: text.slice(0, end), quoted: false }, length: end };
}

/** A Java regular expression may hold parentheses and brackets of its own: it ends where they are balanced. */
function readPattern(text: string): Read {
  const quoted = readQuoted(text);
  if (quoted) return quoted;
  let depth = 0;
  let end = 0;
  for (; end < text.length; end++) {
    const character = text.charAt(end);
    if (character === '\\') end++;
    else if (/\s/.test(character)) break;
    else if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') {
      if (depth === 0) break;
      depth--;
    }
  }
  if (end === 0) throw new QuerySyntaxError('a pattern is missing');
  return { token: { kind: 'word', text: text.slice(0, end), quoted: false }, length: end };
}

function readQuoted(text: string): Read | undefined {
  const quote = text.charAt(0);
  if (quote !== "'" && quote !== '"') return undefined;
  const end = text.indexOf(quote, 1);
  if (end < 0) throw new QuerySyntaxError('a quotation is not closed');
  return { token: { kind: 'word', text: text.slice(1, end), quoted: true }, length: end + 1 };
}
