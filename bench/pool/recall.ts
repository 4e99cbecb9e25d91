/**
 * How much of an exact search a pool has: cells as the trainer makes them, of the vectors of a log (iALS, and the log's own
 * users as queries) or of made-up ones.
 */
import { cellsOf } from "../../shared/cells-file.ts";
import { chooseCells, sizeOf } from "../../shared/choose-cells.ts";
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

/** Vectors in cells. */
export interface Pools {
  readonly items: number;
  readonly cells: number;
  /** Items of the smallest and of the largest cell. */
  readonly smallest: number;
  readonly largest: number;
  /** @param budget items that may be fetched for a query */
  recall(budget: number): Recall;
}

/** Means over the queries. */
export interface Recall {
  /** Share of the catalogue that is fetched. */
  readonly fetched: number;
  /** Share of the exact best 100 that is among them. */
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

/** The cells that a release of these vectors would have. */
export function poolsOf({ dim, items, queries }: Vectors, seed: number): Pools {
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
  const best = queries.map((query) => Array.from(topK(scan(columns, query), BEST), (row) => cellOf[order[row]!]!));
  return {
    items: n,
    cells: count,
    smallest: Math.min(...sizes),
    largest: Math.max(...sizes),
    recall(budget) {
      let [found, fetched] = [0, 0];
      queries.forEach((query, i) => {
        const chosen = new Set(chooseCells(cells, [query], { budget }));
        for (const cell of best[i]!) if (chosen.has(cell)) found++;
        for (const cell of chosen) fetched += sizeOf(cells, cell);
      });
      return { fetched: fetched / (queries.length * n), recall: found / (queries.length * BEST) };
    },
  };
}
