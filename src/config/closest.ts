import { closestMatch } from 'leven';

/** What somebody probably meant by a word that is none of the known ones; undefined: nothing is near enough. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const bare = bareWord(word);
  const near = closestMatch(bare, known.map(bareWord), {
    maxDistance: Math.max(1, Math.floor(bare.length / 3)),
  });
  return near === undefined ? undefined : known.find((candidate) => bareWord(candidate) === near);
}

/** `drain-limit` and `drain_limit` are near to `drainLimit`. */
const bareWord = (word: string): string =>
  word
    .slice(0, 64)
    .replaceAll(/[-_\s]/g, '')
    .toLowerCase();
