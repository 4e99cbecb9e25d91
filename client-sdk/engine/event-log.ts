/**
 * The log of events in memory, with the two views of it that lists read: the profile, and what was seen or banned.
 *
 * The log is the truth; both views follow it event by event and equal what a replay gives. Storing it is not done here,
 * and which events it can do without is `compaction.ts`.
 */
import { EVENT_LIMITS } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent, Profile } from "../../shared/profile.ts";
import type { Marks } from "../storage/log.ts";
import type { LogExtent, StoredEvent, StoredKnown } from "../storage/schema.ts";
import { isTooLong, planCompaction } from "./compaction.ts";
import type { Compaction } from "./compaction.ts";
import type { Held } from "./held.ts";
import { createKnownReader, knownOf } from "./known.ts";
import { createSeenItems } from "./seen-items.ts";

/** Delivered items that an event can still name with effect. Older ones have left any screen. */
const MAX_DELIVERED = 2_000;

/** What happens in one turn, here or in another tab, is taken in event by event; beyond that a replay of the log is cheaper. */
const FEW_EVENTS = 50;

/** Clocks go on; what is ahead of them is looked at again after so long. */
const HORIZON_STEP_MS = EVENT_LIMITS.maxFutureMs / 2;

/** Events between two attempts to shorten the log. */
const COMPACTION_STEP = 100;

const NO_MARKS: Marks = { seen: [], banned: [] };

export interface EventLog {
  readonly events: readonly StoredEvent[];
  /** How many events it has taken in, those included that were dropped since. */
  readonly count: number;
  /** Tells a log from any other that a store may hold. */
  readonly extent: LogExtent;
  /** Items with an event that stands, impressions apart → epoch ms of the last one: they are not recommended again. */
  readonly seen: ReadonlyMap<string, number>;
  /** Items with a `hide` that stands → epoch ms of the last one: they are never shown. */
  readonly banned: ReadonlyMap<string, number>;
  /** What events that were dropped have left behind. */
  readonly kept: Marks;
  /** Undefined while there is no model to read the events with. */
  readonly profile: Profile | undefined;
  get(id: string): StoredEvent | undefined;
  /** Whether the event is in the log, or was dropped and may still be in the store. */
  isKnown(id: string): boolean;
  /** @returns the entry as it is to be stored; undefined for an id that is already there */
  append(event: Event): StoredEvent | undefined;
  /** Appends many at once: the views follow at the end. `work` reads none of them. */
  together(work: () => void): void;
  /** Takes over events of the store, and what others have left behind. */
  load(events: readonly StoredEvent[], kept?: Marks): void;
  /** Reads the log with another release. @returns the entries whose knowledge changed, to be stored */
  use(held: Held): StoredEvent[];
  /** Items were put on a list: what is known of them stays known while the list may be on a screen. */
  delivered(by: Held, ids: readonly string[]): void;
  /** True when `compact` has something to drop. */
  readonly isTooLong: boolean;
  /** Drops what the log can do without. @returns what that was, to be dropped from the store as well */
  compact(): Compaction | undefined;
  /** The store has dropped these too. */
  dropped(ids: ReadonlySet<string>): void;
  /** Another tab has compacted the log: of the first `count` events only those of the store stay. */
  retain(ids: ReadonlySet<string>, count: number): void;
  /** The profile as it was when the log had taken in `count` events. */
  profileAt(count: number): Profile | undefined;
  /**
   * What the page's clock says now, epoch ms. Events more than a day ahead of it were stamped by a clock that was wrong: as
   * long as they are ahead they are read as the oldest ones, or everything done since would count as long ago.
   */
  asOf(now: number): void;
  clear(): void;
}

export function createEventLog(): EventLog {
  let events: StoredEvent[] = [];
  let byId = new Map<string, StoredEvent>();
  /** How many events came before each one. */
  let places = new Map<string, number>();
  let count = 0;
  /** Dropped here, and perhaps not yet in the store. */
  let dropped = new Set<string>();
  /** A log that cannot be shortened is not looked at again with every event. */
  let compactedAt = -COMPACTION_STEP;
  const seen = createSeenItems();
  let profile: Profile | undefined;
  /** Appended, and not in the views yet; undefined where these follow at once. */
  let behind: StoredEvent[] | undefined;
  /** Events after it are read as if they were at another time. Epoch ms, both. */
  let horizon = Infinity;
  let insteadAt = 0;
  let held: Held | undefined;
  const delivered = new Set<string>();
  /** What is known of those delivered items that the items in use do not have. */
  let left = new Map<string, StoredKnown>();
  let read: ReturnType<typeof createKnownReader> | undefined;

  function logged({ event, known }: StoredEvent): LoggedEvent {
    return { event: isAhead(event) ? { ...event, at: insteadAt } : event, known: known && read?.(known) };
  }

  function isAhead({ at }: Event): boolean {
    return at > horizon;
  }

  function placeAhead(): void {
    const right = events.filter(({ event }) => !isAhead(event));
    insteadAt = right.reduce((first, { event }) => Math.min(first, event.at), horizon - EVENT_LIMITS.maxFutureMs);
  }

  function replay(): void {
    byId = new Map(events.map((entry) => [entry.id, entry]));
    if (horizon < Infinity) placeAhead();
    if (behind) behind = [];
    seen.replay(bare());
    profile = held?.model && createProfile(held.model, events.map(logged));
  }

  function bare(): Event[] {
    return events.map(({ event }) => event);
  }

  function place({ id }: StoredEvent): void {
    places.set(id, count++);
  }

  /** Keeps some of the events. */
  function keep(stays: (entry: StoredEvent) => boolean): void {
    const stay = events.filter(stays);
    if (stay.length === events.length) return;
    events = stay;
    places = new Map(events.map(({ id }) => [id, places.get(id)!]));
    replay();
  }

  function add(entry: StoredEvent): void {
    events.push(entry);
    byId.set(entry.id, entry);
    place(entry);
    if (behind) behind.push(entry);
    else view(entry);
  }

  function view(entry: StoredEvent): void {
    seen.add(entry.event, bare);
    profile?.append(logged(entry));
  }

  /** With what the items in use know: another tab may have stored it before it had any. */
  function renewed(entry: StoredEvent): StoredEvent {
    if (!held || entry.event.type === "undo" || isCurrent(entry, held)) return entry;
    const known = knownOf(held, entry.event.item);
    return known ? { ...entry, known } : entry;
  }

  /** What cannot be read with the next release says nothing, so it is not kept. */
  function leftBy(next: Held): Map<string, StoredKnown> {
    const readNext = createKnownReader(next);
    const kept = new Map<string, StoredKnown>();
    for (const id of delivered) {
      if (next.items.table.rowOf.has(id)) continue;
      const known = (held && knownOf(held, id)) ?? left.get(id);
      if (known && readNext(known)) kept.set(id, known);
    }
    return kept;
  }

  return {
    get events() {
      return events;
    },
    get count() {
      return count;
    },
    get extent() {
      const last = events.reduce<string | null>(
        (latest, { id }) => (latest === null || id > latest ? id : latest),
        null,
      );
      return { events: events.length, last };
    },
    get seen() {
      return seen.seen;
    },
    get banned() {
      return seen.banned;
    },
    get kept() {
      return seen.kept;
    },
    get profile() {
      return profile;
    },
    get: (id) => byId.get(id),
    isKnown: (id) => byId.has(id) || dropped.has(id),
    append(event) {
      if (byId.has(event.id)) return undefined;
      const known = held && event.type !== "undo" ? (knownOf(held, event.item) ?? left.get(event.item)) : undefined;
      const entry: StoredEvent = { id: event.id, event, ...(known && { known }) };
      add(entry);
      return entry;
    },
    together(work) {
      behind = [];
      try {
        work();
      } finally {
        const late = behind;
        behind = undefined;
        if (late.length > FEW_EVENTS) replay();
        else late.forEach(view);
      }
    },
    load(stored, marks = NO_MARKS) {
      const unknown = stored.filter(({ id }) => !byId.has(id) && !dropped.has(id));
      // An import may hold an event twice.
      const fresh = [...new Map(unknown.map((entry) => [entry.id, renewed(entry)])).values()];
      const marked = marks.seen.length + marks.banned.length > 0;
      seen.keep(marks);
      if (fresh.length <= FEW_EVENTS) {
        fresh.forEach(add);
        if (marked) seen.replay(bare());
        return;
      }
      events = [...events, ...fresh];
      fresh.forEach(place);
      replay();
    },
    use(next) {
      left = leftBy(next);
      held = next;
      read = createKnownReader(next);
      const before = new Set(events);
      events = events.map(renewed);
      replay();
      return events.filter((entry) => !before.has(entry));
    },
    delivered(by, ids) {
      for (const id of ids) {
        delivered.delete(id);
        delivered.add(id);
        if (!held || by.items === held.items || held.items.table.rowOf.has(id)) continue;
        // The items were exchanged while the list was made.
        const known = knownOf(by, id);
        if (known && read?.(known)) left.set(id, known);
      }
      for (const id of delivered) {
        if (delivered.size <= MAX_DELIVERED) break;
        delivered.delete(id);
        left.delete(id);
      }
    },
    get isTooLong() {
      if (!profile || count - compactedAt < COMPACTION_STEP) return false;
      return isTooLong(events.length, profile.signals.length);
    },
    compact() {
      if (!held?.model || !profile) return undefined;
      compactedAt = count;
      const plan = planCompaction(bare(), profile.signals, held.model.profile);
      if (plan.dropped.size === 0) return undefined;
      for (const id of plan.dropped) dropped.add(id);
      seen.keep(plan.marks);
      keep(({ id }) => !plan.dropped.has(id));
      return plan;
    },
    dropped(ids) {
      for (const id of ids) dropped.delete(id);
    },
    retain: (ids, upTo) => keep(({ id }) => ids.has(id) || places.get(id)! >= upTo),
    profileAt(upTo) {
      const then = events.filter(({ id }) => places.get(id)! < upTo);
      return held?.model && createProfile(held.model, then.map(logged));
    },
    asOf(now) {
      const next = now + EVENT_LIMITS.maxFutureMs;
      if (Math.abs(next - horizon) < HORIZON_STEP_MS) return;
      const before = events.map(({ event }) => isAhead(event));
      horizon = next;
      insteadAt = now;
      if (events.some(({ event }, i) => isAhead(event) || before[i])) replay();
    },
    clear() {
      events = [];
      places.clear();
      dropped = new Set();
      seen.clear();
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
