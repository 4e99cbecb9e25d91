// The stored neighbours of some items, united: of each item from the lists in memory, where there is room for them, and
// else from its row block.

import { neighboursIn } from "../../shared/candidates-file.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { fromStore } from "../publish/stored.ts";
import { text } from "../runtime.ts";
import type { Items } from "./items.ts";
import type { Pack } from "./pack.ts";

/** A neighbour and what it weighs. */
type Weighted = readonly [row: number, weight: number];

type OnMissing = (part: string) => void;

/** The list of each item, by its row; items that were added since the release was made have none. */
type Lists = ReadonlyMap<number, readonly Weighted[]>;

/**
 * The neighbours of some items by summed weight, the items themselves left out; ids the release lacks have none. Rows that
 * were deleted since the release was made may be among them, so whoever shows them asks the index which pass.
 */
export async function neighboursOf(tables: Items, items: readonly string[], onMissing?: OnMissing): Promise<number[]> {
  const { release, neighbours } = tables;
  const lists = await fromStore(`release ${release.id}`, () =>
    neighbours === undefined ? listsInBlocks(tables, items, onMissing) : listsInMemory(tables, items, neighbours),
  );
  const sums = new Map<number, number>();
  for (const [row, weight] of [...lists.values()].flat()) sums.set(row, (sums.get(row) ?? 0) + weight);
  for (const row of lists.keys()) sums.delete(row);
  return [...sums].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
}

async function listsInMemory(
  { release, rowsOf }: Items,
  items: readonly string[],
  neighbours: () => Promise<Neighbours>,
): Promise<Lists> {
  const own = Array.from(await rowsOf(items)).filter((row) => row >= 0 && row < release.items);
  const all = await neighbours();
  return new Map(own.map((row) => [row, listIn(all, row)]));
}

function listIn({ neighbour, weight, scale, perItem }: Neighbours, row: number): Weighted[] {
  const list: Weighted[] = [];
  for (let slot = row * perItem; slot < (row + 1) * perItem; slot++) {
    if (weight[slot]! > 0) list.push([neighbour[slot]!, scale[row]! * weight[slot]!]);
  }
  return list;
}

/** The rows of the items and of their neighbours are asked for in one go: it may be a call to every shard there is. */
async function listsInBlocks(
  { release, rows: blocks, rowsOf }: Items,
  items: readonly string[],
  onMissing: OnMissing | undefined,
): Promise<Lists> {
  if (blocks === undefined) return new Map();
  const named = await Promise.all(items.map((id) => listFromBlock(blocks, id)));
  const ids = [...new Set([...items, ...named.flatMap((list) => list.map(([id]) => id))])];
  const rows = await rowsOf(ids, onMissing);
  const rowOf = new Map(ids.map((id, at) => [id, rows[at]!]));
  const lists = items.map((id, at) => {
    // An id that was deleted has no row.
    const list = named[at]!.map(([each, weight]) => [rowOf.get(each)!, weight] as const).filter(([row]) => row >= 0);
    return [rowOf.get(id)!, list] as const;
  });
  return new Map(lists.filter(([row]) => row >= 0 && row < release.items));
}

async function listFromBlock(blocks: Pack, id: string): Promise<(readonly [id: string, weight: number])[]> {
  const file = await blocks.find(blockOf(id, blocks.entries));
  const bytes = new Uint8Array(await (await file.open()).arrayBuffer());
  return neighboursIn(bytes, id, text) ?? [];
}
