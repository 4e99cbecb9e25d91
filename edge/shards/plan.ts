// How a release that is too large for the Worker is divided: into as few runs of rows as fit into an object each.

import { NearfeedError } from "../../shared/errors.ts";
import type { Release } from "../../shared/release.ts";
import { ordersBytes } from "../retrieval/item-orders.ts";

/**
 * Shard classes there are; each is a binding. 2.8 GB together, which is ten million items of 64 numbers with 100 bytes of
 * display data; an account may have 500 classes.
 */
export const SHARD_SLOTS = 64;

/**
 * What one object may hold in all. Objects of one class may share an isolate of 128 MB, of which releases may have 96, and while
 * devices move over there is one for the release that is active and one for the release before it.
 */
export const OBJECT_BYTES = 48_000_000;

/** How much of that its rows may be: a search needs some, and with ten million items up to 3 MB were buffers that nothing needed any more. */
export const SHARD_BYTES = 44_000_000;

/** Bytes an item beside the files: its place in the mask, and at most four slots of the lookup of ids. */
const ITEM_BYTES = 1 + 16;

/** Where one shard's rows begin and end. */
export interface ShardRows {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The shards of a release.
 * @throws NearfeedError too_large where there would be more than {@link SHARD_SLOTS}
 */
export function planShards({ files, items }: Release): ShardRows[] {
  const held = files.index.bytes + files.ids.bytes + files.catalog.bytes;
  const bytes = held + ordersBytes(items) + ITEM_BYTES * items;
  const shards = Math.max(1, Math.ceil(bytes / SHARD_BYTES));
  if (shards > SHARD_SLOTS) {
    throw new NearfeedError("too_large", `the release needs ${shards} shards, there are ${SHARD_SLOTS}`, {
      path: "files.index",
      hint: "Publish fewer items, or less display data an item.",
    });
  }
  return divide(items, shards);
}

/** So many runs of rows, as equal as can be. */
export function divide(items: number, shards: number): ShardRows[] {
  const at = (slot: number) => Math.round((slot * items) / shards);
  return Array.from({ length: shards }, (_, slot) => ({ slot, from: at(slot), to: at(slot + 1) }));
}
