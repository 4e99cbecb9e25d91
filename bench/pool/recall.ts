/**
 * How much of an exact search a pool has: cells as the trainer makes them, of the vectors of a log (iALS, and the log's own
 * users as queries) or of made-up ones.
 */
import { cellsOf } from "../../shared/cells-file.ts";
import { chooseCells, poolBudget, sizeOf } from "../../shared/choose-cells.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { scan } from "../../shared/scan.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { topK } from "../../shared/top-k.ts";
import { cellCount, cellSizes, fitCells } from "../../trainer/items/cells.ts";
import { eventSignals } from "../../trainer/items/event-signals.ts";
import { DEFAULT_FOLD_IN, DEFAULT_ITEMS } from "../../trainer/items/fit-items.ts";
import { fitIals } from "../../trainer/items/ials.ts";
import { interactionsOf } from "../../trainer/items/interactions.ts";
import type { Dataset } from "../../trainer/read/dataset.ts";

/** What is searched, and for what. */
export interface Vectors {
  readonly dim: number;
  /** `[n, d]` row-major. */
  readonly items: Float32Array;
  /** `[q][d]` */
  readonly queries: readonly Float32Array[];
}

export interface Recall {
  readonly items: number;
  readonly cells: number;
  /** Items of the smallest and of the largest cell. */
  readonly smallest: number;
  readonly largest: number;
  /** Share of the catalogue that is fetched, mean. */
  readonly fetched: number;
  /** Share of the exact best 100 that is among them, mean. */
  readonly recall: number;
}

const BEST = 100;

/** The vectors of a log. @param queries users asked for, spread over all */
export async function vectorsOfLog(dataset: Dataset, queries: number, seed: number): Promise<Vectors> {
  const { dim, sweeps } = DEFAULT_ITEMS;
  const interactions = interactionsOf(dataset, eventSignals(dataset, DEFAULT_SIGNALS));
  const { users, items } = await fitIals(interactions, { ...DEFAULT_FOLD_IN, dim, sweeps, seed });
  const step = Math.max(1, Math.floor(dataset.users.length / queries));
  const asked = Array.from({ length: Math.ceil(dataset.users.length / step) }, (_, i) => i * step);
  return { dim, items, queries: asked.map((user) => users.subarray(user * dim, (user + 1) * dim)) };
}

/** As many items are fetched for each query as a device fetches. */
export function poolRecall({ dim, items, queries }: Vectors, seed: number): Recall {
  const n = items.length / dim;
  const count = cellCount(n);
  const { cellOf } = fitCells(items, dim, count, seed);
  const sizes = cellSizes(cellOf, count);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => cellOf[a]! - cellOf[b]! || a - b);
  const cellStart = new Uint32Array(count + 1);
  sizes.forEach((size, cell) => (cellStart[cell + 1] = cellStart[cell]! + size));
  const sorted = new Float32Array(n * dim);
  order.forEach((item, row) => sorted.set(items.subarray(item * dim, (item + 1) * dim), row * dim));
  const columns = { ...quantizeRows(sorted, dim), size: n, dim } as unknown as ItemColumns; // all that is read of them
  const cells = cellsOf({ columns, cellStart, space: "", rows: "" });
  let [found, fetched] = [0, 0];
  for (const query of queries) {
    const chosen = new Set(chooseCells(cells, [query], { budget: poolBudget(n) }));
    for (const row of topK(scan(columns, query), BEST)) if (chosen.has(cellOf[order[row]!]!)) found++;
    for (const cell of chosen) fetched += sizeOf(cells, cell);
  }
  return {
    items: n,
    cells: count,
    smallest: Math.min(...sizes),
    largest: Math.max(...sizes),
    fetched: fetched / (queries.length * n),
    recall: found / (queries.length * BEST),
  };
}
