// `GET /v1/:release/similar/:item`: items like one item. The same answer for everybody, so caches hold it; who asks is not
// looked at, and what a person has seen or may see is the device's to sort out.

import { NearfeedError } from "../../shared/errors.ts";
import { id } from "../../shared/item.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { SIMILAR_COUNT } from "../../shared/protocol.ts";
import { sourceBit } from "../../shared/sources.ts";
import { candidatesAnswer } from "./candidates.ts";
import { findCandidates } from "./pipeline.ts";
import type { CandidateSource } from "./pipeline.ts";
import type { ServedRelease } from "./served.ts";
import { nearest } from "./sources/nearest.ts";
import { similarTo } from "./sources/similar.ts";
import type { VectorIndex } from "./vector-index.ts";

/** What is like an item changes with every item that is added or deleted: answers follow within a minute. */
const CACHE_CONTROL = "public, max-age=60";

/**
 * Answers a candidates file with display data: the item's stored neighbours and the nearest of its vector in turn, without
 * the item itself.
 *
 * @throws NearfeedError unknown_item, or unavailable where the part of the index that may have it does not answer; as the
 * parser of ids for what is none
 */
export async function similar(served: ServedRelease, item: string): Promise<Response> {
  const { tables, index, hydrator } = served;
  const missing = new Set<string>();
  const onMissing = (part: string) => missing.add(part);
  const row = (await tables.rowsOf([id(item, "item")], onMissing))[0]!;
  if (row < 0) throw unknownItem(missing);
  const { rows, columns } = await hydrator.hydrate(Uint32Array.of(row), { onMissing });
  if (rows.length === 0) throw unknownItem(missing);
  const filling = [similarTo(tables, index, [item]), nearestTo(index, row, dequantize(columns, 0))];
  const hits = await findCandidates({ filling, quoted: [] }, { count: SIMILAR_COUNT, filter: {}, onMissing });
  return candidatesAnswer(served, hits, {
    catalog: true,
    cacheControl: CACHE_CONTROL,
    missing,
  });
}

function unknownItem(missing: ReadonlySet<string>): NearfeedError {
  if (missing.size === 0) return new NearfeedError("unknown_item", "the release has no such item", { path: "item" });
  return new NearfeedError("unavailable", `no part that answers has the item; ${[...missing].join(", ")} may have it`);
}

/** The source `nearest` for a row's own vector: the row is left out, and all the others are similar as well. */
function nearestTo(index: VectorIndex, row: number, vector: Float32Array): CandidateSource {
  const around = nearest(index, [Array.from(vector)]);
  return {
    name: around.name,
    async find(wanted, most) {
      // One more than is answered, for the item is mostly its own nearest.
      const lists = await around.find(wanted, most + 1);
      return lists.map(({ rows, source }) => ({
        rows: Array.from(rows).filter((each) => each !== row),
        source: source | sourceBit("similar"),
      }));
    },
  };
}
