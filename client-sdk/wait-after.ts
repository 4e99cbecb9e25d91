/**
 * How long after a failure a file of the SDK is asked for again. A connection may have been gone for a moment; a policy that forbids the
 * file reports every try, so each wait is twice the one before.
 */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 600_000;

/** @param failures before this one. @returns ms */
export function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
}
