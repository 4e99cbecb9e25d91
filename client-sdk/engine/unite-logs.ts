/**
 * What a log takes of another one, so that no event counts twice: from a file, or from the store where both have gone their
 * own ways. Pure.
 *
 * Whether an event is in sums cannot be seen, and sums cannot be compared. So one log brings the sums, this one where it has
 * any, and the price is paid by the other one: its own sums, and its events that those of the first may hold, go. These are
 * the ones up to their end that the first log does not hold, of items that it has seen since; every event that went into
 * sums has left such a mark.
 */
import type { Event } from "../../shared/event.ts";
import { undoneEvents } from "../../shared/signals.ts";
import { familiesOf } from "./compaction.ts";
import type { Marks } from "../storage/log.ts";
import type { StoredCarried, StoredEvent } from "../storage/schema.ts";
import { marksLeftBy } from "./seen-items.ts";

export interface Side extends Pick<Marks, "seen"> {
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

/**
 * @param here with sums as they are read now; those of `there` likewise
 * @param isAhead whether an event is stamped so far ahead that it is read as the oldest one, and so was the first to go
 */
export function uniteLogs(here: Side, there: Side, isAhead: (event: Event) => boolean): Union {
  const carried = here.carried ?? there.carried;
  if (!carried) return { carried, counted: new Set(), marks: { seen: [], banned: [] } };
  const [base, guest] = here.carried ? [here, there] : [there, here];
  const held = new Set(base.events.map(({ id }) => id));
  const lastSeen = new Map(base.seen.map(({ item, at }) => [item, at]));
  const guests = guest.events.map(({ event }) => event);
  const isOld = (event: Event) => event.at <= carried.until || isAhead(event);
  const mayBeIn = (event: Event) => {
    const seen = lastSeen.get(event.item);
    return event.type === "impression" || (seen !== undefined && (event.at <= seen || isAhead(event)));
  };
  const counted = [...familiesOf(guests)].flatMap(([root, family]) => {
    // What they take back may still be there to be taken back.
    if (held.has(root)) return [];
    const first = family.find(({ id }) => id === root);
    if (first && !(isOld(first) && mayBeIn(first))) return [];
    return family.filter((event) => isOld(event) && !held.has(event.id));
  });
  return {
    carried,
    counted: new Set(counted.map(({ id }) => id)),
    marks: marksLeftBy(counted, undoneEvents(guests)),
  };
}
