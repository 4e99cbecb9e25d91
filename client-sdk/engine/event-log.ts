/**
 * The log of events in memory, with the two views of it that lists read: the profile, and what was seen or banned.
 *
 * The log is the truth, on top of what dropped events have left; both views follow it event by event and equal what a replay
 * gives. Storing it is not done here, and which events it can do without is `compaction.ts`.
 */
import type { Event } from "../../shared/event.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent, Profile } from "../../shared/profile.ts";
import type { Remains } from "../storage/log.ts";
import type { LogExtent, StoredEvent } from "../storage/schema.ts";
import { createCarriedSums } from "./carried-sums.ts";
import { isTooLong, planCompaction } from "./compaction.ts";
import { createEventsAhead } from "./events-ahead.ts";
import type { Held } from "./held.ts";
import { createItemKnowledge } from "./item-knowledge.ts";
import { createSeenItems } from "./seen-items.ts";
import { uniteLogs } from "./unite-logs.ts";

/** What happens in one turn, here or in another tab, is taken in event by event; beyond that a replay of the log is cheaper. */
const FEW_EVENTS = 50;

/** Events between two attempts to shorten the log. */
const COMPACTION_STEP = 100;

/** A log as it comes from elsewhere. */
export interface OtherLog extends Remains {
  readonly events: readonly StoredEvent[];
}

export interface EventLog {
  readonly events: readonly StoredEvent[];
  /** How many events it has taken in, those included that were dropped since. */
  readonly count: number;
  /**
   * Counts how often it became another log than by further events and by being shortened here: what was ranked before can no
   * longer be recomputed.
   */
  readonly edition: number;
  /** Tells a log from any other that a store may hold. */
  readonly extent: LogExtent;
  /** Items with an event that stands, impressions apart → epoch ms of the last one: they are not recommended again. */
  readonly seen: ReadonlyMap<string, number>;
  /** Items with a `hide` that stands → epoch ms of the last one: they are never shown. */
  readonly banned: ReadonlyMap<string, number>;
  /** What events that were dropped have left behind. */
  readonly kept: Remains;
  /** Ids of events that have left the log and may still be in the store. */
  readonly leaving: readonly string[];
  /** Undefined while there is no model to read the events with. */
  readonly profile: Profile | undefined;
  get(id: string): StoredEvent | undefined;
  /** Whether the event is in the log, or was dropped and may still be in the store. */
  isKnown(id: string): boolean;
  /** @returns the entry as it is to be stored; undefined for an id that is already there */
  append(event: Event): StoredEvent | undefined;
  /** Appends many at once: the views follow at the end. `work` reads none of them. */
  together(work: () => void): void;
  /** Takes over further events. */
  load(events: readonly StoredEvent[]): void;
  /** Adds the log of the store, which has gone its own ways, so that no event counts twice. @returns entries that were new */
  unite(stored: OtherLog): StoredEvent[];
  /** As `unite`, a log of elsewhere: of sums that say nothing in the space in use nothing is taken, and nothing goes for them. */
  bring(other: OtherLog): StoredEvent[];
  /** Another tab has shortened the log in the store: of the first `count` events only those of the store stay. */
  follow(stored: OtherLog & { readonly ids: ReadonlySet<string> }, count: number): void;
  /** Reads the log with another release. @returns the entries whose knowledge changed, to be stored */
  use(held: Held): StoredEvent[];
  /** Items were put on a list: what is known of them stays known while the list may be on a screen. */
  delivered(by: Held, ids: readonly string[]): void;
  /** True when `compact` has something to drop. */
  readonly isTooLong: boolean;
  /** Drops what the log can do without; its profile stays. @returns whether that was anything */
  compact(): boolean;
  /** The store has dropped these too. */
  dropped(ids: readonly string[]): void;
  /** The profile as it was when the log had taken in `count` events. */
  profileAt(count: number): Profile | undefined;
  /** What the page's clock says now, epoch ms: what is far ahead of it is read as old (`events-ahead.ts`). */
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
  const dropped = new Set<string>();
  let edition = 0;
  /** A log that cannot be shortened is not looked at again with every event. */
  let compactedAt = -COMPACTION_STEP;
  const seen = createSeenItems();
  let profile: Profile | undefined;
  /** Appended, and not in the views yet; undefined where these follow at once. */
  let behind: StoredEvent[] | undefined;
  const ahead = createEventsAhead();
  const items = createItemKnowledge();
  const sums = createCarriedSums(() => items.held, ahead);

  function logged({ event, known }: StoredEvent): LoggedEvent {
    return { event: ahead.asRead(event), known: known && items.read(known) };
  }

  function profileOf(entries: readonly StoredEvent[]): Profile | undefined {
    const model = items.held?.model;
    return model && createProfile(model, entries.map(logged), sums.read);
  }

  function replay(): void {
    byId = new Map(events.map((entry) => [entry.id, entry]));
    ahead.place(bare());
    if (behind) behind = [];
    seen.replay(bare());
    profile = profileOf(events);
  }

  function bare(): Event[] {
    return events.map(({ event }) => event);
  }

  function place({ id }: StoredEvent): void {
    places.set(id, count++);
  }

  /** Keeps some of the events and takes over others. */
  function become(stay: readonly StoredEvent[], more: readonly StoredEvent[]): void {
    events = [...stay, ...more];
    places = new Map(stay.map(({ id }) => [id, places.get(id)!]));
    more.forEach(place);
    replay();
  }

  function unite(other: OtherLog): StoredEvent[] {
    const asRead = (side: OtherLog) => ({ ...side, carried: side.carried && ahead.sumsAsRead(side.carried) });
    const here = { events, seen: seen.kept.seen, banned: [], carried: sums.stored };
    const union = uniteLogs(asRead(here), asRead(other), ahead.isAhead);
    for (const id of union.counted) dropped.add(id);
    seen.keep(union.marks);
    seen.keep(other);
    if (!sums.stored && other.carried) {
      sums.become(other.carried);
      edition++;
    }
    const fresh = unknownOf(other.events, (id) => byId.has(id));
    become(
      events.filter(({ id }) => !union.counted.has(id)),
      fresh,
    );
    return fresh;
  }

  /** Those that are not here yet. An import may hold an event twice. */
  function unknownOf(stored: readonly StoredEvent[], isHere: (id: string) => boolean): StoredEvent[] {
    const unknown = stored.filter(({ id }) => !isHere(id) && !dropped.has(id));
    return [...new Map(unknown.map((entry) => [entry.id, items.renewed(entry)])).values()];
  }

  function add(entry: StoredEvent): void {
    events.push(entry);
    byId.set(entry.id, entry);
    place(entry);
    if (behind) behind.push(entry);
    else view(entry);
  }

  function view(entry: StoredEvent): void {
    if (ahead.moves(entry.event)) return replay();
    seen.add(entry.event, bare);
    profile?.append(logged(entry));
  }

  return {
    get events() {
      return events;
    },
    get count() {
      return count;
    },
    get edition() {
      return edition;
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
      return { ...seen.kept, carried: sums.stored };
    },
    get leaving() {
      return [...dropped];
    },
    get profile() {
      return profile;
    },
    get: (id) => byId.get(id),
    isKnown: (id) => byId.has(id) || dropped.has(id),
    append(event) {
      if (byId.has(event.id)) return undefined;
      const known = event.type === "undo" ? undefined : items.of(event.item);
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
        if (late.length > FEW_EVENTS || late.some(({ event }) => ahead.moves(event))) replay();
        else late.forEach(view);
      }
    },
    load(stored) {
      const fresh = unknownOf(stored, (id) => byId.has(id));
      if (fresh.length > FEW_EVENTS) become(events, fresh);
      else fresh.forEach(add);
    },
    unite,
    bring: (other) => unite(other.carried && !sums.canRead(other.carried) ? { ...other, carried: undefined } : other),
    follow(stored, upTo) {
      const stay = events.filter(({ id }) => stored.ids.has(id) || places.get(id)! >= upTo);
      const stays = new Set(stay.map(({ id }) => id));
      // Sums that have grown by just what goes here: the other tab has shortened the same log.
      const gone = (profile?.signals ?? []).filter(({ event }) => !stays.has(event)).length;
      if ((stored.carried?.signals ?? 0) - (sums.stored?.signals ?? 0) !== gone) edition++;
      dropped.clear();
      sums.become(stored.carried);
      seen.keep(stored);
      become(
        stay,
        unknownOf(stored.events, (id) => stays.has(id)),
      );
    },
    use(next) {
      items.use(next);
      sums.reread();
      const before = new Set(events);
      events = events.map(items.renewed);
      replay();
      return events.filter((entry) => !before.has(entry));
    },
    delivered: items.delivered,
    get isTooLong() {
      if (!profile || count - compactedAt < COMPACTION_STEP) return false;
      return isTooLong(events.length, profile.signals.length);
    },
    compact() {
      const { held } = items;
      if (!held?.model || !profile) return false;
      compactedAt = count;
      const { signals } = profile;
      const plan = planCompaction(bare().map(ahead.asRead), signals);
      if (plan.dropped.size === 0) return false;
      if (plan.carried > 0) sums.carry(signals, plan, (event) => byId.get(event)?.known);
      for (const id of plan.dropped) dropped.add(id);
      seen.keep(plan.marks);
      become(
        events.filter(({ id }) => !plan.dropped.has(id)),
        [],
      );
      return true;
    },
    dropped(ids) {
      for (const id of ids) dropped.delete(id);
    },
    profileAt: (upTo) => profileOf(events.filter(({ id }) => places.get(id)! < upTo)),
    asOf(now) {
      if (!ahead.asOf(now, bare(), sums.stored)) return;
      sums.reread();
      edition++;
      replay();
    },
    clear() {
      events = [];
      places.clear();
      dropped.clear();
      sums.become(undefined);
      edition++;
      seen.clear();
      items.clear();
      replay();
    },
  };
}
