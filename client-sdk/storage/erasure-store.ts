/**
 * Tokens of erased subjects that the edge has not confirmed yet: a database of its own, because the other one is deleted.
 * It holds nothing else, and is there only as long as a token is.
 */
import { deleteDB, openDB } from "idb";
import type { DBSchema, IDBPDatabase } from "idb";
import { locksHere } from "../tabs/locks.ts";
import { databaseName } from "./schema.ts";

type Token = Uint8Array<ArrayBuffer>;

interface ErasureSchema extends DBSchema {
  tokens: { key: number; value: Token };
}

export interface ErasureStore {
  /** @returns false where it could not be kept */
  add(token: Token): Promise<boolean>;
  /** None where they cannot be read. */
  tokens(): Promise<Token[]>;
  remove(token: Token): Promise<void>;
}

/** The name of the database. */
export function erasureDatabaseName(namespace: string): string {
  return `${databaseName(namespace)}:erased`;
}

export function createErasureStore(namespace: string): ErasureStore {
  const name = erasureDatabaseName(namespace);

  /** Reading makes no database: opening one that is not there is called off. */
  function open(create: boolean): Promise<IDBPDatabase<ErasureSchema>> {
    return openDB<ErasureSchema>(name, 1, {
      upgrade(db, _from, _to, transaction) {
        if (create) {
          db.createObjectStore("tokens", { autoIncrement: true });
          return;
        }
        // Opening rejects as well, and that is the rejection that is heard.
        transaction.done.catch(() => {});
        transaction.abort();
      },
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
  }

  /** One tab at a time, so that none deletes the database under a token that another one adds. */
  async function using<R>(create: boolean, fallback: R, work: (db: IDBPDatabase<ErasureSchema>) => Promise<R>) {
    const locks = locksHere();
    const alone = async () => {
      const db = await open(create);
      const result = await work(db).finally(() => db.close());
      return result;
    };
    // Where there is no such database, or no IndexedDB, there is nothing to do.
    const inTurn = async () => (locks ? ((await locks.request(name, alone)) as R) : alone());
    return inTurn().catch(() => fallback);
  }

  return {
    add: (token) => using(true, false, async (db) => (await db.add("tokens", token), true)),
    tokens: () => using<Token[]>(false, [], (db) => db.getAll("tokens")),
    remove: (token) =>
      using(false, undefined, async (db) => {
        for (const key of await db.getAllKeys("tokens")) {
          if (String(await db.get("tokens", key)) === String(token)) await db.delete("tokens", key);
        }
        if ((await db.count("tokens")) > 0) return;
        db.close();
        await deleteDB(name);
      }),
  };
}
