// The source `nearest`: the rows with the largest dot products, one list a query.

import { sourceBit } from "../../../shared/sources.ts";
import type { CandidateSource } from "../pipeline.ts";
import type { VectorIndex } from "../vector-index.ts";

/** @param queries `[q][d]`; none give no list */
export function nearest(index: VectorIndex, queries: readonly (readonly number[])[]): CandidateSource {
  return {
    name: "nearest",
    async find({ filter, onMissing }, most) {
      if (queries.length === 0) return [];
      const lists = await index.search({ queries, count: most, filter, ...(onMissing && { onMissing }) });
      return lists.map((rows) => ({ rows, source: sourceBit("nearest") }));
    },
  };
}
