/**
 * What the engine remembers of the person, and forgetting it: the log as it is read from the store, the queue of what the
 * page did before that was done, and the guard that nothing read before an erasure comes back after it.
 */
import type { Store } from "../storage/store.ts";
import type { StoredEvent } from "../storage/schema.ts";
import type { EventLog } from "./event-log.ts";

export interface Memory {
  /** Grows with every erasure. */
  readonly erasures: number;
  /** Runs at once when the stored events are here, else as soon as they are, in the order of the calls. */
  whenRestored(work: () => void): void;
  /** The stored events are here, or it is known that they cannot be had. */
  restored(): void;
  /** @returns how many events were read and kept */
  load(read: (store: Store) => Promise<readonly StoredEvent[]>): Promise<number>;
  /** Events that another tab has written meanwhile. @returns how many */
  catchUp(): Promise<number>;
  /** Empties the log. */
  forget(): void;
}

export function createMemory(log: EventLog, store: () => Store | undefined): Memory {
  let erasures = 0;
  let waiting: (() => void)[] | undefined = [];

  async function load(read: (store: Store) => Promise<readonly StoredEvent[]>): Promise<number> {
    const from = store();
    if (!from) return 0;
    const before = erasures;
    const events = await read(from);
    if (erasures !== before) return 0;
    log.load(events);
    return events.length;
  }

  return {
    get erasures() {
      return erasures;
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
    load,
    catchUp: () => load((from) => from.eventsBeyond((id) => log.get(id) !== undefined)),
    forget() {
      erasures++;
      // What was done before the erasure is part of what is erased.
      if (waiting) waiting = [];
      log.clear();
    },
  };
}
