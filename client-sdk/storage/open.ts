/** Opens the database: upgrades an old one, starts over where one is damaged, leaves alone one of a newer version. */
import { deleteDB, openDB } from "idb";
import type { IDBPDatabase } from "idb";
import { DATABASE_VERSION } from "./schema.ts";
import type { Schema } from "./schema.ts";

export type Database = IDBPDatabase<Schema>;

export interface Watch {
  /** Another tab deletes the database (`null`) or upgrades it; the connection is closed already. */
  readonly onVersionChange: (version: number | null) => void;
  /** The browser has closed the connection: the storage was wiped, or failed. */
  readonly onTerminated: () => void;
}

/** Failures to open that are no damage: a newer SDK in another tab has upgraded the database, or the disk is full. */
const NOT_DAMAGE = ["VersionError", "QuotaExceededError"];

/** Waits, for ever if need be, for another tab that holds an older version open and does not let go. */
export async function openDatabase(name: string, watch: Watch): Promise<Database> {
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
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore("events", { keyPath: "id" });
        db.createObjectStore("outbox", { keyPath: "id" });
        db.createObjectStore("files", { keyPath: "sha256" });
        db.createObjectStore("state");
      }
      if (from < 2) {
        db.createObjectStore("seen", { keyPath: "item" });
        db.createObjectStore("banned", { keyPath: "item" });
        db.createObjectStore("parts", { keyPath: ["sha256", "offset"] });
      }
    },
    // Another tab erases or upgrades: a connection that stays open would hold it up for ever.
    blocking(_current, blockedVersion, event) {
      (event.target as IDBDatabase).close();
      watch.onVersionChange(blockedVersion);
    },
    terminated: () => watch.onTerminated(),
  });
}
