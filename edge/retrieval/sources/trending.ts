// The source `trending`: what many people are at just now. Who counts it is not decided here.

import type { TrendingItem } from "../../../shared/protocol.ts";
import { sourceBit } from "../../../shared/sources.ts";
import type { TrendingPlace } from "../../trending/read-trending.ts";
import type { CandidateSource } from "../pipeline.ts";
import type { Items } from "../items.ts";
import type { VectorIndex } from "../vector-index.ts";
import { within } from "../within.ts";

/** What is trending at a place, in any order, perhaps nothing; ids that a release lacks are passed over. */
export type TrendingSource = (place: TrendingPlace) => Promise<readonly TrendingItem[]>;

/** Of an edge that counts nothing. */
export const nothingTrends: TrendingSource = async () => [];

/** An answer does not wait longer for the counts of what is only one of its spices; for its rows it waits as for any. */
const DEADLINE_MS = 150;

/** Where the counts are late or fail, nothing trends; a list is never lost for it. */
export function trending(tables: Items, index: VectorIndex, counts: TrendingSource): CandidateSource {
  return {
    name: "trending",
    async find({ filter, onMissing }, most) {
      const { region } = filter;
      const items = await within(DEADLINE_MS, counts(region === undefined ? {} : { region })).catch(() => []);
      if (items.length === 0) return [];
      const found = await tables.rowsOf(
        items.map(({ item }) => item),
        onMissing,
      );
      const scores = new Map<number, number>();
      for (const [at, { score }] of items.entries()) {
        const row = found[at]!;
        if (row >= 0 && score > 0) scores.set(row, Math.max(score, scores.get(row) ?? 0));
      }
      const ranked = [...scores].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
      const rows = await index.passing(ranked, filter, onMissing);
      return [{ rows: rows.slice(0, most), source: sourceBit("trending") }];
    },
  };
}
