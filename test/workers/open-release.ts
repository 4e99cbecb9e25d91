// A release as the edge holds it in memory, without a channel that points at it.

import { env } from "cloudflare:workers";
import { blobKey } from "../../edge/publish/keys.ts";
import { EmbeddedIndex } from "../../edge/retrieval/embedded-index.ts";
import type { Hydrator } from "../../edge/retrieval/items.ts";
import { orderSeed } from "../../edge/retrieval/item-orders.ts";
import { hydratorOf, loadTables } from "../../edge/retrieval/tables.ts";
import type { Tables } from "../../edge/retrieval/tables.ts";
import type { SmallRelease } from "../harness/small-release.ts";

export interface OpenRelease {
  readonly tables: Tables;
  readonly index: EmbeddedIndex;
  readonly orders: EmbeddedIndex;
  readonly hydrator: Hydrator;
}

/** Stores the files of a release and loads them. What a test changes in its columns is what a search finds. */
export async function openRelease({ blobs, release }: SmallRelease): Promise<OpenRelease> {
  for (const [sha256, bytes] of blobs) await env.BUCKET.put(blobKey(sha256), bytes);
  const tables = await loadTables(env.BUCKET, release);
  const index = new EmbeddedIndex(tables.index, tables.memory, {
    seed: orderSeed(release.id),
    madeAt: release.createdAt,
  });
  return { tables, index, orders: index, hydrator: hydratorOf(tables) };
}
