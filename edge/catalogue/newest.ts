// The source of live items: nobody has met them, so they are offered whatever the query is, as new and to be explored.

import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import { sourceBit } from "../../shared/sources.ts";
import type { ServedRelease } from "../retrieval/served.ts";
import type { RankedRows } from "../retrieval/unite.ts";

/** Live items of an answer, beside those that are near a query: a tenth of the largest. */
const MOST = 100;

/** The newest live items that pass the filter. */
export function newest({ tables, live }: ServedRelease, filter: Filter): RankedRows {
  const source = sourceBit("fresh") | sourceBit("explore");
  if (live === undefined) return { rows: [], source };
  const mask = passingRows(live.columns, tables.index.dictionaries, filter);
  const rows = [...live.ids.keys()].filter((i) => mask === null || mask[i] === 1);
  const { publishedAt } = live.columns;
  rows.sort((a, b) => publishedAt[b] - publishedAt[a] || a - b);
  return { rows: rows.slice(0, MOST).map((i) => tables.release.items + i), source };
}
