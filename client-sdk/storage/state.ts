/** Single values of the store, by name. A value that is damaged is as good as none. */
import { NearfeedError } from "../../shared/errors.ts";
import { asNearfeedError } from "../plain-error.ts";
import type { Connection } from "./connection.ts";
import { STATE_PARSERS } from "./read-stored.ts";
import type { Adjustments, StateValues, StoredLists } from "./schema.ts";
import { whole } from "./transactions.ts";

export interface StateStore {
  state<K extends keyof StateValues>(name: K): Promise<StateValues[K] | undefined>;
  /**
   * What is stored under a name, else what is made, stored in the same transaction: of two tabs that ask at once both get
   * the one that was first. Where nothing can be stored it is made for this page.
   *
   * @param make called inside the transaction: it may not wait for anything
   */
  stateOr<K extends keyof StateValues>(name: K, make: () => StateValues[K]): Promise<StateValues[K]>;
  putState<K extends keyof StateValues>(name: K, value: StateValues[K]): Promise<void>;
  dropState(name: keyof StateValues): Promise<void>;
  /** The lists made ahead, where they were made of all that is stored. */
  lists(): Promise<StoredLists | undefined>;
  /**
   * Changes some adjustments, 0 takes one back. Others stay, also those of other tabs. Ends dormancy.
   *
   * @returns whether they are stored
   */
  adjust(changed: Adjustments): Promise<boolean>;
}

export function createStateStore(connection: Connection): StateStore {
  const { run, wake } = connection;

  const read = <K extends keyof StateValues>(name: K, value: unknown) => readState(connection, name, value);

  return {
    state: (name) => run("reading the state", undefined, async (db) => read(name, await db.get("state", name))),
    async stateOr<K extends keyof StateValues>(name: K, make: () => StateValues[K]) {
      const stored = await run("reading the state", undefined, async (db) => {
        const transaction = db.transaction("state", "readwrite");
        const found = read(name, await transaction.store.get(name));
        if (found !== undefined) return found;
        const made = make();
        await whole(transaction, [transaction.store.put(made, name)]);
        return made;
      });
      return stored ?? make();
    },
    putState: (name, value) =>
      run("writing the state", undefined, async (db) => void (await db.put("state", value, name))),
    dropState: (name) => run("deleting from the state", undefined, (db) => db.delete("state", name)),
    lists: () =>
      run("reading lists", undefined, async (db) => {
        const transaction = db.transaction(["state", "events"]);
        const [state, events] = [transaction.objectStore("state"), transaction.objectStore("events")];
        const [value, set, count, last] = await Promise.all([
          state.get("lists"),
          state.get("adjustments"),
          events.count(),
          events.openKeyCursor(null, "prev"),
        ]);
        const lists = read("lists", value);
        if (lists?.of.events !== count || lists.of.last !== (last?.key ?? null)) return undefined;
        const adjustments = read("adjustments", set) ?? {};
        return JSON.stringify(adjustments) === JSON.stringify(lists.of.adjustments) ? lists : undefined;
      }),
    adjust(changed) {
      wake();
      return run("writing adjustments", false, async (db) => {
        const transaction = db.transaction("state", "readwrite");
        const before = read("adjustments", await transaction.store.get("adjustments"));
        await whole(transaction, [transaction.store.put(adjusted(before ?? {}, changed), "adjustments")]);
        return true;
      });
    },
  };
}

/** The value, or undefined where it is damaged or absent. */
export function readState<K extends keyof StateValues>(
  { report }: Connection,
  name: K,
  value: unknown,
): StateValues[K] | undefined {
  if (value === undefined) return undefined;
  try {
    return STATE_PARSERS[name](value, name);
  } catch (error) {
    const { message } = asNearfeedError(error, "storage");
    report("damage", new NearfeedError("storage", `What was stored cannot be read: ${message}`, { cause: error }));
    return undefined;
  }
}

/** The adjustments after a change; zeros are left out. */
export function adjusted(before: Adjustments, changed: Adjustments): Adjustments {
  return Object.fromEntries(Object.entries({ ...before, ...changed }).filter(([, x]) => x !== 0));
}
