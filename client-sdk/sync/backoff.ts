/**
 * How long to wait after failures: twice as long after each, with jitter, so that devices that failed together do not come
 * back together, and never less than the edge asked for.
 */
import type { Random } from "../../shared/runtime.ts";

/** The first wait after a failure; it doubles up to the longest. */
export const FIRST_WAIT_MS = 2_000;
export const LONGEST_WAIT_MS = 5 * 60_000;
/** An edge that asks for more is not believed: its clock or its configuration is wrong. */
export const LONGEST_ASKED_MS = 60 * 60_000;

export interface Backoff {
  /** True after a failure, until something succeeds. */
  readonly waiting: boolean;
  /** @param retryAfter the header, in seconds @returns how long to wait, ms */
  failed(retryAfter: string | null): number;
  succeeded(): void;
}

export function createBackoff(random: Random): Backoff {
  let failures = 0;
  return {
    get waiting() {
      return failures > 0;
    },
    failed(retryAfter) {
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
      // A date in the header is no number: then our own wait holds.
      const asked = Math.min(LONGEST_ASKED_MS, Number(retryAfter ?? 0) * 1_000 || 0);
      // Jitter on top of what was asked, or all that were refused together come back together.
      return Math.max(wait / 2, asked) + (random() * wait) / 2;
    },
    succeeded() {
      failures = 0;
    },
  };
}
