import { cutText } from './bounds.js';

/** Marks that turn the direction of what follows, or are not seen at all: a text with them reads otherwise than it is (Unicode TR36). */
const unseen = /\p{Cf}/gu;

/** A text of somebody else's on one line of at most so many characters: without control characters, line breaks, and what nobody can see. */
export const oneLine = (text: string, longest: number): string =>
  cutText(
    text
      .replaceAll(unseen, '')
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    longest,
  );
