// `GET /v1/:release/pools/:cell`: the items of one interest cell with their neighbours and display data. The same bytes for
// everybody, so caches hold them; who asks for which cells is not looked at and not kept.

import type { CandidateNeighbours } from "../../shared/candidates-file.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import { sourceBit } from "../../shared/sources.ts";
import { candidatesAnswer } from "./candidates.ts";
import type { Tables } from "./tables.ts";

/** A cell of a release never changes: its address names both. */
const CACHE_CONTROL = "public, max-age=31536000, immutable";

/**
 * Answers the items of a cell as a candidates file, in row order.
 * @throws NearfeedError unknown_cell
 */
export async function pool(tables: Tables, cell: string): Promise<Response> {
  const { cellStart } = tables.index;
  const number = /^(0|[1-9]\d{0,8})$/.test(cell) ? Number(cell) : cellStart.length;
  if (number >= cellStart.length - 1) {
    throw new NearfeedError("unknown_cell", `the release has cells 0 to ${cellStart.length - 2}`, { path: "cell" });
  }
  const source = sourceBit("nearest");
  const [from, to] = [cellStart[number], cellStart[number + 1]];
  const hits = Array.from({ length: to - from }, (_, i) => ({ row: from + i, source }));
  return candidatesAnswer(tables, hits, {
    catalog: true,
    neighbours: neighboursById(tables, await tables.neighbours(), from, to),
    cacheControl: CACHE_CONTROL,
  });
}

/** The neighbours of the rows from `from` to `to`, with ids in place of row numbers. */
function neighboursById(tables: Tables, neighbours: Neighbours, from: number, to: number): CandidateNeighbours {
  const { perItem } = neighbours;
  const weight = neighbours.weight.slice(from * perItem, to * perItem);
  const placeOf = new Map<number, number>();
  const neighbour = Uint32Array.from(weight, (value, slot) => {
    if (value <= 0) return 0;
    const row = neighbours.neighbour[from * perItem + slot];
    const place = placeOf.get(row) ?? placeOf.size;
    placeOf.set(row, place);
    return place;
  });
  const ids = Array.from(placeOf.keys(), tables.id);
  return { perItem, ids, neighbour, weight, scale: neighbours.scale.slice(from, to) };
}
