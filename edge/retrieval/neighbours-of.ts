// The stored neighbours of some items, united: of each item from its row block, so that no neighbour list has to be held.

import { neighboursIn } from "../../shared/candidates-file.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { fromStore } from "../publish/stored.ts";
import { text } from "../runtime.ts";
import type { Items } from "./items.ts";

/** The neighbours of some items by summed weight, the items themselves left out; ids the release lacks have none. */
export async function neighboursOf(tables: Items, items: readonly string[]): Promise<number[]> {
  // Items that were added since the release was made have no list.
  const own = new Map(
    items.map((id) => [id, tables.rowOf(id)] as const).filter(([, row]) => row >= 0 && row < tables.release.items),
  );
  const sums = new Map<number, number>();
  const lists = await Promise.all(Array.from(own.keys(), (id) => neighboursOfOne(tables, id)));
  for (const [id, weight] of lists.flat()) {
    const row = tables.rowOf(id);
    if (row < 0) continue; // deleted since the release was made
    sums.set(row, (sums.get(row) ?? 0) + weight);
  }
  for (const row of own.values()) sums.delete(row);
  return [...sums].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
}

/** None in a release without row blocks. */
async function neighboursOfOne({ rows, release }: Items, id: string): Promise<(readonly [string, number])[]> {
  if (rows === undefined) return [];
  return fromStore(`release ${release.id}`, async () => {
    const file = await rows.find(blockOf(id, rows.entries));
    const bytes = new Uint8Array(await (await file.open()).arrayBuffer());
    return neighboursIn(bytes, id, text) ?? [];
  });
}
