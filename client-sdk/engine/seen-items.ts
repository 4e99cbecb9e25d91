/**
 * What the person has had before and what they never want again: a view of the log's events, on top of what events that
 * are no longer in the log have left behind.
 */
import type { Event } from "../../shared/event.ts";
import { undoneEvents } from "../../shared/signals.ts";
import type { Marks } from "../storage/log.ts";
import type { StoredMark } from "../storage/schema.ts";

export interface SeenItems {
  /** Items with an event that stands, impressions apart → epoch ms of the last one. */
  readonly seen: ReadonlyMap<string, number>;
  /** Items with a `hide` that stands → epoch ms of the last one. */
  readonly banned: ReadonlyMap<string, number>;
  /** What dropped events have left behind. */
  readonly kept: Marks;
  /** One more event of the log. */
  add(event: Event, log: () => readonly Event[]): void;
  /** Starts over from the whole log. */
  replay(log: readonly Event[]): void;
  /** Adds what outlives its events; holds from the next `replay` on. */
  keep(marks: Marks): void;
  clear(): void;
}

export function createSeenItems(): SeenItems {
  const kept = { seen: new Map<string, number>(), banned: new Map<string, number>() };
  let seen = new Map<string, number>();
  let banned = new Map<string, number>();
  /** Events named by an undo, which may come before the event itself when tabs and clocks disagree. */
  let named = new Set<string>();

  function count(event: Event): void {
    if (!isAct(event)) return;
    later(seen, event);
    if (event.type === "hide") later(banned, event);
  }

  function replay(log: readonly Event[]): void {
    seen = new Map(kept.seen);
    banned = new Map(kept.banned);
    named = new Set(log.flatMap((event) => (event.type === "undo" ? [event.event] : [])));
    const undone = undoneEvents(log);
    for (const event of log) if (!undone.has(event.id)) count(event);
  }

  return {
    get seen() {
      return seen;
    },
    get banned() {
      return banned;
    },
    get kept() {
      return { seen: marksOf(kept.seen), banned: marksOf(kept.banned) };
    },
    add(event, log) {
      if (event.type === "undo" || named.has(event.id)) replay(log());
      else count(event);
    },
    replay,
    keep(marks) {
      for (const mark of marks.seen) later(kept.seen, mark);
      for (const mark of marks.banned) later(kept.banned, mark);
    },
    clear() {
      kept.seen.clear();
      kept.banned.clear();
      replay([]);
    },
  };
}

/** What the events leave behind when they are dropped. @param undone ids of events that were taken back */
export function marksLeftBy(events: readonly Event[], undone: ReadonlySet<string>): Marks {
  const [seen, banned] = [new Map<string, number>(), new Map<string, number>()];
  for (const event of events) {
    if (undone.has(event.id) || !isAct(event)) continue;
    later(seen, event);
    if (event.type === "hide") later(banned, event);
  }
  return { seen: marksOf(seen), banned: marksOf(banned) };
}

function isAct({ type }: Event): boolean {
  return type !== "impression" && type !== "undo";
}

function later(map: Map<string, number>, { item, at }: StoredMark): void {
  map.set(item, Math.max(at, map.get(item) ?? 0));
}

function marksOf(map: ReadonlyMap<string, number>): StoredMark[] {
  return Array.from(map, ([item, at]) => ({ item, at }));
}
