// From rows to the candidates file that answers `start`, `retrieve` and `similar`.

import { encodeCandidates, NO_ROW } from "../../shared/candidates-file.ts";
import { HEADERS, MEDIA_TYPES } from "../../shared/protocol.ts";
import { text } from "../runtime.ts";
import type { ServedRelease } from "./served.ts";

/** A row and why it is here: bits of shared/sources.ts. */
export interface Hit {
  row: number;
  source: number;
}

/** The candidates file of some rows, in their order, as an answer; without those of parts that do not answer. */
export async function candidatesAnswer(
  { tables, hydrator }: Pick<ServedRelease, "tables" | "hydrator">,
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
  const { rows, columns, ids, catalog } = await hydrator.hydrate(
    Uint32Array.from(hits, ({ row }) => row),
    { ids: true, catalog: options.catalog, onMissing: (part) => missing.add(part) },
  );
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
