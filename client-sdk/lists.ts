/**
 * The lists this page has been given: their ids, where and by which release they were made, and how each entry got its
 * score, so that events and explanations can refer back to them.
 */
import type { NearfeedError } from "../shared/errors.ts";
import type { PlainError, Ranked, RankedEntry, Trace } from "./messages.ts";
import { reviveError } from "./plain-error.ts";
import type { Entry, List } from "./types.ts";

/** Lists whose entries can still be explained. Older ones have left any screen. */
const MAX_TRACED = 100;
/** Events whose undo still names their list's surface. */
const MAX_EVENTS = 1_000;
/** Lists whose events still name their release. */
const MAX_LISTS = 500;

export interface OpenList {
  readonly id: string;
  readonly release: string;
}

export interface ListOrigin {
  readonly surface: string;
  /** Null where the event names no list. */
  readonly release: string | null;
}

export interface Lists {
  /** A new list id. */
  open(surface: string, release: string): OpenList;
  origin(list: string): ListOrigin | undefined;
  /** Where an event happened, so that its undo can say the same. */
  tracked(event: string, origin: ListOrigin): void;
  originOfEvent(event: string): ListOrigin | undefined;
  /** What stands at this position from now on. */
  remember(list: string, position: number, trace: Trace): void;
  /** How the item came to this position of the list, or to the one where it stands by now. */
  trace(entry: { readonly list: string; readonly position: number; readonly id: string }): Trace | undefined;
  clear(): void;
}

/** @param nextId makes list ids */
export function createLists(nextId: () => string): Lists {
  const origins = new Map<string, ListOrigin>();
  const events = new Map<string, ListOrigin>();
  /** By list and position. */
  const traces = new Map<string, Map<number, Trace>>();
  return {
    open(surface, release) {
      const id = nextId();
      put(origins, id, { surface, release }, MAX_LISTS);
      return { id, release };
    },
    origin: (list) => origins.get(list),
    tracked: (event, origin) => put(events, event, origin, MAX_EVENTS),
    originOfEvent: (event) => events.get(event),
    remember(list, position, trace) {
      const places = traces.get(list) ?? new Map<number, Trace>();
      places.set(position, trace);
      put(traces, list, places, MAX_TRACED);
    },
    trace({ list, position, id }) {
      const places = traces.get(list);
      const there = places?.get(position);
      return there?.item === id ? there : [...(places?.values() ?? [])].find(({ item }) => item === id);
    },
    clear() {
      origins.clear();
      events.clear();
      traces.clear();
    },
  };
}

/** A list of one ranking. */
export function createList<T>(lists: Lists, surface: string, ranked: Ranked, count: number): List<T> {
  const list = lists.open(surface, ranked.release);
  return Object.freeze({
    id: list.id,
    entries: Object.freeze(ranked.entries.map((entry, i) => createEntry<T>(lists, list, entry, i, ranked))),
    status: statusOf(ranked.entries.length, count, ranked.error),
    floor: ranked.floor,
    offline: ranked.offline,
    ...(ranked.error && { error: reviveError(ranked.error) }),
  });
}

/** A list that could not be made. */
export function failedList<T>(id: string, error: NearfeedError): List<T> {
  return Object.freeze({ id, entries: Object.freeze([]), status: "failed", floor: "start", offline: false, error });
}

/** Frozen, all but the item: feeds and events go by what was handed out. */
export function createEntry<T>(
  lists: Lists,
  list: OpenList,
  ranked: RankedEntry,
  position: number,
  { floor, policy, edition, events, now, personalized, adjustments, about }: Ranked,
): Entry<T> {
  const { id, item, score, ...how } = ranked;
  const read = { edition, events, now, personalized, adjustments, about };
  lists.remember(list.id, position, { item: id, floor, policy, ...read, ...how });
  const { sources, explored, moved } = how;
  // Both belong to the trace as well.
  Object.freeze(sources);
  Object.freeze(moved);
  // The catalogue holds what the app put there; T is the app's word for it.
  return Object.freeze({
    id,
    item: item as T,
    list: list.id,
    position,
    score,
    sources,
    explored,
    ...(moved && { moved }),
  });
}

export function statusOf(entries: number, wanted: number, error?: PlainError): List<unknown>["status"] {
  if (entries === 0) return error ? "failed" : "empty";
  return entries < wanted ? "partial" : "ready";
}

/** Sets, and drops the oldest key beyond `max`. */
function put<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value!);
}
