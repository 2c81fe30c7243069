import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A text that nobody guesses: 256 random bits, fit for an address and a cookie. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Whether two texts are the same; how long that takes tells nothing about where they differ, nor how long they are. */
export function isSame(given: string | undefined, secret: string): boolean {
  return timingSafeEqual(digest(given ?? ''), digest(secret));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
