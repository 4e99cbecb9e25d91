// The source `similar`: what people go on to from some items, by their stored neighbour lists.

import { sourceBit } from "../../../shared/sources.ts";
import { neighboursOf } from "../neighbours-of.ts";
import type { CandidateSource } from "../pipeline.ts";
import type { Items } from "../items.ts";
import type { VectorIndex } from "../vector-index.ts";

/** @param items ids, at most ten; without any, nothing is similar and no neighbour list is read */
export function similarTo(tables: Items, index: VectorIndex, items: readonly string[]): CandidateSource {
  return {
    name: "similar",
    async find({ filter, onMissing }, most) {
      if (items.length === 0) return [];
      const rows = await index.passing(await neighboursOf(tables, items, onMissing), filter, onMissing);
      return [{ rows: rows.slice(0, most), source: sourceBit("similar") | sourceBit("neighbour") }];
    },
  };
}
