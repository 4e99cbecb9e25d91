/**
 * Several pools as one: each item once, with the sources of all pools that have it. Item and neighbours come from the
 * first pool that knows its neighbours, else from the first that has it.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { concatColumns, gatherColumns } from "../../shared/item-columns.ts";
import { createItemTable } from "../../shared/item-table.ts";
import type { Items } from "./held.ts";
import { kernelScan } from "./kernel-scan.ts";

/**
 * @param pools of one release, at least one; the items of the first come first
 * @param categoryWeight `[categories]`
 * @throws NearfeedError `bad_release` where the pools number categories, languages or regions differently
 */
export function uniteItems(pools: readonly Items[], categoryWeight: ArrayLike<number>): Items {
  const { dictionaries } = pools[0]!.table;
  for (const { table } of pools) {
    if (JSON.stringify(table.dictionaries) === JSON.stringify(dictionaries)) continue;
    throw new NearfeedError("bad_release", "The pools of one release have different dictionaries.", {
      path: "dictionaries",
    });
  }
  const offsets = offsetsOf(pools);
  const placeOf = new Map<string, number>();
  const from: { pool: Items; row: number; offset: number }[] = [];
  const sources: number[] = [];
  pools.forEach((pool, p) => {
    pool.table.ids.forEach((id, row) => {
      const place = placeOf.get(id) ?? from.length;
      const bits = pool.source?.[row] ?? 0;
      if (place === from.length) {
        placeOf.set(id, place);
        from.push({ pool, row, offset: offsets[p]! });
        sources.push(bits);
        return;
      }
      sources[place]! |= bits;
      const found = from[place]!;
      if (!found.pool.neighbours(found.row) && pool.neighbours(row)) from[place] = { pool, row, offset: offsets[p]! };
    });
  });
  const all = concatColumns(pools.map(({ table }) => table.columns));
  const columns = gatherColumns(
    all,
    from.map(({ row, offset }) => offset + row),
  );
  return {
    table: createItemTable(columns, dictionaries, [...placeOf.keys()], categoryWeight, kernelScan),
    source: Uint16Array.from(sources),
    item: (row) => from[row]!.pool.item(from[row]!.row),
    neighbours: (row) => from[row]!.pool.neighbours(from[row]!.row),
  };
}

function offsetsOf(pools: readonly Items[]): number[] {
  let offset = 0;
  return pools.map(({ table }) => {
    const own = offset;
    offset += table.columns.size;
    return own;
  });
}
