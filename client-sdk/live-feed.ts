/**
 * A feed as the page holds it: what is pinned is decided here, because only the page knows what is on the screen when
 * somebody acts. The engine ranks what follows.
 */
import { reviveError } from "./plain-error.ts";
import type { FeedChange, FeedUpdate } from "./messages.ts";
import { guarded } from "./notices.ts";
import { createEntry, statusOf } from "./lists.ts";
import type { Lists } from "./lists.ts";
import type { Entry, FeedSnapshot, Query } from "./types.ts";

export interface LiveFeed<T> {
  getSnapshot(): FeedSnapshot<T>;
  subscribe(listener: () => void): () => void;
  /** Pins up to the entry for as long as the event stands. @returns what the engine must know, if anything changed */
  pin(entry: Entry<T>, event: string): FeedChange | undefined;
  /** Takes back what an event pinned. */
  unpin(event: string): FeedChange | undefined;
  lengthen(by: number): FeedChange;
  /** Remembers which batch the last change went out with; older rankings no longer fit. */
  sent(seq: number): void;
  /** Resolves when a ranking of this batch, or a later one, is shown, or when the feed has ended. */
  shown(seq: number): Promise<void>;
  /** @returns false where the ranking was made for other pins; a newer one is under way */
  apply(update: FeedUpdate): boolean;
  fail(error: FeedSnapshot<T>["error"]): void;
  /** As after opening. */
  reset(): void;
  /** No ranking comes any more: nobody waits for one. */
  end(): void;
  /** Calls the subscribers. */
  notify(): void;
}

export function createLiveFeed<T>(id: number, query: Query, count: number, lists: Lists): LiveFeed<T> {
  const listeners = new Set<() => void>();
  /** Event → how many entries it pins. */
  let pins = new Map<string, number>();
  /** How many events pin so many entries, by that number; the longest that is pinned stands last. */
  let tally: number[] = [];
  /** What the page has promised not to move. */
  let pinned: readonly Entry<T>[] = [];
  let length = count;
  let asked: number | undefined;
  let lastChange = 0;
  let ended = false;
  let waiting: { seq: number; resolve: () => void }[] = [];
  let list = { id: "", release: "" };
  let snapshot: FeedSnapshot<T> = initial();

  function change(): FeedChange | undefined {
    const wanted = Math.max(0, tally.length - 1);
    if (wanted === pinned.length) return undefined;
    const keep = Math.min(wanted, pinned.length);
    pinned = snapshot.entries.slice(0, wanted);
    return { feed: id, keep, add: pinned.slice(keep).map((entry) => entry.id), length };
  }

  function unpin(event: string): boolean {
    const wanted = pins.get(event);
    if (wanted === undefined) return false;
    pins.delete(event);
    tally[wanted]!--;
    while (tally.length > 0 && !tally.at(-1)) tally.pop();
    return true;
  }

  return {
    getSnapshot: () => snapshot,
    subscribe(listener) {
      // A wrapper, so that one function subscribed twice is called twice and each ends alone.
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    pin({ id: item, list: shownIn, position }, event) {
      const shown = Number.isInteger(position) ? snapshot.entries[position] : undefined;
      if (shown?.id !== item || shown.list !== shownIn) return undefined;
      unpin(event);
      pins.set(event, position + 1);
      tally[position + 1] = (tally[position + 1] ?? 0) + 1;
      return change();
    },
    unpin: (event) => (unpin(event) ? change() : undefined),
    lengthen(by) {
      // What was asked for and is not answered yet counts as there.
      length = (asked ?? snapshot.entries.length) + by;
      asked = length;
      return { feed: id, keep: pinned.length, add: [], length };
    },
    sent(seq) {
      lastChange = seq;
    },
    async shown(seq) {
      if (!ended) await new Promise<void>((resolve) => waiting.push({ seq, resolve }));
    },
    apply(update) {
      if (update.seq < lastChange) return false;
      asked = undefined;
      if (!update.error && (update.release !== list.release || list.id === ""))
        list = lists.open(query.surface, update.release);
      const held = new Set(pinned.map((entry) => entry.id));
      const ranked = update.entries.filter((entry) => !held.has(entry.id));
      // A ranking that failed leaves what is on the screen.
      const tail = update.error
        ? snapshot.entries.slice(pinned.length)
        : ranked.map((entry, i) => createEntry<T>(lists, list, entry, pinned.length + i, update));
      snapshot = Object.freeze({
        id: list.id,
        entries: Object.freeze([...pinned, ...tail]),
        pinned: pinned.length,
        status: statusOf(tail.length, Math.max(count, length - pinned.length), update.error),
        floor: update.floor,
        offline: update.offline,
        ...(update.error && { error: reviveError(update.error) }),
      });
      for (const each of waiting) if (each.seq <= update.seq) each.resolve();
      waiting = waiting.filter((each) => each.seq > update.seq);
      return true;
    },
    fail(error) {
      snapshot = Object.freeze({
        ...snapshot,
        status: snapshot.entries.length > 0 ? snapshot.status : "failed",
        error,
      });
    },
    reset() {
      pins = new Map();
      tally = [];
      pinned = [];
      length = count;
      asked = undefined;
      list = { id: "", release: "" };
    },
    end() {
      ended = true;
      for (const each of waiting.splice(0)) each.resolve();
    },
    notify() {
      // A copy: a listener may subscribe another one.
      Array.from(listeners).forEach(guarded);
    },
  };
}

function initial<T>(): FeedSnapshot<T> {
  return Object.freeze({
    id: "",
    entries: Object.freeze([]),
    pinned: 0,
    status: "empty",
    floor: "start",
    offline: false,
  });
}
