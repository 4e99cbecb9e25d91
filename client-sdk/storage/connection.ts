/**
 * The connection to the database, under the rule that no operation throws: where IndexedDB is absent, held up by another
 * tab, full or damaged, an operation answers what it was told to fall back on, and the failure is reported once.
 *
 * What the operations are is not said here (`log.ts`, `files.ts`, `outbox.ts`, `state.ts`).
 */
import { deleteDB } from "idb";
import { NearfeedError } from "../../shared/errors.ts";
import { inTime } from "../in-time.ts";
import { openDatabase } from "./open.ts";
import type { Database } from "./open.ts";
import { databaseName } from "./schema.ts";

export interface ConnectionOptions {
  readonly onError: (error: NearfeedError) => void;
  /** Another tab has deleted the database. */
  readonly onErased: () => void;
  /** Operations were given up on because the database did not open; now it has. */
  readonly onLate: () => void;
}

export interface Connection {
  /** True after an erasure, until `wake`. Meanwhile every operation answers its fallback. */
  readonly dormant: boolean;
  /** True where the database itself tells when another tab erases it (`onErased`), or has told and none was opened since. */
  readonly tellsOfErasure: boolean;
  wake(): void;
  /** @param what ends the sentence "IndexedDB failed while …" */
  run<R>(what: string, fallback: R, operation: (db: Database) => Promise<R>): Promise<R>;
  /** As `run`, for what must be done however late the database opens. */
  insist<R>(what: string, fallback: R, operation: (db: Database) => Promise<R>): Promise<R>;
  /** Reports a failure of a kind, once. */
  report(kind: string, error: NearfeedError): void;
  /** @returns false where the browser refused, or took too long */
  erase(): Promise<boolean>;
  close(): Promise<void>;
}

/** A write takes milliseconds, a whole release a second or so; what hangs longer must not hold up an erasure or the page. */
const SETTLE_LIMIT_MS = 2_000;
/** Opening takes milliseconds; it takes this long only where another tab holds on to an older version, or to a deletion. */
const OPEN_LIMIT_MS = 2_000;
/** A deletion waits for every other tab to let go. */
const DELETE_LIMIT_MS = 5_000;

/** What an operation does not wait for any longer; the database may open later all the same. */
class HeldUp extends Error {}

/** Opens nothing yet: the first operation does. */
export function createConnection(namespace: string, { onError, onErased, onLate }: ConnectionOptions): Connection {
  const name = databaseName(namespace);
  let opening: Promise<Database> | undefined;
  /** As `opening`, without the limit. */
  let opened: Promise<Database> | undefined;
  let dormant = false;
  /** Of the last connection, and while another one opens of the one before. */
  let last = { tellsOfErasure: false };
  let closed = false;
  let erasing: Promise<boolean> | undefined;
  const reported = new Set<string>();
  const pending = new Set<Promise<unknown>>();

  function open(): Promise<Database> {
    opening ??= openInTime();
    return opening;
  }

  /** After the limit operations no longer wait for it, and use it from when it is there all the same. */
  function openInTime(): Promise<Database> {
    last = { ...last };
    const unbounded = openAfter(erasing, last);
    const bounded = limited(unbounded, OPEN_LIMIT_MS);
    opened = unbounded;
    void bounded.catch(() =>
      unbounded.then(
        (db) => {
          if (opening !== bounded) return db.close();
          opening = unbounded;
          onLate();
        },
        () => {
          if (opening === bounded) opening = undefined;
        },
      ),
    );
    return bounded;
  }

  /** What comes after an erasure goes into a new database, not into the one that is on its way out. */
  async function openAfter(erasure: Promise<boolean> | undefined, own: typeof last): Promise<Database> {
    await erasure;
    const db = await openDatabase(name, {
      onVersionChange(version) {
        opening = undefined;
        if (version !== null) {
          own.tellsOfErasure = false;
          return;
        }
        dormant = true;
        onErased();
      },
      onTerminated() {
        opening = undefined;
        own.tellsOfErasure = false;
      },
    });
    own.tellsOfErasure = true;
    return db;
  }

  async function attempt<R>(
    what: string,
    fallback: R,
    operation: (db: Database) => Promise<R>,
    insists: boolean,
  ): Promise<R> {
    try {
      const db = await open().catch((cause: unknown) => {
        if (insists && cause instanceof HeldUp) return opened!;
        throw cause;
      });
      // Erased while it waited: the database is on its way out with all that is in it.
      if (insists && dormant) return fallback;
      try {
        return await operation(db);
      } catch (cause) {
        // The browser has closed the connection and not said so yet.
        if (!isClosed(cause)) throw cause;
        opening = undefined;
        return await operation(await open());
      }
    } catch (cause) {
      // One that is held up goes on opening: another would only queue up behind it.
      if (!(cause instanceof HeldUp)) opening = undefined;
      report("failure", storageError(what, cause));
      return fallback;
    }
  }

  function report(kind: string, error: NearfeedError): void {
    if (!reported.has(kind)) onError(error);
    reported.add(kind);
  }

  function whilePending<R>(work: Promise<R>): Promise<R> {
    pending.add(work);
    void work.finally(() => pending.delete(work));
    return work;
  }

  async function idle(): Promise<void> {
    // One operation may start the next one.
    while (pending.size > 0) await Promise.all(pending);
  }

  /** Hands the connection over to be closed; the next operation opens another. */
  function release(): () => Promise<void> {
    const connection = opening;
    opening = undefined;
    last = { tellsOfErasure: false };
    return async () => (await connection?.catch(() => undefined))?.close();
  }

  async function deleteAfter(before: readonly Promise<unknown>[], disconnect: () => Promise<void>): Promise<boolean> {
    await inTime(Promise.all(before), SETTLE_LIMIT_MS);
    await disconnect();
    reported.clear();
    if (!hasDatabases()) return true;
    return limited(deleteDB(name), DELETE_LIMIT_MS).then(
      () => true,
      (cause: unknown) => {
        onError(storageError("deleting the database", cause));
        return false;
      },
    );
  }

  return {
    get dormant() {
      return dormant;
    },
    get tellsOfErasure() {
      return last.tellsOfErasure;
    },
    wake() {
      dormant = false;
    },
    run(what, fallback, operation) {
      if (dormant || closed) return Promise.resolve(fallback);
      return whilePending(attempt(what, fallback, operation, false));
    },
    insist(what, fallback, operation) {
      if (dormant || closed) return Promise.resolve(fallback);
      return whilePending(attempt(what, fallback, operation, true));
    },
    report,
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
}

/** Rejects after the limit; the work itself goes on. */
function limited<R>(work: Promise<R>, limitMs: number): Promise<R> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new HeldUp(`another tab has held it up for ${limitMs / 1_000} s`));
    }, limitMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Where a page may store nothing, some browsers throw when it only looks. */
function hasDatabases(): boolean {
  try {
    return typeof indexedDB !== "undefined";
  } catch {
    return false;
  }
}

function isClosed(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "InvalidStateError";
}

function storageError(what: string, cause: unknown): NearfeedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NearfeedError("storage", `IndexedDB failed while ${what}: ${reason}`, {
    cause,
    hint: "What could not be stored lives in memory and ends with the page.",
  });
}
