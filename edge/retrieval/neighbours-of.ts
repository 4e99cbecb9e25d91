// The stored neighbours of some items, united. What one item's list means stands in shared/neighbours-file.ts.

import type { Tables } from "./tables.ts";

/** The neighbours of some items by summed weight, the items themselves left out; ids the release lacks have none. */
export async function neighboursOf(tables: Tables, items: readonly string[]): Promise<number[]> {
  const { neighbour, weight, scale, perItem } = await tables.neighbours();
  // Items that were added since have no list.
  const own = items.map(tables.rowOf).filter((row) => row >= 0 && row < tables.release.items);
  const sums = new Map<number, number>();
  for (const row of own) {
    for (let slot = row * perItem; slot < (row + 1) * perItem; slot++) {
      if (weight[slot] <= 0) continue;
      sums.set(neighbour[slot], (sums.get(neighbour[slot]) ?? 0) + scale[row] * weight[slot]);
    }
  }
  for (const row of own) sums.delete(row);
  return [...sums].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
}
