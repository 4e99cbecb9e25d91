/** Events that wait for their 202, at consent `full`. They come in together with the log (`log.ts`). */
import type { Connection } from "./connection.ts";
import { overflow } from "./outbox-cap.ts";
import { readSound } from "./read-sound.ts";
import { outboxEvent } from "./read-stored.ts";
import type { OutboxEvent } from "./schema.ts";
import { whole } from "./transactions.ts";

export interface OutboxStore {
  /** What waits to be sent, oldest first; all of it where no number is given. */
  outbox(most?: number): Promise<OutboxEvent[]>;
  /** Deletes what waits beyond `most`, as `overflow` chooses. @returns how many events that were */
  capOutbox(most: number): Promise<number>;
  dropOutbox(ids: readonly string[]): Promise<void>;
  /** Deletes what only consent `full` may hold. */
  dropUploads(): Promise<void>;
}

export function createOutboxStore(connection: Connection): OutboxStore {
  const { run, insist } = connection;
  return {
    outbox: (most) =>
      run("reading the outbox", [], async (db) => {
        const { store } = db.transaction("outbox");
        const [values, keys] = await Promise.all([store.getAll(undefined, most), store.getAllKeys(undefined, most)]);
        return readSound(db, connection, "outbox", { values, keys, parser: outboxEvent });
      }),
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
    dropUploads: () =>
      insist("deleting unsent events", undefined, async (db) => {
        const transaction = db.transaction(["outbox", "state"], "readwrite");
        await whole(transaction, [
          transaction.objectStore("outbox").clear(),
          transaction.objectStore("state").delete("token"),
        ]);
      }),
  };
}
