/** Reads many records of which some may be damaged: those are dropped and reported, the others are read. */
import { NearfeedError } from "../../shared/errors.ts";
import type { Parser } from "../../shared/parse.ts";
import type { Connection } from "./connection.ts";
import type { Database } from "./open.ts";
import { whole } from "./transactions.ts";

interface Records<T> {
  readonly values: readonly unknown[];
  /** In the order of the values. */
  readonly keys: readonly string[];
  readonly parser: Parser<T>;
}

/** What is damaged is deleted, so that it is reported once and not with every visit. */
export async function readSound<T>(
  db: Database,
  { report }: Connection,
  name: "events" | "outbox" | "seen" | "banned",
  { values, keys, parser }: Records<T>,
): Promise<T[]> {
  const sound: T[] = [];
  const damaged: string[] = [];
  let why: NearfeedError | undefined;
  values.forEach((value, i) => {
    try {
      sound.push(parser(value, `${name}[${i}]`));
    } catch (error) {
      if (!(error instanceof NearfeedError)) throw error;
      damaged.push(keys[i]!);
      why ??= error;
    }
  });
  if (!why) return sound;
  const message = `${damaged.length} of the stored ${name} cannot be read and were deleted: ${why.message}`;
  report("damage", new NearfeedError("storage", message, { path: why.path, cause: why }));
  const transaction = db.transaction(name, "readwrite");
  await whole(
    transaction,
    damaged.map((key) => transaction.store.delete(key)),
  );
  return sound;
}
