/**
 * The log in the store: events, and what outlives those that were dropped. What waits to be sent is `outbox.ts`.
 *
 * An event counts as stored when its transaction has completed. Transactions are `relaxed`: they survive the end of the
 * tab and of the browser, and the last ones may be lost where the machine itself loses power, as for every page that
 * does not ask for more. Waiting for the disk would cost every event a flush of it.
 */
import type { IDBPTransaction, StoreNames } from "idb";
import type { Connection } from "./connection.ts";
import type { Database } from "./open.ts";
import { mark, storedEvent } from "./read-stored.ts";
import type { Adjustments, OutboxEvent, Schema, StoredCarried, StoredEvent, StoredMark } from "./schema.ts";
import { readState } from "./state.ts";
import { readSound } from "./read-sound.ts";
import { whole, withRoom } from "./transactions.ts";

/** Items that outlive the events they came from. */
export interface Marks {
  readonly seen: readonly StoredMark[];
  readonly banned: readonly StoredMark[];
}

/** All that outlives dropped events. */
export interface Remains extends Marks {
  readonly carried?: StoredCarried | undefined;
}

/** A change of the log that is more than further events. */
export interface Rewrite extends Remains {
  readonly events: readonly StoredEvent[];
  /** Ids of events that go for good. */
  readonly dropped: readonly string[];
}

export interface StoredLog extends Remains {
  readonly events: readonly StoredEvent[];
  readonly adjustments: Adjustments;
  /** How often it was shortened. */
  readonly compactions: number;
}

export interface LogChanges extends StoredLog {
  /** Ids of all events in the store, those included that could not be written yet. */
  readonly ids: ReadonlySet<string>;
}

export interface LogStore {
  /** All of it as of one moment. */
  log(): Promise<StoredLog>;
  /** As `log`, but only those events that are not known. Undefined where nothing can be read. */
  logBeyond(isKnown: (id: string) => boolean): Promise<LogChanges | undefined>;
  /** Events by id, as far as they are there. */
  eventsOf(ids: readonly string[]): Promise<StoredEvent[]>;
  /**
   * Writes events and, in the same transaction, what waits to be sent. Events that cannot be written are kept and written
   * with the next ones. Ends dormancy. @returns false where nothing could be written
   */
  putEvents(events: readonly StoredEvent[], outbox?: readonly OutboxEvent[]): Promise<boolean>;
  /** Writes those of the events that are still there: another tab may have dropped them. */
  replaceEvents(events: readonly StoredEvent[]): Promise<void>;
  /**
   * Adds events, drops others for good and keeps what these leave behind, all in one transaction; of two marks of one item
   * the later stays. Events end dormancy.
   *
   * @param compactions how often the log was shortened that the change was made from
   * @returns how often it is shortened now; `elsewhere` where another tab was first, and nothing was written
   */
  rewrite(change: Rewrite, compactions: number): Promise<number | "elsewhere" | "failed">;
  /** Writes what could not be written before. */
  retry(): void;
  /** Forgets what could not be written. */
  forget(): void;
}

const DURABILITY = { durability: "relaxed" } as const;

/** Events that wait for a store that takes them: what the log holds at most. */
const MAX_UNSAVED = 10_000;

export function createLogStore(connection: Connection): LogStore {
  const { run, wake } = connection;
  /** Not known to be stored: could not be written, or is being written. */
  let unsaved = new Map<string, StoredEvent>();
  const underWay = new Set<string>();

  async function read(db: Database, isKnown: (id: string) => boolean): Promise<LogChanges> {
    const transaction = db.transaction(["events", "seen", "banned", "state"]);
    const [events, seen, banned, state] = (["events", "seen", "banned", "state"] as const).map((name) =>
      transaction.objectStore(name),
    );
    const all = (await events!.getAllKeys()) as string[];
    const keys = all.filter((id) => !isKnown(id));
    const found = keys.length === all.length ? events!.getAll() : Promise.all(keys.map((id) => events!.get(id)));
    const [values, ...marks] = await Promise.all([
      found,
      seen!.getAll(),
      seen!.getAllKeys(),
      banned!.getAll(),
      banned!.getAllKeys(),
    ]);
    const [compactions, adjustments, carried] = await Promise.all(
      (["compactions", "adjustments", "carried"] as const).map((name) => state!.get(name)),
    );
    const marked = (i: number) => ({ values: marks[i]!, keys: marks[i + 1] as string[], parser: mark });
    return {
      events: await readSound(db, connection, "events", { values, keys, parser: storedEvent }),
      seen: await readSound(db, connection, "seen", marked(0)),
      banned: await readSound(db, connection, "banned", marked(2)),
      adjustments: readState(connection, "adjustments", adjustments) ?? {},
      compactions: readState(connection, "compactions", compactions) ?? 0,
      carried: readState(connection, "carried", carried),
      ids: new Set([...all, ...unsaved.keys()]),
    };
  }

  const logStore: LogStore = {
    log: () => run("reading the events", NOTHING, (db) => read(db, () => false)),
    logBeyond: (isKnown) => run("reading the events", undefined, (db) => read(db, isKnown)),
    eventsOf: (ids) =>
      run("reading events", [], async (db) => {
        const { store } = db.transaction("events");
        const values = await Promise.all(ids.map((id) => store.get(id)));
        const keys = ids.filter((_, i) => values[i] !== undefined);
        const there = values.filter((value) => value !== undefined);
        return readSound(db, connection, "events", { values: there, keys, parser: storedEvent });
      }),
    async putEvents(events, outbox = []) {
      wake();
      // What is being written already is not written again: events that come faster than the disk would pile up.
      const fresh = [...unsaved.values(), ...events].filter(({ id }) => !underWay.has(id));
      const entries = [...new Map(fresh.map((entry) => [entry.id, entry])).values()];
      const kept = unsaved;
      for (const entry of entries) {
        kept.set(entry.id, entry);
        underWay.add(entry.id);
      }
      const isStored = await run("writing events", false, async (db) => {
        await withRoom(db, connection, async () => {
          const transaction = db.transaction(["events", "outbox"], "readwrite", DURABILITY);
          await whole(transaction, [
            ...entries.map((event) => transaction.objectStore("events").put(event)),
            ...outbox.map((event) => transaction.objectStore("outbox").put(event)),
          ]);
        });
        return true;
      });
      for (const { id } of entries) {
        underWay.delete(id);
        if (isStored) kept.delete(id);
      }
      for (const id of unsaved.keys()) if (unsaved.size > MAX_UNSAVED) unsaved.delete(id);
      return isStored;
    },
    replaceEvents: (events) =>
      run("writing events", undefined, async (db) => {
        await withRoom(db, connection, async () => {
          const transaction = db.transaction("events", "readwrite", DURABILITY);
          const there = new Set(await transaction.store.getAllKeys());
          await whole(
            transaction,
            events.filter(({ id }) => there.has(id)).map((event) => transaction.store.put(event)),
          );
        });
      }),
    rewrite({ events: added, dropped, carried, ...marks }, compactions) {
      if (added.length > 0) wake();
      return run<number | "elsewhere" | "failed">("rewriting the log", "failed", async (db) => {
        let outcome: number | "elsewhere" = "elsewhere";
        await withRoom(db, connection, async () => {
          const transaction = db.transaction(["events", "seen", "banned", "state"], "readwrite", DURABILITY);
          const [events, state] = [transaction.objectStore("events"), transaction.objectStore("state")];
          const before = readState(connection, "compactions", await state.get("compactions")) ?? 0;
          if (before !== compactions) return transaction.done;
          for (const id of dropped) unsaved.delete(id);
          // Others learn of new events by their ids; of what has gone by the count.
          const after = dropped.length > 0 || carried ? before + 1 : before;
          await whole(transaction, [
            ...dropped.map((id) => events.delete(id)),
            ...added.map((event) => events.put(event)),
            addMarks(transaction, marks),
            ...(carried ? [state.put(carried, "carried")] : []),
            ...(after > before ? [state.put(after, "compactions")] : []),
          ]);
          outcome = after;
        });
        return outcome;
      });
    },
    retry() {
      if (unsaved.size > 0) void logStore.putEvents([]);
    },
    forget() {
      unsaved = new Map();
    },
  };
  return logStore;
}

const NOTHING: StoredLog = { events: [], seen: [], banned: [], adjustments: {}, compactions: 0 };

async function addMarks(
  transaction: IDBPTransaction<Schema, StoreNames<Schema>[], "readwrite">,
  marks: Marks,
): Promise<void> {
  const added = (["seen", "banned"] as const).flatMap((name) =>
    marks[name].map(async (fresh) => {
      const store = transaction.objectStore(name);
      const before = await store.get(fresh.item);
      if (!before || !(before.at >= fresh.at)) await store.put(fresh);
    }),
  );
  await Promise.all(added);
}
