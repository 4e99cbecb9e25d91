/**
 * Events more than a day ahead of the page's clock were stamped by a clock that was wrong. As long as they are ahead they
 * are read as the oldest ones, or everything done since would count as long ago. Sums that are ahead are read as of now:
 * whatever is in them came before.
 */
import { EVENT_LIMITS } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";
import type { StoredCarried } from "../storage/schema.ts";

/** Clocks go on; what is ahead of them is looked at again after so long. */
const HORIZON_STEP_MS = EVENT_LIMITS.maxFutureMs / 2;

export interface EventsAhead {
  /** The clock says `now`, epoch ms. @returns whether some of it is to be read in another way from now on */
  asOf(now: number, events: readonly Event[], carried: StoredCarried | undefined): boolean;
  /** Finds the place of those ahead among all events. */
  place(events: readonly Event[]): void;
  isAhead(event: Event): boolean;
  /** Whether one more event changes what time those ahead are read as. */
  moves(event: Event): boolean;
  asRead(event: Event): Event;
  sumsAsRead(carried: StoredCarried): StoredCarried;
}

/** Nothing is ahead until the clock is told. */
export function createEventsAhead(): EventsAhead {
  /** Events after it are read as if they were at another time. Epoch ms, both. */
  let horizon = Infinity;
  let insteadAt = 0;
  let anyAhead = false;

  const isAhead = ({ at }: { readonly at: number }) => at > horizon;
  const noLater = (at: number) => (at > horizon ? horizon - EVENT_LIMITS.maxFutureMs : at);
  return {
    asOf(now, events, carried) {
      const next = now + EVENT_LIMITS.maxFutureMs;
      if (Math.abs(next - horizon) < HORIZON_STEP_MS) return false;
      const times = [...events, ...(carried ? timesOf(carried) : [])];
      const before = times.map(isAhead);
      horizon = next;
      insteadAt = now;
      return times.some((time, i) => isAhead(time) || before[i]);
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
    sumsAsRead(carried) {
      if (!timesOf(carried).some(isAhead)) return carried;
      const recent = carried.recent.map((each) => ({
        ...each,
        signal: { ...each.signal, at: noLater(each.signal.at) },
      }));
      return { ...carried, at: noLater(carried.at), until: noLater(carried.until), recent };
    },
  };
}

function timesOf({ at, until, recent }: StoredCarried): { readonly at: number }[] {
  return [{ at }, { at: until }, ...recent.map(({ signal }) => signal)];
}
