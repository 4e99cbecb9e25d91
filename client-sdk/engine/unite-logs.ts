/**
 * What a log takes of another one, so that no event counts twice: from a file, or from the store where both have gone their
 * own ways. Pure.
 *
 * Sums cannot be compared: whether an event is in them cannot be seen. So one log brings the sums, this one where it has
 * any, and of the other one everything up to their end that this one does not hold is taken as counted.
 */
import type { Event } from "../../shared/event.ts";
import { undoneEvents } from "../../shared/signals.ts";
import type { Marks } from "../storage/log.ts";
import type { StoredCarried, StoredEvent } from "../storage/schema.ts";
import { marksLeftBy } from "./seen-items.ts";

export interface Side {
  readonly events: readonly StoredEvent[];
  readonly carried?: StoredCarried | undefined;
}

export interface Union {
  readonly carried: StoredCarried | undefined;
  /** Ids of the events that are taken as counted, of either log. */
  readonly counted: ReadonlySet<string>;
  /** What these leave behind. */
  readonly marks: Marks;
}

/** @param isAhead whether an event is stamped so far ahead that it is read as the oldest one, and so was the first to go */
export function uniteLogs(here: Side, there: Side, isAhead: (event: Event) => boolean): Union {
  const carried = here.carried ?? there.carried;
  if (!carried) return { carried, counted: new Set(), marks: { seen: [], banned: [] } };
  const [base, guest] = here.carried ? [here, there] : [there, here];
  const held = new Set(base.events.map(({ id }) => id));
  const guests = guest.events.map(({ event }) => event);
  const counted = guests.filter((event) => {
    const isOld = event.at <= carried.until || isAhead(event);
    // What it takes back may still be there to be taken back.
    return isOld && !held.has(event.id) && !(event.type === "undo" && held.has(event.event));
  });
  return {
    carried,
    counted: new Set(counted.map(({ id }) => id)),
    marks: marksLeftBy(counted, undoneEvents(guests)),
  };
}
