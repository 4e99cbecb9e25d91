/** Gathers what happens within one turn of the page, so that many events cost one message and one ranking. */
import type { FeedChange, TrackedEvent } from "./messages.ts";

export interface Outgoing {
  /** @returns the number of the batch it goes with */
  add(event: TrackedEvent | undefined, changes: readonly FeedChange[]): number;
  /** Sends now what waits. */
  flush(): void;
  /** Forgets what waits. @returns a number of its own, higher than any batch so far */
  drop(): number;
}

export function createOutgoing(send: (events: TrackedEvent[], changes: FeedChange[], seq: number) => void): Outgoing {
  let events: TrackedEvent[] = [];
  let changes: FeedChange[] = [];
  let seq = 1;

  function flush(): void {
    if (events.length === 0 && changes.length === 0) return;
    const batch = [events, changes, seq++] as const;
    events = [];
    changes = [];
    send(...batch);
  }

  return {
    add(event, more) {
      if (events.length === 0 && changes.length === 0) queueMicrotask(flush);
      if (event) events.push(event);
      changes.push(...more);
      return seq;
    },
    flush,
    drop() {
      events = [];
      changes = [];
      return seq++;
    },
  };
}
