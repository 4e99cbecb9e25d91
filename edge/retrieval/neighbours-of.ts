// The stored neighbours of some items, united: of each item from the lists in memory, where there is room for them, and
// else from its row block.

import { neighboursIn } from "../../shared/candidates-file.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { fromStore } from "../publish/stored.ts";
import { text } from "../runtime.ts";
import type { Items } from "./items.ts";

/** A neighbour and what it weighs. */
type Weighted = readonly [row: number, weight: number];

/**
 * The neighbours of some items by summed weight, the items themselves left out; ids the release lacks have none. Rows that
 * were deleted since the release was made may be among them, so whoever shows them asks the index which pass.
 */
export async function neighboursOf(tables: Items, items: readonly string[]): Promise<number[]> {
  // Items that were added since the release was made have no list.
  const own = new Map(
    items.map((id) => [id, tables.rowOf(id)] as const).filter(([, row]) => row >= 0 && row < tables.release.items),
  );
  const sums = new Map<number, number>();
  const lists = await fromStore(`release ${tables.release.id}`, () =>
    Promise.all(Array.from(own, ([id, row]) => listOf(tables, id, row))),
  );
  for (const [row, weight] of lists.flat()) sums.set(row, (sums.get(row) ?? 0) + weight);
  for (const row of own.values()) sums.delete(row);
  return [...sums].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
}

async function listOf(tables: Items, id: string, row: number): Promise<Weighted[]> {
  if (tables.neighbours === undefined) return listFromBlock(tables, id);
  const { neighbour, weight, scale, perItem } = await tables.neighbours();
  const list: Weighted[] = [];
  for (let slot = row * perItem; slot < (row + 1) * perItem; slot++) {
    if (weight[slot]! > 0) list.push([neighbour[slot]!, scale[row]! * weight[slot]!]);
  }
  return list;
}

/** None in a release without row blocks. */
async function listFromBlock({ rows, rowOf }: Items, id: string): Promise<Weighted[]> {
  if (rows === undefined) return [];
  const file = await rows.find(blockOf(id, rows.entries));
  const bytes = new Uint8Array(await (await file.open()).arrayBuffer());
  const list = neighboursIn(bytes, id, text) ?? [];
  // An id that was deleted has no row.
  return list.map(([item, weight]) => [rowOf(item), weight] as const).filter(([row]) => row >= 0);
}
