/**
 * Reads the secret behind the random id for the last time, before what it lies in is deleted: by a connection of its own,
 * because the store's gives up on a database that is slow to open, and a secret that was deleted unread can no longer
 * have anything deleted at the edge.
 *
 * The browser opens and deletes a database in the order in which it was asked: reading begun first is done first.
 */
import { openDB } from "idb";
import { TOKEN_BYTES } from "../../shared/subject.ts";
import { databaseName } from "./schema.ts";

/** @returns undefined where there is none, or no database; makes none, and reads one of any version */
export async function storedToken(namespace: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const db = await openDB(databaseName(namespace), undefined, {
      upgrade(_db, _from, _to, transaction) {
        // Opening rejects as well, and that is the rejection that is heard.
        transaction.done.catch(() => {});
        transaction.abort();
      },
    });
    try {
      const value: unknown = await db.get("state", "token");
      const isToken = value instanceof Uint8Array && value.length === TOKEN_BYTES;
      return isToken ? (value as Uint8Array<ArrayBuffer>) : undefined;
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}
