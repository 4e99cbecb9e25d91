/**
 * How much of an exact search a pool has, for iALS vectors of a log: cells as the trainer makes them, the vectors of the
 * log's own users as queries.
 */
import { cellsOf } from "../../shared/cells-file.ts";
import { chooseCells, poolBudget, sizeOf } from "../../shared/choose-cells.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { scan } from "../../shared/scan.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { topK } from "../../shared/top-k.ts";
import { cellCount, fitCells } from "../../trainer/items/cells.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { DEFAULT_FOLD_IN, DEFAULT_ITEMS } from "../../trainer/items/fit-items.ts";
import { fitIals } from "../../trainer/items/ials.ts";
import { interactionsOf } from "../../trainer/items/interactions.ts";
import type { Dataset } from "../../trainer/read/dataset.ts";

export interface Recall {
  readonly items: number;
  readonly cells: number;
  /** Share of the catalogue that is fetched, mean. */
  readonly fetched: number;
  /** Share of the exact best 100 that is among them, mean. */
  readonly recall: number;
}

const BEST = 100;

/** @param queries users asked for, spread over all */
export async function poolRecall(dataset: Dataset, queries: number, seed: number): Promise<Recall> {
  const { dim, sweeps } = DEFAULT_ITEMS;
  const interactions = interactionsOf(dataset, eventSignals(dataset, DEFAULT_SIGNALS));
  const { users, items } = await fitIals(interactions, { ...DEFAULT_FOLD_IN, dim, sweeps, seed });
  const n = dataset.items.length;
  const count = cellCount(n);
  const { cellOf } = fitCells(items, dim, count, seed);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => cellOf[a]! - cellOf[b]! || a - b);
  const cellStart = new Uint32Array(count + 1);
  for (const cell of cellOf) cellStart[cell + 1]!++;
  for (let cell = 0; cell < count; cell++) cellStart[cell + 1]! += cellStart[cell]!;
  const sorted = new Float32Array(n * dim);
  order.forEach((item, row) => sorted.set(items.subarray(item * dim, (item + 1) * dim), row * dim));
  const columns = { ...quantizeRows(sorted, dim), size: n, dim } as unknown as ItemColumns; // all that is read of them
  const cells = cellsOf({ columns, cellStart, space: "", rows: "" });
  let [found, fetched, asked] = [0, 0, 0];
  const step = Math.max(1, Math.floor(dataset.users.length / queries));
  for (let user = 0; user < dataset.users.length; user += step) {
    const query = users.subarray(user * dim, (user + 1) * dim);
    const chosen = new Set(chooseCells(cells, [query], { budget: poolBudget(n) }));
    for (const row of topK(scan(columns, query), BEST)) if (chosen.has(cellOf[order[row]!]!)) found++;
    for (const cell of chosen) fetched += sizeOf(cells, cell);
    asked++;
  }
  return { items: n, cells: count, fetched: fetched / (asked * n), recall: found / (asked * BEST) };
}
