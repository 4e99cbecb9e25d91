/** Gathers what happens within one turn of the page, so that many events cost one message and one ranking. */
import type { FeedChange, TrackedEvent } from "./messages.ts";

/** A hand that scrolls changes what is on the screen in every frame; four rankings a second keep up with it. */
const LATER_MS = 250;

export interface Outgoing {
  /** @returns the number of the batch it goes with */
  add(event: TrackedEvent | undefined, changes: readonly FeedChange[]): number;
  /** Changes that can wait a moment; they go before whatever is added meanwhile. */
  later(changes: readonly FeedChange[]): void;
  /** Sends now what waits. */
  flush(): void;
  /** Forgets what waits. @returns a number of its own, higher than any batch so far */
  drop(): number;
}

export function createOutgoing(send: (events: TrackedEvent[], changes: FeedChange[], seq: number) => void): Outgoing {
  let events: TrackedEvent[] = [];
  let changes: FeedChange[] = [];
  let seq = 1;
  let due = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    due = false;
    clearTimeout(timer);
    timer = undefined;
    if (events.length === 0 && changes.length === 0) return;
    const batch = [events, changes, seq++] as const;
    events = [];
    changes = [];
    send(...batch);
  }

  return {
    add(event, more) {
      if (!due) queueMicrotask(flush);
      due = true;
      if (event) events.push(event);
      changes.push(...more);
      return seq;
    },
    later(more) {
      changes.push(...more);
      if (more.length > 0) timer ??= setTimeout(flush, LATER_MS);
    },
    flush,
    drop() {
      events = [];
      changes = [];
      return seq++;
    },
  };
}
