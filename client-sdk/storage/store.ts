/**
 * The device's store. No operation throws: where IndexedDB is absent, full or damaged, reading answers "nothing there",
 * writing does nothing, and the failure is reported once. The engine then goes on in memory.
 */
import { deleteDB, openDB } from "idb";
import type { IDBPDatabase } from "idb";
import { NearfeedError } from "../../shared/errors.ts";
import { inTime } from "../in-time.ts";
import { overflow } from "./outbox-cap.ts";
import { DATABASE_VERSION, databaseName } from "./schema.ts";
import type { OutboxEvent, Schema, StateValues, StoredEvent, StoredFile } from "./schema.ts";

export interface Store {
  /** True after an erasure, until new events are written. Meanwhile everything else is a no-op. */
  readonly dormant: boolean;
  events(): Promise<StoredEvent[]>;
  /** Events that another tab has written meanwhile. */
  eventsBeyond(isKnown: (id: string) => boolean): Promise<StoredEvent[]>;
  /** Events by id, as far as they are there. */
  eventsOf(ids: readonly string[]): Promise<StoredEvent[]>;
  /** Writes events and, in the same transaction, what waits to be sent. @returns false where nothing could be written */
  putEvents(events: readonly StoredEvent[], outbox?: readonly OutboxEvent[]): Promise<boolean>;
  /** What waits to be sent, oldest first; all of it where no number is given. */
  outbox(most?: number): Promise<OutboxEvent[]>;
  /** Deletes what waits beyond `most`, as `overflow` chooses. @returns how many events that were */
  capOutbox(most: number): Promise<number>;
  dropOutbox(ids: readonly string[]): Promise<void>;
  file(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Makes these all the files there are, and says in the same transaction what they are of: half a release is never
   * stored. Files that are there already are not written again; a pool that is not given stays.
   */
  putRelease(
    files: readonly StoredFile[],
    state: Pick<StateValues, "installed"> & Partial<Pick<StateValues, "pool">>,
  ): Promise<void>;
  state<K extends keyof StateValues>(name: K): Promise<StateValues[K] | undefined>;
  /**
   * What is stored under a name, else what is made, stored in the same transaction: of two tabs that ask at once both get
   * the one that was first. Where nothing can be stored it is made for this page.
   *
   * @param make called inside the transaction: it may not wait for anything
   */
  stateOr<K extends keyof StateValues>(name: K, make: () => StateValues[K]): Promise<StateValues[K]>;
  putState<K extends keyof StateValues>(name: K, value: StateValues[K]): Promise<void>;
  /** Deletes what only consent `full` may hold. */
  dropUploads(): Promise<void>;
  /** Deletes the database; nothing brings it back but new events. @returns false where the browser refused */
  erase(): Promise<boolean>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly onError: (error: NearfeedError) => void;
  /** Another tab has deleted the database. */
  readonly onErased: () => void;
}

/** A write takes milliseconds, a whole release a second or so; what hangs longer must not hold up an erasure or the page. */
const SETTLE_LIMIT_MS = 2_000;

type Database = IDBPDatabase<Schema>;

/** Opens nothing yet: the first operation does. */
export function createStore(namespace: string, { onError, onErased }: StoreOptions): Store {
  const name = databaseName(namespace);
  let opening: Promise<Database> | undefined;
  let reported = false;
  let dormant = false;
  let closed = false;
  let erasing: Promise<boolean> | undefined;
  const pending = new Set<Promise<unknown>>();

  function open(): Promise<Database> {
    opening ??= openAfter(erasing);
    return opening;
  }

  /** What comes after an erasure goes into a new database, not into the one that is on its way out. */
  async function openAfter(erasure: Promise<boolean> | undefined): Promise<Database> {
    await erasure;
    return openDatabase(name, {
      onVersionChange(version) {
        opening = undefined;
        if (version !== null) return;
        dormant = true;
        onErased();
      },
      onTerminated() {
        opening = undefined;
      },
    });
  }

  function run<R>(what: string, fallback: R, operation: (db: Database) => Promise<R>): Promise<R> {
    if (dormant || closed) return Promise.resolve(fallback);
    return whilePending(attempt(what, fallback, operation));
  }

  function whilePending<R>(work: Promise<R>): Promise<R> {
    pending.add(work);
    void work.finally(() => pending.delete(work));
    return work;
  }

  async function attempt<R>(what: string, fallback: R, operation: (db: Database) => Promise<R>): Promise<R> {
    try {
      return await operation(await open());
    } catch (cause) {
      opening = undefined;
      if (!reported) onError(storageError(what, cause));
      reported = true;
      return fallback;
    }
  }

  async function idle(): Promise<void> {
    // One operation may start the next one.
    while (pending.size > 0) await Promise.all(pending);
  }

  /** Hands the connection over to be closed; the next operation opens another. */
  function release(): () => Promise<void> {
    const connection = opening;
    opening = undefined;
    return async () => (await connection?.catch(() => undefined))?.close();
  }

  return {
    get dormant() {
      return dormant;
    },
    events: () => run("reading the events", [], (db) => db.getAll("events")),
    eventsBeyond: (isKnown) =>
      run("reading the events", [], async (db) => {
        const { store } = db.transaction("events");
        const ids = (await store.getAllKeys()).filter((id) => !isKnown(id));
        const found = await Promise.all(ids.map((id) => store.get(id)));
        return found.filter((event) => event !== undefined);
      }),
    eventsOf: (ids) =>
      run("reading events", [], async (db) => {
        const { store } = db.transaction("events");
        const found = await Promise.all(ids.map((id) => store.get(id)));
        return found.filter((event) => event !== undefined);
      }),
    putEvents(events, outbox = []) {
      dormant = false;
      return run("writing events", false, async (db) => {
        const transaction = db.transaction(["events", "outbox"], "readwrite");
        await whole(transaction, [
          ...events.map((event) => transaction.objectStore("events").put(event)),
          ...outbox.map((event) => transaction.objectStore("outbox").put(event)),
        ]);
        return true;
      });
    },
    outbox: (most) => run("reading the outbox", [], (db) => db.getAll("outbox", undefined, most)),
    capOutbox: (most) =>
      run("clearing the outbox", 0, async (db) => {
        const transaction = db.transaction("outbox", "readwrite");
        const over = (await transaction.store.count()) > most ? overflow(await transaction.store.getAll(), most) : [];
        await whole(
          transaction,
          over.map(({ id }) => transaction.store.delete(id)),
        );
        return over.length;
      }),
    dropOutbox: (ids) =>
      run("clearing the outbox", undefined, async (db) => {
        const transaction = db.transaction("outbox", "readwrite");
        await whole(
          transaction,
          ids.map((id) => transaction.store.delete(id)),
        );
      }),
    file: (sha256) => run("reading a file", undefined, async (db) => (await db.get("files", sha256))?.bytes),
    putRelease: (files, { installed, pool }) =>
      run("writing a release", undefined, async (db) => {
        const transaction = db.transaction(["files", "state"], "readwrite");
        const [kept, state] = [transaction.objectStore("files"), transaction.objectStore("state")];
        const there = new Set(await kept.getAllKeys());
        const fresh = files.filter(({ sha256 }) => !there.delete(sha256));
        await whole(transaction, [
          ...fresh.map((file) => kept.put(file)),
          ...[...there].map((stale) => kept.delete(stale)),
          ...(pool ? [state.put(pool, "pool")] : []),
          state.put(installed, "installed"),
        ]);
      }),
    state: <K extends keyof StateValues>(key: K) =>
      run("reading the state", undefined, (db) => db.get("state", key) as Promise<StateValues[K] | undefined>),
    async stateOr<K extends keyof StateValues>(key: K, make: () => StateValues[K]) {
      const stored = await run("reading the state", undefined, async (db) => {
        const transaction = db.transaction("state", "readwrite");
        const found = (await transaction.store.get(key)) as StateValues[K] | undefined;
        if (found !== undefined) return found;
        const made = make();
        await whole(transaction, [transaction.store.put(made, key)]);
        return made;
      });
      return stored ?? make();
    },
    putState: (key, value) =>
      run("writing the state", undefined, async (db) => void (await db.put("state", value, key))),
    dropUploads: () =>
      run("deleting unsent events", undefined, async (db) => {
        const transaction = db.transaction(["outbox", "state"], "readwrite");
        await whole(transaction, [
          transaction.objectStore("outbox").clear(),
          transaction.objectStore("state").delete("token"),
        ]);
      }),
    erase() {
      dormant = true;
      const erasure = whilePending(deleteAfter([...pending], release()));
      erasing = erasure;
      void erasure.then(() => erasing === erasure && (erasing = undefined));
      return erasure;
    },
    async close() {
      await inTime(idle(), SETTLE_LIMIT_MS);
      closed = true;
      await inTime(release()(), SETTLE_LIMIT_MS);
    },
  };

  async function deleteAfter(before: readonly Promise<unknown>[], disconnect: () => Promise<void>): Promise<boolean> {
    await inTime(Promise.all(before), SETTLE_LIMIT_MS);
    await disconnect();
    reported = false;
    if (typeof indexedDB === "undefined") return true;
    return deleteDB(name).then(
      () => true,
      (cause: unknown) => {
        onError(storageError("deleting the database", cause));
        return false;
      },
    );
  }
}

/** Waits for every request too: when a transaction is aborted each of them rejects, and nobody else listens. */
async function whole(transaction: { readonly done: Promise<void> }, requests: readonly Promise<unknown>[]) {
  await Promise.all([transaction.done, ...requests]);
}

interface Watch {
  onVersionChange(version: number | null): void;
  onTerminated(): void;
}

/** Failures to open that are no damage: a newer SDK in another tab has upgraded the database, or the disk is full. */
const NOT_DAMAGE = ["VersionError", "QuotaExceededError"];

async function openDatabase(name: string, watch: Watch): Promise<Database> {
  const unlessDamaged = (error: unknown) => {
    if (error instanceof Error && NOT_DAMAGE.includes(error.name)) throw error;
    return undefined;
  };
  // A disk can fail once; what fails twice is damaged, and that means starting over.
  const first = await openOnce(name, watch).catch(unlessDamaged);
  const opened = first ?? (await openOnce(name, watch).catch(unlessDamaged));
  if (opened) return opened;
  await deleteDB(name);
  return openOnce(name, watch);
}

async function openOnce(name: string, watch: Watch): Promise<Database> {
  return openDB<Schema>(name, DATABASE_VERSION, {
    upgrade(db) {
      db.createObjectStore("events", { keyPath: "id" });
      db.createObjectStore("outbox", { keyPath: "id" });
      db.createObjectStore("files", { keyPath: "sha256" });
      db.createObjectStore("state");
    },
    // Another tab erases or upgrades: a connection that stays open would hold it up for ever.
    blocking(_current, blockedVersion, event) {
      (event.target as IDBDatabase).close();
      watch.onVersionChange(blockedVersion);
    },
    terminated: () => watch.onTerminated(),
  });
}

function storageError(what: string, cause: unknown): NearfeedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NearfeedError("storage", `IndexedDB failed while ${what}: ${reason}`, {
    cause,
    hint: "The profile now lives in memory and ends with the page.",
  });
}
