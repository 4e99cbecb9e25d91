/** Measures how long an event took to reach the screen: from the call of `track` to the subscribers of a feed. */
import type { FeedUpdate } from "./messages.ts";
import type { Notices } from "./types.ts";

export interface Reactions {
  /** @param seq the batch the event goes with */
  started(event: Pick<Notices["reaction"], "event" | "type">, startedAt: number, seq: number): void;
  /** A feed now shows a ranking; everything up to its batch has had its effect. */
  shown(update: FeedUpdate, shownAt: number): void;
  clear(): void;
}

/** Events that wait for a feed; without one they would wait for ever. */
const MAX_WAITING = 200;

export function createReactions(report: (reaction: Notices["reaction"]) => void): Reactions {
  let waiting: { event: Pick<Notices["reaction"], "event" | "type">; startedAt: number; seq: number }[] = [];
  return {
    started(event, startedAt, seq) {
      waiting.push({ event, startedAt, seq });
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    shown({ seq, floor, ranked, stages }, shownAt) {
      const done = waiting.filter((each) => each.seq <= seq);
      waiting = waiting.filter((each) => each.seq > seq);
      for (const { event, startedAt } of done) {
        report({ ...event, ms: shownAt - startedAt, floor, ranked, ...(stages && { stages }) });
      }
    },
    clear() {
      waiting = [];
    },
  };
}
