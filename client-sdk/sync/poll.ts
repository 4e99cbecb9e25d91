/**
 * Looks for a new release every so often, as long as somebody sees the page. Of several tabs the leader looks first, and
 * the others only where it does not: nobody may see it.
 */

/** A release is in an open page within this time; an unchanged manifest costs an answer without a body. */
export const POLL_MS = 15_000;
/** How much later a tab looks that does not lead: the leader's answer is here by then. */
const AFTER_LEADER_MS = 3_000;

export interface Poll {
  start(): void;
  visible(visible: boolean): void;
  /** Another tab has looked. */
  looked(): void;
  stop(): void;
}

export function createPoll(sync: () => Promise<unknown>, leads: () => boolean): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let started = false;
  let shown = true;
  let lastMs = -Infinity;

  function plan(): void {
    clearTimeout(timer);
    if (!started || !shown) return;
    const every = leads() ? POLL_MS : POLL_MS + AFTER_LEADER_MS;
    timer = setTimeout(look, Math.max(0, lastMs + every - performance.now()));
  }

  async function look(): Promise<void> {
    lastMs = performance.now();
    await sync();
    plan();
  }

  return {
    start() {
      started = true;
      lastMs = performance.now();
      plan();
    },
    visible(now) {
      shown = now;
      plan();
    },
    looked() {
      lastMs = performance.now();
      plan();
    },
    stop() {
      started = false;
      clearTimeout(timer);
    },
  };
}
