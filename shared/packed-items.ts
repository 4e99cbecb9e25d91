/**
 * The items of a release as a device without the index asks for them, made once when the release is made: a pool file an
 * interest cell, with display data, and a row block for the items of like hash, without. Both are candidates files with
 * neighbours; both kinds are packed (`pack-file.ts`).
 */
import { encodeCandidates } from "./candidates-file.ts";
import type { CandidateNeighbours } from "./candidates-file.ts";
import type { ItemIndex } from "./index-file.ts";
import { gatherColumns } from "./item-columns.ts";
import type { Neighbours } from "./neighbours-file.ts";
import { encodePack } from "./pack-file.ts";
import { blockCount, blockOf } from "./row-blocks.ts";
import type { TextCodec } from "./runtime.ts";
import { sourceBit } from "./sources.ts";

/** All that is known of a release's items, in row order. */
export interface WholeItems {
  readonly index: ItemIndex;
  readonly ids: readonly string[];
  /** One JSON text an item. */
  readonly catalog: readonly string[];
  readonly neighbours: Neighbours;
}

/** A pool file for each cell. */
export function encodePools(items: WholeItems, codec: TextCodec): Uint8Array {
  const { cellStart, rows } = items.index;
  const entries = Array.from({ length: cellStart.length - 1 }, (_, cell) => {
    const [from, to] = [cellStart[cell]!, cellStart[cell + 1]!];
    return encodeRows(
      items,
      Uint32Array.from({ length: to - from }, (_, i) => from + i),
      { neighbours: true, catalog: true },
      codec,
    );
  });
  return encodePack("pools", entries, rows, codec);
}

/** A block for each hash: its vectors, what else scoring reads, and neighbours. */
export function encodeRowBlocks(items: WholeItems, codec: TextCodec): Uint8Array {
  const blocks = blockCount(items.ids);
  const rowsOf: number[][] = Array.from({ length: blocks }, () => []);
  items.ids.forEach((id, row) => rowsOf[blockOf(id, blocks)]!.push(row));
  const entries = rowsOf.map((rows) => encodeRows(items, rows, { neighbours: true, catalog: false }, codec));
  return encodePack("rows", entries, items.index.rows, codec);
}

/** How many bytes an answer of `retrieve` has that holds so many items with display data, measured on rows spread evenly. */
export function retrieveBytes(items: WholeItems, count: number, codec: TextCodec): number {
  const { size } = items.index.columns;
  const rows = Array.from({ length: Math.min(count, size) }, (_, i) => Math.floor((i * size) / Math.min(count, size)));
  return encodeRows(items, rows, { neighbours: false, catalog: true }, codec).length;
}

function encodeRows(
  { index, ids, catalog, neighbours }: WholeItems,
  rows: ArrayLike<number>,
  carries: { readonly neighbours: boolean; readonly catalog: boolean },
  codec: TextCodec,
): Uint8Array {
  const row = Uint32Array.from(rows);
  return encodeCandidates(
    {
      columns: gatherColumns(index.columns, row),
      dictionaries: index.dictionaries,
      ids: Array.from(row, (each) => ids[each]!),
      row,
      source: new Uint16Array(row.length).fill(sourceBit("nearest")),
      ...(carries.catalog && { catalog: Array.from(row, (each) => catalog[each]!) }),
      ...(carries.neighbours && { neighbours: neighboursById(neighbours, ids, row) }),
      space: index.space,
      rows: index.rows,
    },
    codec,
  );
}

/** The neighbours of some rows, with ids in place of row numbers. */
function neighboursById(lists: Neighbours, ids: readonly string[], rows: Uint32Array): CandidateNeighbours {
  const { perItem } = lists;
  const placeOf = new Map<number, number>();
  const neighbour = new Uint32Array(rows.length * perItem);
  const weight = new Int8Array(rows.length * perItem);
  rows.forEach((row, i) => {
    weight.set(lists.weight.subarray(row * perItem, (row + 1) * perItem), i * perItem);
    for (let slot = 0; slot < perItem; slot++) {
      if (weight[i * perItem + slot]! <= 0) continue;
      const other = lists.neighbour[row * perItem + slot]!;
      const place = placeOf.get(other) ?? placeOf.size;
      placeOf.set(other, place);
      neighbour[i * perItem + slot] = place;
    }
  });
  return {
    perItem,
    ids: Array.from(placeOf.keys(), (row) => ids[row]!),
    neighbour,
    weight,
    scale: Float32Array.from(rows, (row) => lists.scale[row]!),
  };
}
