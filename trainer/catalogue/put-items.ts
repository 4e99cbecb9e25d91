/** Puts items of a file into the live catalogue, in as many requests as they need. Each request is taken whole or not. */
import { readFile } from "node:fs/promises";
import { NearfeedError } from "../../shared/errors.ts";
import { type Item, parseItem } from "../../shared/item.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { ItemsClient } from "./items-client.ts";

export interface PutReport {
  /** Now in the live catalogue. */
  readonly live: number;
  /** Already in every served release. */
  readonly released: number;
}

/**
 * Reads a file of items: JSON (one item or a list) or NDJSON (one a line).
 * @throws NearfeedError `file_not_found`, or `bad_file` with the file and the place in it as path
 */
export async function readItems(path: string): Promise<Item[]> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new NearfeedError("file_not_found", `There is no file ${path}`, { path });
    throw new NearfeedError("bad_file", `${path} cannot be read: ${cause.message}`, { path, cause });
  });
  const values = jsonOf(text) ?? linesOf(text, path);
  return values.map(({ value, place }) => {
    try {
      return parseItem(value, place);
    } catch (cause) {
      if (!(cause instanceof NearfeedError)) throw cause;
      const where = `${path}:${cause.path ?? place}`;
      throw new NearfeedError("bad_file", `${path}: ${cause.message}`, { path: where, cause });
    }
  });
}

/** @param items all are checked before the first is sent */
export async function putItems(
  client: ItemsClient,
  items: readonly Item[],
  options: { readonly onItems?: (done: number, total: number) => void; readonly signal?: AbortSignal } = {},
): Promise<PutReport> {
  let [live, done] = [0, 0];
  for (const batch of batches(items)) {
    options.signal?.throwIfAborted();
    const answer = await client.put(batch);
    live += answer.items.filter(({ state }) => state === "live").length;
    done += batch.length;
    options.onItems?.(done, items.length);
  }
  return { live, released: items.length - live };
}

interface Value {
  readonly value: unknown;
  readonly place: string;
}

/** Undefined where the text is not one JSON value. */
function jsonOf(text: string): Value[] | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value.map((each, i) => ({ value: each, place: `[${i}]` })) : [{ value, place: "" }];
  } catch {
    return undefined;
  }
}

function linesOf(text: string, path: string): Value[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [{ value: JSON.parse(line) as unknown, place: `[${i}]` }];
    } catch (cause) {
      const problem = "is neither JSON nor a line of NDJSON";
      throw new NearfeedError("bad_file", `${path}: line ${i + 1} ${problem}`, { path: `${path}:${i + 1}`, cause });
    }
  });
}

/** As large as a request may be, in items and in bytes. */
function* batches(items: readonly Item[]): Generator<Item[]> {
  let batch: Item[] = [];
  let bytes = 2; // the brackets
  for (const item of items) {
    const added = Buffer.byteLength(JSON.stringify(item)) + 1; // and a comma
    const isFull = batch.length === REQUEST_LIMITS.putItems || bytes + added > REQUEST_LIMITS.putItemsBytes;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 2;
    }
    batch.push(item);
    bytes += added;
  }
  if (batch.length > 0) yield batch;
}
