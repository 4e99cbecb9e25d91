/**
 * The log of events in memory, with the two views of it that lists read: the profile and the set of seen items.
 *
 * The log is the truth; both views follow it event by event and equal what a replay gives. Storing it is not done here.
 */
import type { Event } from "../../shared/event.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent, Profile } from "../../shared/profile.ts";
import { undoneEvents } from "../../shared/signals.ts";
import type { StoredEvent, StoredKnown } from "../storage/schema.ts";
import type { Held } from "./held.ts";
import { createKnownReader, knownOf } from "./known.ts";

/** Delivered items that an event can still name with effect. Older ones have left any screen. */
const MAX_DELIVERED = 2_000;

export interface EventLog {
  readonly events: readonly StoredEvent[];
  /** Items with an event that stands, impressions apart: they are not recommended again. */
  readonly seen: ReadonlyMap<string, number>;
  /** Undefined while there is no model to read the events with. */
  readonly profile: Profile | undefined;
  get(id: string): StoredEvent | undefined;
  /** @returns the entry as it is to be stored; undefined for an id that is already there */
  append(event: Event): StoredEvent | undefined;
  /** Takes over events of the store. */
  load(events: readonly StoredEvent[]): void;
  /** Reads the log with another release. @returns the entries whose knowledge changed, to be stored */
  use(held: Held): StoredEvent[];
  /** Items were put on a list: what is known of them stays known while the list may be on a screen. */
  delivered(by: Held, ids: readonly string[]): void;
  /** The profile as it was when the log had `count` events. */
  profileAt(count: number): Profile | undefined;
  clear(): void;
}

export function createEventLog(): EventLog {
  let events: StoredEvent[] = [];
  let byId = new Map<string, StoredEvent>();
  let seen = new Map<string, number>();
  let profile: Profile | undefined;
  let held: Held | undefined;
  const delivered = new Set<string>();
  /** What is known of those delivered items that the items in use do not have. */
  let left = new Map<string, StoredKnown>();
  let read: ReturnType<typeof createKnownReader> | undefined;

  function logged({ event, known }: StoredEvent): LoggedEvent {
    return { event, known: known && read?.(known) };
  }

  function replay(): void {
    byId = new Map(events.map((entry) => [entry.id, entry]));
    seen = seenIn(events.map(({ event }) => event));
    profile = held?.model && createProfile(held.model, events.map(logged));
  }

  function see(event: Event): void {
    if (event.type === "undo" || events.some(({ event: each }) => each.type === "undo" && each.event === event.id)) {
      seen = seenIn(events.map((entry) => entry.event));
    } else if (event.type !== "impression") {
      seen.set(event.item, (seen.get(event.item) ?? 0) + 1);
    }
  }

  /** Vectors of another space say nothing, so they are not kept. */
  function leftBy(next: Held): Map<string, StoredKnown> {
    const kept = new Map<string, StoredKnown>();
    for (const id of delivered) {
      if (next.items.table.rowOf.has(id)) continue;
      const known = (held && knownOf(held, id)) ?? left.get(id);
      if (known?.space === next.release.space) kept.set(id, known);
    }
    return kept;
  }

  return {
    get events() {
      return events;
    },
    get seen() {
      return seen;
    },
    get profile() {
      return profile;
    },
    get: (id) => byId.get(id),
    append(event) {
      if (byId.has(event.id)) return undefined;
      const known = held && event.type !== "undo" ? (knownOf(held, event.item) ?? left.get(event.item)) : undefined;
      const entry: StoredEvent = { id: event.id, event, ...(known && { known }) };
      events.push(entry);
      byId.set(entry.id, entry);
      see(event);
      profile?.append(logged(entry));
      return entry;
    },
    load(stored) {
      const fresh = stored.filter(({ id }) => !byId.has(id));
      if (fresh.length === 0) return;
      events = [...events, ...fresh];
      replay();
    },
    use(next) {
      left = leftBy(next);
      held = next;
      read = createKnownReader(next);
      const changed: StoredEvent[] = [];
      events = events.map((entry) => {
        if (entry.event.type === "undo" || isCurrent(entry, next)) return entry;
        const known = knownOf(next, entry.event.item);
        if (!known) return entry;
        const renewed = { ...entry, known };
        changed.push(renewed);
        return renewed;
      });
      replay();
      return changed;
    },
    delivered(by, ids) {
      for (const id of ids) {
        delivered.delete(id);
        delivered.add(id);
        if (!held || by.items === held.items || held.items.table.rowOf.has(id)) continue;
        // The items were exchanged while the list was made.
        const known = knownOf(by, id);
        if (known?.space === held.release.space) left.set(id, known);
      }
      for (const id of delivered) {
        if (delivered.size <= MAX_DELIVERED) break;
        delivered.delete(id);
        left.delete(id);
      }
    },
    profileAt(count) {
      return held?.model && createProfile(held.model, events.slice(0, count).map(logged));
    },
    clear() {
      events = [];
      delivered.clear();
      left.clear();
      replay();
    },
  };
}

/** What knows an item's neighbours replaces what another release or a pool said; what does not, only another space. */
function isCurrent({ event, known }: StoredEvent, { release, items }: Held): boolean {
  if (known?.release === release.id || event.type === "undo") return true;
  const row = items.table.rowOf.get(event.item);
  return known?.space === release.space && (row === undefined || !items.neighbours(row));
}

/** How many standing events each item has, impressions apart. */
function seenIn(events: readonly Event[]): Map<string, number> {
  const undone = undoneEvents(events);
  const seen = new Map<string, number>();
  for (const { id, type, item } of events) {
    if (type !== "impression" && type !== "undo" && !undone.has(id)) seen.set(item, (seen.get(item) ?? 0) + 1);
  }
  return seen;
}
