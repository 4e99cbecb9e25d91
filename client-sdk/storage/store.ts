/**
 * The device's store. No operation throws: where IndexedDB is absent, full or damaged, reading answers "nothing there",
 * writing does nothing, and the failure is reported once. The engine then goes on in memory.
 */
import { deleteDB, openDB } from "idb";
import type { IDBPDatabase } from "idb";
import { NearfeedError } from "../../shared/errors.ts";
import { DATABASE_VERSION, databaseName } from "./schema.ts";
import type { OutboxEvent, Schema, StateValues, StoredEvent, StoredFile } from "./schema.ts";

export interface Store {
  /** True after an erasure, until new events are written. Meanwhile everything else is a no-op. */
  readonly dormant: boolean;
  events(): Promise<StoredEvent[]>;
  /** Events that another tab has written meanwhile. */
  eventsBeyond(isKnown: (id: string) => boolean): Promise<StoredEvent[]>;
  /** Writes events and, in the same transaction, what waits to be sent. */
  putEvents(events: readonly StoredEvent[], outbox?: readonly OutboxEvent[]): Promise<void>;
  /** What waits to be sent. */
  outbox(): Promise<OutboxEvent[]>;
  dropOutbox(ids: readonly string[]): Promise<void>;
  file(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Makes these all the files there are; those that are there already are not written again. */
  setFiles(files: readonly StoredFile[]): Promise<void>;
  state<K extends keyof StateValues>(name: K): Promise<StateValues[K] | undefined>;
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
    putEvents(events, outbox = []) {
      dormant = false;
      return run("writing events", undefined, async (db) => {
        const transaction = db.transaction(["events", "outbox"], "readwrite");
        for (const event of events) void transaction.objectStore("events").put(event);
        for (const event of outbox) void transaction.objectStore("outbox").put(event);
        await transaction.done;
      });
    },
    outbox: () => run("reading the outbox", [], (db) => db.getAll("outbox")),
    dropOutbox: (ids) =>
      run("clearing the outbox", undefined, async (db) => {
        const transaction = db.transaction("outbox", "readwrite");
        for (const id of ids) void transaction.store.delete(id);
        await transaction.done;
      }),
    file: (sha256) => run("reading a file", undefined, async (db) => (await db.get("files", sha256))?.bytes),
    setFiles: (files) =>
      run("writing files", undefined, async (db) => {
        const transaction = db.transaction("files", "readwrite");
        const there = new Set(await transaction.store.getAllKeys());
        for (const file of files) if (!there.delete(file.sha256)) void transaction.store.put(file);
        for (const stale of there) void transaction.store.delete(stale);
        await transaction.done;
      }),
    state: <K extends keyof StateValues>(key: K) =>
      run("reading the state", undefined, (db) => db.get("state", key) as Promise<StateValues[K] | undefined>),
    putState: (key, value) =>
      run("writing the state", undefined, async (db) => void (await db.put("state", value, key))),
    dropUploads: () =>
      run("deleting unsent events", undefined, async (db) => {
        const transaction = db.transaction(["outbox", "state"], "readwrite");
        void transaction.objectStore("outbox").clear();
        void transaction.objectStore("state").delete("token");
        await transaction.done;
      }),
    erase() {
      dormant = true;
      const erasure = whilePending(deleteAfter([...pending], release()));
      erasing = erasure;
      void erasure.then(() => erasing === erasure && (erasing = undefined));
      return erasure;
    },
    async close() {
      await inTime(idle());
      closed = true;
      await inTime(release()());
    },
  };

  async function deleteAfter(before: readonly Promise<unknown>[], disconnect: () => Promise<void>): Promise<boolean> {
    await inTime(Promise.all(before));
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

/** Resolves with the work, or when it takes too long. */
function inTime(work: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout>;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, SETTLE_LIMIT_MS)));
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

interface Watch {
  onVersionChange(version: number | null): void;
  onTerminated(): void;
}

async function openDatabase(name: string, watch: Watch): Promise<Database> {
  try {
    return await openOnce(name, watch);
  } catch (error) {
    // A newer SDK in another tab has upgraded it: not ours to delete. Anything else is damage, and means starting over.
    if (error instanceof DOMException && error.name === "VersionError") throw error;
    await deleteDB(name);
    return openOnce(name, watch);
  }
}

function openOnce(name: string, watch: Watch): Promise<Database> {
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
