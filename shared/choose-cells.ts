/**
 * Which cells to fetch for some query vectors: those whose mean vectors they like best, the queries taking turns.
 *
 * `q · mean` is the mean score of a cell's items, those with long vectors counting more. Measured on iALS vectors (recall of
 * the exact best 100 for the vectors of training users): 40,981 Gowalla places in 256 cells, 5 % of the items fetched: .995;
 * 3,416 films of MovieLens-1M in 214 cells, 20 %: .980 (`bench/pool.ts`).
 */
import type { Cells } from "./cells-file.ts";
import { scanInto } from "./scan.ts";
import { topK } from "./top-k.ts";

/** Share of a large catalogue that a pool is made of: more of it finds hardly more. */
const POOL_SHARE = 0.05;
/** In small catalogues a cell is a poorer guess, and items cost less: as many, but never more than the share below. */
const LEAST_POOL = 1_000;
const LARGEST_SHARE = 0.2;
/** What the linear floor ranks in a frame. */
export const LARGEST_POOL = 10_000;

/** How many items of a catalogue are fetched for a pool. */
export function poolBudget(items: number): number {
  const small = Math.min(LEAST_POOL, LARGEST_SHARE * items);
  return Math.floor(Math.min(LARGEST_POOL, Math.max(POOL_SHARE * items, small)));
}

export interface ChooseOptions {
  /** Items to fetch at most; one cell is always chosen. */
  readonly budget: number;
  /** How many of the budget a cell takes; its size by default. */
  readonly cost?: (cell: number) => number;
}

/**
 * @param queries `[q][d]`
 * @returns the cells, best first
 */
export function chooseCells(
  cells: Cells,
  queries: readonly ArrayLike<number>[],
  { budget, cost = (cell) => sizeOf(cells, cell) }: ChooseOptions,
): number[] {
  const rankings = queries.map((query) => rankCells(cells, query));
  const chosen = new Set<number>();
  let spent = 0;
  for (let turn = 0; turn < cells.scale.length; turn++) {
    for (const ranking of rankings) {
      const cell = ranking[turn]!;
      if (chosen.has(cell) || sizeOf(cells, cell) === 0) continue;
      spent += cost(cell);
      if (spent > budget && chosen.size > 0) return [...chosen];
      chosen.add(cell);
    }
  }
  return [...chosen];
}

/** All cells, those that a query likes best first. `[c]` */
export function rankCells({ mean, scale, dim }: Cells, query: ArrayLike<number>): Uint32Array {
  const scores = new Float32Array(scale.length);
  scanInto(mean, scale, dim, query, scores);
  return topK(scores, scores.length);
}

/** How many items a cell has. */
export function sizeOf({ cellStart }: Cells, cell: number): number {
  return cellStart[cell + 1]! - cellStart[cell]!;
}
