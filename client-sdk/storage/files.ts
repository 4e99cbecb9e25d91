/** The release in the store: its files by hash, and what they are of. */
import type { Connection } from "./connection.ts";
import type { StateValues, StoredFile, StoredPart } from "./schema.ts";
import { whole } from "./transactions.ts";

export interface FileStore {
  file(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Deletes files that turned out to be damaged. */
  dropFiles(hashes: readonly string[]): Promise<void>;
  /**
   * Makes these all the files there are, and says in the same transaction what they are of: half a release is never
   * stored. Files that are there already are not written again; a pool that is not given stays. Parts are none any more.
   */
  putRelease(
    files: readonly StoredFile[],
    state: Pick<StateValues, "installed"> & Partial<Pick<StateValues, "pool">>,
  ): Promise<void>;
  /** What has arrived of a file that is not whole yet, in the order of the offsets. */
  parts(sha256: string): Promise<StoredPart[]>;
  putPart(part: StoredPart): Promise<void>;
  /** Deletes the parts of the files that are named so. */
  dropParts(isStale: (sha256: string) => boolean): Promise<void>;
}

export function createFileStore({ run }: Connection): FileStore {
  return {
    file: (sha256) =>
      run("reading a file", undefined, async (db) => {
        const bytes: unknown = (await db.get("files", sha256))?.bytes;
        return bytes instanceof Uint8Array ? (bytes as Uint8Array<ArrayBuffer>) : undefined;
      }),
    dropFiles: (hashes) =>
      run("deleting files", undefined, async (db) => {
        const transaction = db.transaction("files", "readwrite");
        await whole(
          transaction,
          hashes.map((sha256) => transaction.store.delete(sha256)),
        );
      }),
    putRelease: (files, { installed, pool }) =>
      run("writing a release", undefined, async (db) => {
        const transaction = db.transaction(["files", "parts", "state"], "readwrite");
        const [kept, state] = [transaction.objectStore("files"), transaction.objectStore("state")];
        const there = new Set(await kept.getAllKeys());
        const fresh = files.filter(({ sha256 }) => !there.delete(sha256));
        await whole(transaction, [
          ...fresh.map((file) => kept.put(file)),
          ...[...there].map((stale) => kept.delete(stale)),
          transaction.objectStore("parts").clear(),
          // Made from another release, or from the same one, which makes them again.
          state.delete("lists"),
          ...(pool ? [state.put(pool, "pool")] : []),
          state.put(installed, "installed"),
        ]);
      }),
    parts: (sha256) =>
      run("reading parts of a file", [], async (db) => {
        const found = await db.getAll("parts", IDBKeyRange.bound([sha256, 0], [sha256, Infinity]));
        return found.filter(({ bytes }: { bytes: unknown }) => bytes instanceof Uint8Array);
      }),
    putPart: (part) =>
      run("writing a part of a file", undefined, async (db) => {
        await db.put("parts", part);
      }),
    dropParts: (isStale) =>
      run("deleting parts of files", undefined, async (db) => {
        const transaction = db.transaction("parts", "readwrite");
        const keys = await transaction.store.getAllKeys();
        await whole(
          transaction,
          keys.filter(([sha256]) => isStale(sha256)).map((key) => transaction.store.delete(key)),
        );
      }),
  };
}
