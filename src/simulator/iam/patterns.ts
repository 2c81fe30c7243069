/** Patterns of IAM: `*` stands for any number of characters, `?` for one. */

const literal = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');

/** Of StringLike: wildcards match any character. */
export const likeText = (pattern: string): RegExp =>
  new RegExp(`^${literal(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');

/** Of an `Action`: as {@link likeText}, but case does not matter. */
export const likeAction = (pattern: string): RegExp => new RegExp(likeText(pattern).source, 'is');

const wildcards: Record<string, string> = { '*': '[^:]*', '?': '[^:]' };

/**
 * Of a `Resource`: wildcards match within a segment of the ARN, and `*` as the last character of a segment matches beyond it (IAM user guide,
 * policy element Resource).
 */
export const likeResource = (pattern: string): RegExp =>
  new RegExp(
    `^${literal(pattern).replaceAll(/[*?]/g, (found, at: number, whole: string) =>
      found === '*' && [':', undefined].includes(whole[at + 1]) ? '.*' : (wildcards[found] ?? ''),
    )}$`,
    's',
  );

/** Of ArnLike and ArnEquals, which are one: each of the six parts of an ARN for itself (IAM user guide, ARN condition operators). */
export function likeArn(pattern: string): { test: (text: string) => boolean } {
  const parts = partsOf(pattern).map(likeText);
  return {
    test: (text) => {
      const given = partsOf(text);
      return given.length === parts.length && parts.every((part, index) => part.test(given[index] ?? ''));
    },
  };
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
