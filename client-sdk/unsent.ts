/**
 * The events of this page that the edge has not judged yet, held where the browser still sends something when the page
 * goes: `sendBeacon` exists only here. Nothing is lost without it: the same events wait in the store for a later visit,
 * also those that were beaconed, and the edge counts an id once.
 */
import type { Sender, TrackedEvent } from "./messages.ts";
import type { Notices } from "./types.ts";

/** What the last minutes of a page hold; older ones have long been sent or are stored. */
const MAX_HELD = 200;
/** An event has 200 to 1,500 bytes, so that these stay below the 60 KiB that the edge takes of a beacon. */
const EVENTS_PER_BEACON = 40;
/** Browsers take 64 KiB of all beacons together; what they refuse is sent from the store. */
const BEACON_BYTES = 60 * 1024;

/** What an event may have, in whatever order. The engine refuses one that has more, which may not be known yet. */
const FIELDS = "id type item at list position dwellMs fraction value sources policy explored propensity".split(" ");

function known(event: TrackedEvent["event"]): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => FIELDS.includes(name)));
}

export interface UnsentOptions {
  /** Whether consent allows it just now. */
  readonly allowed: () => boolean;
  readonly utcOffsetMinutes: () => number;
  readonly sent: (notice: Notices["sent"]) => void;
}

export interface Unsent {
  add(tracked: TrackedEvent): void;
  /** Null where nothing may be sent any more: forgets what is held. */
  sender(sender: Sender | null): void;
  /** The release of events that name no list. */
  release(id: string): void;
  drop(ids: readonly string[]): void;
  /** Hands everything to the browser, the newest first. */
  flush(): void;
}

/** False where the browser takes no more, has no beacons, or the page has put something else in their place. */
function isTaken(url: string, body: string): boolean {
  try {
    return navigator.sendBeacon(url, body);
  } catch {
    return false;
  }
}

export function createUnsent({ allowed, utcOffsetMinutes, sent }: UnsentOptions): Unsent {
  let held: TrackedEvent[] = [];
  let by: Sender | null = null;
  let current = "none";

  function drop(ids: readonly unknown[]): void {
    const gone = new Set(ids);
    held = held.filter(({ event }) => !gone.has(event.id));
  }

  /** @returns false where the browser takes no more */
  function beacon({ url, head }: Sender, { release, surface }: TrackedEvent, events: readonly unknown[]): boolean {
    const envelope = { ...head, release: release ?? current, surface, utcOffsetMinutes: utcOffsetMinutes(), events };
    const body = JSON.stringify(envelope);
    const bytes = new Blob([body]).size;
    if (bytes > BEACON_BYTES || !isTaken(url, body)) return false;
    sent({ url, method: "POST", bytes, events: events.length });
    return true;
  }

  return {
    add(tracked) {
      const { event } = tracked;
      // The item of what is undone is known to the engine alone; what was never sent need not be taken back.
      if (event.type === "undo") drop([event.event]);
      if (event.type === "undo" || !allowed()) return;
      held.push(tracked);
      if (held.length > MAX_HELD) held.shift();
    },
    sender(next) {
      by = next;
      if (!next) held = [];
    },
    release(id) {
      current = id;
    },
    drop,
    flush() {
      if (!by || !allowed()) return;
      const groups = new Map<string, TrackedEvent[]>();
      for (const each of held.splice(0).reverse()) {
        const key = JSON.stringify([each.release, each.surface]);
        groups.set(key, [...(groups.get(key) ?? []), each]);
      }
      for (const group of groups.values()) {
        const [first] = group;
        // An envelope of its own for every few: one that is too large takes all its events with it.
        for (let at = 0; at < group.length; at += EVENTS_PER_BEACON) {
          const events = group.slice(at, at + EVENTS_PER_BEACON).map(({ event }) => known(event));
          if (!beacon(by, first!, events)) return;
        }
      }
    },
  };
}
