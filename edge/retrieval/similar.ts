// `GET /v1/:release/similar/:item`: items like one item. The same answer for everybody, so caches hold it; who asks is not
// looked at, and what a person has seen or may see is the device's to sort out.

import { NearfeedError } from "../../shared/errors.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { SIMILAR_COUNT } from "../../shared/protocol.ts";
import { sourceBit } from "../../shared/sources.ts";
import { candidatesAnswer } from "./candidates.ts";
import { neighboursOf } from "./neighbours-of.ts";
import type { ServedRelease } from "./served.ts";
import { unite } from "./unite.ts";

/** What is like an item of a release never changes: its address names both. */
const CACHE_CONTROL = "public, max-age=31536000, immutable";

/** Until the next release takes over what was changed since, answers follow the changes. */
const LIVE_CACHE_CONTROL = "public, max-age=10";

/**
 * Answers a candidates file with display data: the item's stored neighbours and the nearest of its vector in turn, without
 * the item itself.
 *
 * @throws NearfeedError unknown_item
 */
export async function similar({ tables, index, live }: ServedRelease, item: string): Promise<Response> {
  const row = tables.rowOf(item);
  if (row < 0) throw new NearfeedError("unknown_item", "the release has no such item", { path: "item" });
  const query = Array.from(dequantize(tables.columns([row]), 0));
  // One more than is answered, for the item is mostly its own nearest.
  const [nearest] = await index.search({ queries: [query], count: SIMILAR_COUNT + 1, filter: {} });
  const similarBit = sourceBit("similar");
  const lists = [
    { rows: await index.passing(await neighboursOf(tables, [item]), {}), source: similarBit | sourceBit("neighbour") },
    { rows: nearest.filter((each) => each !== row), source: similarBit | sourceBit("nearest") },
  ];
  return candidatesAnswer(tables, unite(lists, SIMILAR_COUNT), {
    catalog: true,
    cacheControl: live === undefined ? CACHE_CONTROL : LIVE_CACHE_CONTROL,
  });
}
