// From rows to the candidates file that answers `start`, `retrieve` and `pools`.

import { encodeCandidates, NO_ROW } from "../../shared/candidates-file.ts";
import type { CandidateNeighbours } from "../../shared/candidates-file.ts";
import { HEADERS, MEDIA_TYPES } from "../../shared/protocol.ts";
import { text } from "../runtime.ts";
import type { Tables } from "./tables.ts";

/** A row and why it is here: bits of shared/sources.ts. */
export interface Hit {
  row: number;
  source: number;
}

/** The candidates file of some rows, in their order, as an answer. */
export function candidatesAnswer(
  tables: Tables,
  hits: readonly Hit[],
  options: {
    catalog: boolean;
    neighbours?: CandidateNeighbours;
    cacheControl: string;
    /** Names of the parts of the index whose rows may be missing. */
    missing?: ReadonlySet<string>;
  },
): Response {
  const { index, release } = tables;
  const rows = Uint32Array.from(hits, ({ row }) => row);
  const bytes = encodeCandidates(
    {
      columns: tables.columns(rows),
      dictionaries: index.dictionaries,
      ids: Array.from(rows, tables.id),
      row: rows.map((row) => (row < release.items ? row : NO_ROW)),
      source: Uint16Array.from(hits, ({ source }) => source),
      ...(options.catalog && { catalog: Array.from(rows, tables.catalog) }),
      ...(options.neighbours && { neighbours: options.neighbours }),
      space: index.space,
      rows: index.rows,
    },
    text,
  );
  const { missing = new Set<string>() } = options;
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
