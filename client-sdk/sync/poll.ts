/** Looks for a new release every so often, as long as somebody sees the page. */

/** A release is in an open page within this time; an unchanged manifest costs an answer without a body. */
const POLL_MS = 15_000;

export interface Poll {
  start(): void;
  visible(visible: boolean): void;
  stop(): void;
}

export function createPoll(sync: () => Promise<unknown>): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let started = false;
  let shown = true;
  let lastMs = -Infinity;

  function plan(): void {
    clearTimeout(timer);
    if (!started || !shown) return;
    timer = setTimeout(look, Math.max(0, lastMs + POLL_MS - performance.now()));
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
    stop() {
      started = false;
      clearTimeout(timer);
    },
  };
}
