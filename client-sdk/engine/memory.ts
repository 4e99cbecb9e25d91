/**
 * What the engine remembers of the person, in memory and in the store at once: the log, and what they set by hand. Also
 * forgetting it: the queue of what the page did before the store was read, and the guard that nothing read before an
 * erasure comes back after it.
 */
import type { Adjustments, StoredEvent } from "../storage/schema.ts";
import { adjusted } from "../storage/state.ts";
import type { Store } from "../storage/store.ts";
import type { EventLog, OtherLog } from "./event-log.ts";

export interface Memory {
  /** Grows with every erasure. */
  readonly erasures: number;
  readonly adjustments: Adjustments;
  /** Runs at once when the stored events are here, else as soon as they are, in the order of the calls. */
  whenRestored(work: () => void): void;
  /** The stored events are here, or it is known that they cannot be had. */
  restored(): void;
  /** Reads all that is stored. */
  restore(): Promise<void>;
  /** @returns how many events were read and kept */
  load(read: (store: Store) => Promise<readonly StoredEvent[]>): Promise<number>;
  /** What another tab has written meanwhile. @returns whether there was anything */
  catchUp(): Promise<boolean>;
  /** Changes some adjustments; 0 takes one back. */
  adjust(changed: Adjustments): Promise<void>;
  /** Adds a profile from elsewhere: its log, and adjustments, which win. @returns events that were new */
  unite(profile: Person): Promise<number>;
  /** Writes all that is remembered: from now on it may be stored. */
  persist(): Promise<void>;
  /** Shortens the log where it has grown too long. @returns whether it had */
  compact(): Promise<boolean>;
  /** Forgets all of it here. The store is not touched. */
  forget(): void;
}

/** Other tabs may be first more than once, and not for ever. */
const MAX_ATTEMPTS = 5;

/** All that is remembered of a person. */
export interface Person extends OtherLog {
  readonly adjustments: Adjustments;
}

export function createMemory(log: EventLog, store: () => Store | undefined): Memory {
  let erasures = 0;
  let waiting: (() => void)[] | undefined = [];
  let adjustments: Adjustments = {};
  /** What the store was last seen to have. */
  let inStore: Adjustments = {};
  /** Set here, and not in the store, which could not be written, over what was there: 0 for nothing. */
  const unstored = new Map<string, { readonly x: number; readonly over: number }>();
  /** Counts the changes made here: what was read before one does not undo it. */
  let changes = 0;
  let compactions = 0;
  let compacting = false;
  let reading: Promise<unknown> = Promise.resolve();

  /** One reading after the other: what a later one finds dropped must not come back with what an earlier one has read. */
  function inTurn<R>(read: () => Promise<R>): Promise<R> {
    const done = reading.then(read);
    reading = done.catch(() => {});
    return done;
  }

  function load(read: (store: Store) => Promise<readonly StoredEvent[]>): Promise<number> {
    return inTurn(async () => {
      const from = store();
      if (!from) return 0;
      const before = erasures;
      const events = await read(from);
      if (erasures !== before) return 0;
      log.load(events);
      return events.length;
    });
  }

  function restore(): Promise<void> {
    return inTurn(async () => {
      const from = store();
      if (!from) return;
      const before = erasures;
      const found = await from.log();
      if (erasures !== before) return;
      log.unite(found);
      compactions = found.compactions;
      inStore = found.adjustments;
      // What was set here meanwhile is newer.
      adjustments = adjusted(inStore, { ...adjustments, ...unwritten() });
    });
  }

  function catchUp(): Promise<boolean> {
    return inTurn(async () => {
      const from = store();
      const before = { erasures, changes };
      let found = await from?.logBeyond(log.isKnown);
      const shortened = found !== undefined && found.compactions > compactions;
      // Only what comes while it is being read may be missing there and still stay.
      const { count } = log;
      // What this tab has dropped by itself may be in the log there.
      if (shortened) found = await from!.logBeyond(() => false);
      if (!found || erasures !== before.erasures) return false;
      // Fewer than were known: the store was wiped, and begins anew.
      compactions = found.compactions;
      if (shortened) log.follow(found, count);
      else log.load(found.events);
      if (changes !== before.changes) return shortened || found.events.length > 0;
      inStore = found.adjustments;
      // Somebody has set it in another tab since.
      for (const [name, { over }] of unstored) if ((inStore[name] ?? 0) !== over) unstored.delete(name);
      if (unstored.size > 0) void storeAdjustments({});
      const united = adjusted(inStore, unwritten());
      const set = JSON.stringify(united) !== JSON.stringify(adjustments);
      if (set) adjustments = united;
      return shortened || set || found.events.length > 0;
    });
  }

  /**
   * Changes the log here and in the store alike. Where another tab was first there, what that has done is read, and the
   * change made again on top of it.
   *
   * @param change changes the log in memory. @returns the events that are to be stored; undefined where nothing changed
   * @param reread takes over what the other tab has done
   * @returns the events of the last change
   */
  async function rewrite(
    change: () => readonly StoredEvent[] | undefined,
    reread: () => Promise<unknown>,
  ): Promise<readonly StoredEvent[] | undefined> {
    const before = erasures;
    let events: readonly StoredEvent[] | undefined;
    for (let attempt = 0; attempt < MAX_ATTEMPTS && erasures === before; attempt++) {
      events = change();
      const into = store();
      if (!events || !into) return events;
      const dropped = log.leaving;
      const outcome = await into.rewrite({ ...log.kept, events, dropped }, compactions);
      // By an erasure or a lower consent: what was written is being deleted, and nothing more may be written.
      if (erasures !== before || store() !== into) return events;
      if (outcome === "failed") {
        await into.putEvents(events);
        return events;
      }
      if (outcome !== "elsewhere") {
        log.dropped(dropped);
        // Another tab may have gone on from there already.
        compactions = Math.max(compactions, outcome);
        return events;
      }
      await reread();
    }
    return events;
  }

  function unwritten(): Adjustments {
    return Object.fromEntries(Array.from(unstored, ([name, { x }]) => [name, x]));
  }

  async function storeAdjustments(changed: Adjustments): Promise<void> {
    const [into, before] = [store(), erasures];
    for (const [name, x] of Object.entries(changed)) {
      unstored.delete(name);
      if (into) unstored.set(name, { x, over: inStore[name] ?? 0 });
    }
    if (!into) return;
    const written = unwritten();
    if (!(await into.adjust(written)) || erasures !== before) return;
    inStore = adjusted(inStore, written);
    for (const [name, x] of Object.entries(written)) {
      const newer = unstored.get(name);
      if (newer?.x === x) unstored.delete(name);
      // Set again meanwhile, it is written by a later call, over this.
      else if (newer) unstored.set(name, { ...newer, over: x });
    }
  }

  async function shorten(): Promise<boolean> {
    await catchUp();
    return (await rewrite(() => (log.compact() ? [] : undefined), catchUp)) !== undefined;
  }

  return {
    get erasures() {
      return erasures;
    },
    get adjustments() {
      return adjustments;
    },
    whenRestored(work) {
      if (waiting) waiting.push(work);
      else work();
    },
    restored() {
      const due = waiting ?? [];
      waiting = undefined;
      for (const work of due) work();
    },
    restore,
    load,
    catchUp,
    async adjust(changed) {
      changes++;
      adjustments = adjusted(adjustments, changed);
      await storeAdjustments(changed);
    },
    async unite(profile) {
      changes++;
      adjustments = adjusted(adjustments, profile.adjustments);
      const adjusting = storeAdjustments(profile.adjustments);
      const added = new Map<string, StoredEvent>();
      const stored = await rewrite(() => {
        for (const entry of log.bring(profile)) added.set(entry.id, entry);
        return [...added.values()].filter(({ id }) => log.get(id));
      }, catchUp);
      await adjusting;
      return stored!.length;
    },
    async persist() {
      const adjusting = storeAdjustments(adjustments);
      await rewrite(() => log.events, restore);
      await adjusting;
    },
    async compact() {
      if (compacting || !log.isTooLong) return false;
      compacting = true;
      return shorten().finally(() => (compacting = false));
    },
    forget() {
      erasures++;
      changes++;
      adjustments = {};
      inStore = {};
      unstored.clear();
      compactions = 0;
      // What was done before the erasure is part of what is erased.
      if (waiting) waiting = [];
      log.clear();
    },
  };
}
