// Unites ranked lists of rows into one, taking turns: every list gives its best, then its second best, and so on, so
// each has an equal quota and one that runs out leaves its places to the others.

import type { Hit } from "./candidates.ts";

/** A ranked list and the source bit that its rows get. */
export interface RankedRows {
  rows: ArrayLike<number>;
  source: number;
}

/** The first `count` different rows; a row of several lists stands at its best turn and has the bits of all of them. */
export function unite(lists: readonly RankedRows[], count: number): Hit[] {
  const hits = new Map<number, Hit>();
  const longest = Math.max(0, ...lists.map(({ rows }) => rows.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const { rows, source } of lists) {
      const row = rows[turn];
      if (row === undefined) continue;
      const found = hits.get(row);
      if (found !== undefined) found.source |= source;
      else if (hits.size < count) hits.set(row, { row, source });
    }
  }
  return [...hits.values()];
}
