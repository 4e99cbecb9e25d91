// ULIDs (github.com/ulid/spec): 128-bit ids that sort by time, 26 characters of Crockford base32.
// Not a source of secrets: `random` is whatever the caller passes.

import type { Clock, Random } from "./runtime.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/** A canonical (upper-case) ULID. */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * A generator of strictly increasing ULIDs: within one millisecond, and when the clock steps back, the random part
 * is counted up instead of drawn again.
 */
export function createUlid(now: Clock, random: Random): () => string {
  let lastMs = -1;
  const digits = new Uint8Array(RANDOM_CHARS); // base-32 digits, most significant first
  const draw = (): void => {
    for (let i = 0; i < RANDOM_CHARS; i++) digits[i] = Math.floor(random() * 32) & 31;
  };
  return () => {
    const ms = Math.floor(now());
    if (ms > lastMs) {
      lastMs = ms;
      draw();
    } else if (!increment(digits)) {
      // 2^80 ids in a millisecond: borrow the next one.
      lastMs += 1;
      draw();
    }
    let text = "";
    for (let i = 0, rest = lastMs; i < TIME_CHARS; i++, rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text;
    for (const digit of digits) text += ALPHABET[digit];
    return text;
  };
}

/** Adds one; false when the number wrapped around to zero. */
function increment(digits: Uint8Array): boolean {
  for (let i = digits.length - 1; i >= 0; i--) {
    if (digits[i] !== 31) {
      digits[i] += 1;
      return true;
    }
    digits[i] = 0;
  }
  return false;
}
