/**
 * What the engine remembers of the person, in memory and in the store at once: the log, and what they set by hand. Also
 * forgetting it: the queue of what the page did before the store was read, and the guard that nothing read before an
 * erasure comes back after it.
 */
import type { Marks } from "../storage/log.ts";
import type { Adjustments, StoredEvent } from "../storage/schema.ts";
import { adjusted } from "../storage/state.ts";
import type { Store } from "../storage/store.ts";
import type { EventLog } from "./event-log.ts";

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
  /** Adds a profile from elsewhere: events by their id, marks, and adjustments, which win. @returns events that were new */
  unite(profile: Person): Promise<number>;
  /** Writes all that is remembered: from now on it may be stored. */
  persist(): Promise<void>;
  /** Shortens the log where it has grown too long. @returns whether it had */
  compact(): Promise<boolean>;
  /** Forgets all of it here. The store is not touched. */
  forget(): void;
}

/** All that is remembered of a person. */
export interface Person extends Marks {
  readonly events: readonly StoredEvent[];
  readonly adjustments: Adjustments;
}

export function createMemory(log: EventLog, store: () => Store | undefined): Memory {
  let erasures = 0;
  let waiting: (() => void)[] | undefined = [];
  let adjustments: Adjustments = {};
  /** Counts the changes made here: what was read before one does not undo it. */
  let changes = 0;
  let compactions = 0;
  let compacting = false;

  async function load(read: (store: Store) => Promise<readonly StoredEvent[]>): Promise<number> {
    const from = store();
    if (!from) return 0;
    const before = erasures;
    const events = await read(from);
    if (erasures !== before) return 0;
    log.load(events);
    return events.length;
  }

  async function restore(): Promise<void> {
    const from = store();
    if (!from) return;
    const before = erasures;
    const stored = await from.log();
    if (erasures !== before) return;
    log.load(stored.events, stored);
    compactions = stored.compactions;
    // What was set here meanwhile is newer.
    adjustments = adjusted(stored.adjustments, adjustments);
  }

  async function catchUp(): Promise<boolean> {
    const from = store();
    const before = { erasures, changes, count: log.count };
    const stored = await from?.logBeyond(log.isKnown);
    if (!stored || erasures !== before.erasures) return false;
    const shortened = stored.compactions > compactions;
    // Fewer than were known: the store was wiped, and begins anew.
    compactions = stored.compactions;
    if (shortened) log.retain(stored.ids, before.count);
    log.load(stored.events, shortened ? stored : undefined);
    const set = changes === before.changes && JSON.stringify(stored.adjustments) !== JSON.stringify(adjustments);
    if (set) ({ adjustments } = stored);
    return shortened || set || stored.events.length > 0;
  }

  async function shorten(): Promise<boolean> {
    await catchUp();
    const done = log.compact();
    if (!done) return false;
    if (await store()?.compact([...done.dropped], done.marks)) {
      log.dropped(done.dropped);
      compactions++;
    }
    return true;
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
      await store()?.adjust(changed);
    },
    async unite(profile) {
      const before = log.count;
      const fresh = profile.events.filter(({ id }) => !log.isKnown(id));
      log.load(fresh, profile);
      const added = log.count - before;
      changes++;
      adjustments = adjusted(adjustments, profile.adjustments);
      const into = store();
      await Promise.all([into?.putEvents(fresh), into?.putMarks(profile), into?.adjust(profile.adjustments)]);
      return added;
    },
    async persist() {
      const into = store();
      await Promise.all([into?.putEvents(log.events), into?.putMarks(log.kept), into?.adjust(adjustments)]);
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
      compactions = 0;
      // What was done before the erasure is part of what is erased.
      if (waiting) waiting = [];
      log.clear();
    },
  };
}
