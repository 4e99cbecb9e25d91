// From rows to the candidates file that answers `start`, `retrieve` and `similar`.

import { encodeCandidates, NO_ROW } from "../../shared/candidates-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import { HEADERS, MEDIA_TYPES } from "../../shared/protocol.ts";
import type { LiveTable } from "../catalogue/live-table.ts";
import { text } from "../runtime.ts";
import type { HydratedRows } from "./items.ts";
import type { ServedRelease } from "./served.ts";

/** A row and why it is here: bits of shared/sources.ts. */
export interface Hit {
  row: number;
  source: number;
}

/**
 * The candidates file of some rows, in their order, as an answer; without those of parts that do not answer, and those that
 * may have been changed while a part did not answer that has come back since.
 */
export async function candidatesAnswer(
  { tables, hydrator, live }: Pick<ServedRelease, "tables" | "hydrator" | "live">,
  hits: readonly Hit[],
  options: {
    catalog: boolean;
    cacheControl: string;
    /** Names of the parts of the index whose rows may be missing; those that are found to be join them. */
    missing?: Set<string>;
  },
): Promise<Response> {
  const { head, release } = tables;
  const { missing = new Set<string>() } = options;
  for (const part of live?.missing ?? []) missing.add(part);
  const found = await hydrator.hydrate(
    Uint32Array.from(hits, ({ row }) => row),
    { ids: true, catalog: options.catalog, onMissing: (part) => missing.add(part) },
  );
  const { rows, columns, ids, catalog } = live ? withoutUnplaced(found, live, release.items) : found;
  const sources = new Map(hits.map(({ row, source }) => [row, source]));
  const bytes = encodeCandidates(
    {
      columns,
      dictionaries: head.dictionaries,
      ids: ids!,
      row: rows.map((row) => (row < release.items ? row : NO_ROW)),
      source: Uint16Array.from(rows, (row) => sources.get(row)!),
      ...(catalog && { catalog }),
      space: head.space,
      rows: head.rows,
    },
    text,
  );
  return new Response(bytes, {
    headers: {
      // An answer that lacks something is for whoever asked, not for everybody after.
      "Cache-Control": missing.size > 0 ? "no-store" : options.cacheControl,
      "Content-Type": MEDIA_TYPES.tensors,
      [HEADERS.release]: release.id,
      ...(missing.size > 0 && { [HEADERS.missing]: [...missing].sort().join(", ") }),
    },
  });
}

/** Without rows of the release whose items the live catalogue has as its own, or as deleted, without knowing of the rows. */
function withoutUnplaced(found: HydratedRows, { unplaced }: LiveTable, items: number): HydratedRows {
  const { rows, columns, ids = [], catalog } = found;
  const kept = [...rows.keys()].filter((at) => rows[at]! >= items || !unplaced.has(ids[at]!));
  if (kept.length === rows.length) return found;
  return {
    rows: Uint32Array.from(kept, (at) => rows[at]!),
    columns: gatherColumns(columns, kept),
    ids: kept.map((at) => ids[at]!),
    ...(catalog && { catalog: kept.map((at) => catalog[at]!) }),
  };
}
