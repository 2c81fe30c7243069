/** Tells whether a line of a log, as JSON, is meant. */
export type Matches = (line: Record<string, unknown>) => boolean;

/**
 * Reads a filter pattern of CloudWatch Logs for JSON: comparisons of texts, with `*` for any text, joined by `&&`, `||` and parentheses
 * (CloudWatch Logs user guide, filter pattern syntax). Throws where there is more to it.
 */
export function filterPattern(pattern: string): Matches {
  const [, inner] = /^\{ (.*) \}$/.exec(pattern) ?? [];
  if (inner === undefined) throw new Error(`not in braces: ${pattern}`);
  const tokens = inner.match(/\(|\)|&&|\|\||\$\.\w+ = "[^"]*"|\S/g) ?? [];

  const take = (): string => {
    const token = tokens.shift();
    if (token === undefined) throw new Error(`ends too early: ${pattern}`);
    return token;
  };

  function either(): Matches {
    const one = both();
    if (tokens[0] !== '||') return one;
    take();
    const other = either();
    return (line) => one(line) || other(line);
  }

  function both(): Matches {
    const one = single();
    if (tokens[0] !== '&&') return one;
    take();
    const other = both();
    return (line) => one(line) && other(line);
  }

  function single(): Matches {
    const token = take();
    if (token === '(') {
      const inside = either();
      if (take() !== ')') throw new Error(`no closing parenthesis: ${pattern}`);
      return inside;
    }
    const [, member, text] = /^\$\.(\w+) = "(.*)"$/.exec(token) ?? [];
    if (member === undefined || text === undefined) throw new Error(`${token} is not known here: ${pattern}`);
    const parts = text.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const wanted = new RegExp(`^${parts.join('.*')}$`, 's');
    return (line) => typeof line[member] === 'string' && wanted.test(line[member]);
  }

  const matches = either();
  if (tokens.length > 0) throw new Error(`goes on with ${tokens.join(' ')}: ${pattern}`);
  return matches;
}
