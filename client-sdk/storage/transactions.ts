/** What every write of several records needs, and room for it on a full device. */
import { NearfeedError } from "../../shared/errors.ts";
import type { Connection } from "./connection.ts";
import type { Database } from "./open.ts";

/** Waits for every request too: when a transaction is aborted each of them rejects, and nobody else listens. */
export async function whole(
  transaction: { readonly done: Promise<void> },
  requests: readonly Promise<unknown>[],
): Promise<void> {
  await Promise.all([transaction.done, ...requests]);
}

/**
 * What the person did comes before what can be fetched again: where the device is full, the release in the store goes,
 * and the write is tried once more.
 */
export async function withRoom(db: Database, connection: Connection, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (!isFull(cause) || (await dropRelease(db)) === 0) throw cause;
    const error = new NearfeedError("storage", "The device is full: the stored release was deleted to keep events.", {
      cause,
      hint: "Lists go on as before; the next visit fetches the release again.",
    });
    connection.report("full", error);
    await write();
  }
}

/** @returns how many files there were */
async function dropRelease(db: Database): Promise<number> {
  const transaction = db.transaction(["files", "parts", "state"], "readwrite");
  const [files, parts] = [transaction.objectStore("files"), transaction.objectStore("parts")];
  const state = transaction.objectStore("state");
  const count = (await files.count()) + (await parts.count());
  const named = (["installed", "pool", "near", "lists"] as const).map((name) => state.delete(name));
  await whole(transaction, [files.clear(), parts.clear(), ...named]);
  return count;
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "QuotaExceededError";
}
