/**
 * One phase of an iALS half sweep, worked off in blocks of rows that threads take from a shared counter.
 *
 * All state lies in shared memory. Results do not depend on the number of threads: blocks are fixed, and partial Gram
 * matrices are kept by block and summed in block order by `ials.ts`.
 */
import { addGram, rotateRows } from "./gram.ts";
import { createRowScratch, type RowScratch, solveRows } from "./ials-rows.ts";
import type { SparseRows } from "./interactions.ts";

/** Blocks of a Gram matrix: enough to keep a few threads busy, few enough that the partial sums stay small. */
export const GRAM_BLOCKS = 16;

/** Rows a thread takes at once; small, because rows differ in cost by a factor of a hundred. */
const BLOCK_ROWS = 32;

export interface IalsSide {
  readonly matrix: SparseRows;
  /** `[matrix.rows, dim]` */
  readonly vectors: Float32Array;
}

export interface IalsState {
  readonly dim: number;
  readonly regularization: number;
  readonly frequencyExponent: number;
  readonly unobservedWeight: number;
  readonly sides: readonly [users: IalsSide, items: IalsSide];
  /** Next block to take. `[1]` */
  readonly counter: Int32Array;
  /** Partial Gram matrices of the fixed side. `[GRAM_BLOCKS, dim, dim]` */
  readonly partialGrams: Float64Array;
  /** Eigenvectors of the fixed side's Gram matrix. `[dim, dim]` */
  readonly rotation: Float64Array;
  /** α times its eigenvalues. `[dim]` */
  readonly gramDiagonal: Float64Array;
}

export interface IalsTask {
  readonly kind: "gram" | "rotate" | "solve";
  /** The side that is solved in this half sweep; the other one is fixed. */
  readonly solved: 0 | 1;
}

export type IalsRunner = (task: IalsTask) => void;

/** Returns a function that works on a task until no block is left. */
export function createIalsRunner(state: IalsState): IalsRunner {
  const scratch = createRowScratch(state.dim);
  return (task) => {
    for (;;) {
      const block = Atomics.add(state.counter, 0, 1);
      if (!runBlock(state, task, block, scratch)) return;
    }
  };
}

/** Works on one block; false where there is none of that number. */
function runBlock(state: IalsState, task: IalsTask, block: number, scratch: RowScratch): boolean {
  const { dim } = state;
  const solved = state.sides[task.solved];
  const fixed = state.sides[1 - task.solved];
  if (task.kind === "gram") {
    if (block >= GRAM_BLOCKS) return false;
    const size = dim * dim;
    const into = state.partialGrams.subarray(block * size, (block + 1) * size).fill(0);
    const bound = (b: number) => Math.floor((b * fixed.matrix.rows) / GRAM_BLOCKS);
    addGram(fixed.vectors, dim, bound(block), bound(block + 1), into);
    return true;
  }
  const rows = (task.kind === "rotate" ? fixed : solved).matrix.rows;
  const from = block * BLOCK_ROWS;
  if (from >= rows) return false;
  const to = Math.min(rows, from + BLOCK_ROWS);
  if (task.kind === "rotate") rotateRows(fixed.vectors, dim, state.rotation, from, to);
  else solveRows({ ...state, matrix: solved.matrix, fixed: fixed.vectors, solved: solved.vectors }, from, to, scratch);
  return true;
}
