/**
 * Events more than a day ahead of the page's clock were stamped by a clock that was wrong. As long as they are ahead they
 * are read as the oldest ones, or everything done since would count as long ago.
 */
import { EVENT_LIMITS } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";

/** Clocks go on; what is ahead of them is looked at again after so long. */
const HORIZON_STEP_MS = EVENT_LIMITS.maxFutureMs / 2;

export interface EventsAhead {
  /** The clock says `now`, epoch ms. @returns whether some of the events are to be read in another way from now on */
  asOf(now: number, events: readonly Event[]): boolean;
  /** Finds the place of those ahead among all events. */
  place(events: readonly Event[]): void;
  isAhead(event: Event): boolean;
  /** Whether one more event changes what time those ahead are read as. */
  moves(event: Event): boolean;
  asRead(event: Event): Event;
}

/** Nothing is ahead until the clock is told. */
export function createEventsAhead(): EventsAhead {
  /** Events after it are read as if they were at another time. Epoch ms, both. */
  let horizon = Infinity;
  let insteadAt = 0;
  let anyAhead = false;

  const isAhead = ({ at }: Event) => at > horizon;
  return {
    asOf(now, events) {
      const next = now + EVENT_LIMITS.maxFutureMs;
      if (Math.abs(next - horizon) < HORIZON_STEP_MS) return false;
      const before = events.map(isAhead);
      horizon = next;
      insteadAt = now;
      return events.some((event, i) => isAhead(event) || before[i]);
    },
    place(events) {
      if (horizon === Infinity) return;
      const right = events.filter((event) => !isAhead(event));
      anyAhead = right.length < events.length;
      insteadAt = right.reduce((first, { at }) => Math.min(first, at), horizon - EVENT_LIMITS.maxFutureMs);
    },
    isAhead,
    moves: (event) => isAhead(event) || (anyAhead && event.at < insteadAt),
    asRead: (event) => (isAhead(event) ? { ...event, at: insteadAt } : event),
  };
}
