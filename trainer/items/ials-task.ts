/**
 * One phase of an iALS half sweep, worked off in blocks of rows that threads take from a shared counter.
 *
 * All state lies in shared memory. Results do not depend on the number of threads: blocks are fixed, and partial Gram
 * matrices are kept by block and summed in block order by `ials.ts`.
 */
import { addGram, rotateRows } from "./gram.ts";
import { createIalsKernel, KERNEL_SCRATCH_ROWS } from "./ials-kernel.ts";
import { createRowScratch, solveRows } from "./ials-rows.ts";
import { GRAM_BLOCKS, type IalsSide, type IalsState, type KernelSolver } from "./ials-state.ts";

/** Rows a thread takes at once; small, because rows differ in cost by a factor of a hundred. */
const BLOCK_ROWS = 32;

export interface IalsTask {
  readonly kind: "gram" | "rotate" | "solve";
  /** The side that is solved in this half sweep; the other one is fixed. */
  readonly solved: 0 | 1;
}

export type IalsRunner = (task: IalsTask) => void;

/** What a task does with rows `from` to `to`. */
interface RowWork {
  /** Adds the rows' outer products to the lower triangle of a matrix, the partial sum of a block. */
  addGram(fixed: IalsSide, from: number, to: number, block: number): void;
  rotate(fixed: IalsSide, from: number, to: number): void;
  solve(solved: IalsSide, fixed: IalsSide, from: number, to: number): void;
}

/**
 * Returns a function that works on a task until no block is left.
 *
 * @param thread counted from 0; no two that run at once have the same
 */
export function createIalsRunner(state: IalsState, thread: number): IalsRunner {
  const work = state.kernel ? kernelWork(state, state.kernel, thread) : plainWork(state);
  return (task) => {
    for (;;) {
      const block = Atomics.add(state.counter, 0, 1);
      if (!runBlock(state, work, task, block)) return;
    }
  };
}

/** Works on one block; false where there is none of that number. */
function runBlock(state: IalsState, work: RowWork, task: IalsTask, block: number): boolean {
  const solved = state.sides[task.solved];
  const fixed = state.sides[1 - task.solved];
  if (task.kind === "gram") {
    if (block >= GRAM_BLOCKS) return false;
    const bound = (b: number) => Math.floor((b * fixed.matrix.rows) / GRAM_BLOCKS);
    work.addGram(fixed, bound(block), bound(block + 1), block);
    return true;
  }
  const rows = (task.kind === "rotate" ? fixed : solved).matrix.rows;
  const from = block * BLOCK_ROWS;
  if (from >= rows) return false;
  const to = Math.min(rows, from + BLOCK_ROWS);
  if (task.kind === "rotate") work.rotate(fixed, from, to);
  else work.solve(solved, fixed, from, to);
  return true;
}

function plainWork(state: IalsState): RowWork {
  const { width, gramDiagonal } = state;
  const scratch = createRowScratch(width);
  return {
    addGram: (fixed, from, to, block) => addGram(fixed.vectors, width, from, to, emptyGram(state, block)),
    rotate: (fixed, from, to) => rotateRows(fixed.vectors, width, state.rotation, from, to),
    solve(solved, fixed, from, to) {
      const { matrix, vectors, ridge } = solved;
      solveRows({ dim: width, matrix, fixed: fixed.vectors, gramDiagonal, ridge, solved: vectors }, from, to, scratch);
    },
  };
}

function kernelWork(state: IalsState, { module, steps }: KernelSolver, thread: number): RowWork {
  const { width, rotation32, gramDiagonal32 } = state;
  const kernel = createIalsKernel(module, state.memory);
  const scratch = state.scratch.byteOffset + thread * KERNEL_SCRATCH_ROWS * width * Float32Array.BYTES_PER_ELEMENT;
  const rotate = ({ vectors }: IalsSide, from: number, to: number) =>
    kernel.rotate(vectors.byteOffset, width, rotation32.byteOffset, from, to, scratch);
  return {
    addGram: (fixed, from, to, block) =>
      kernel.addGram(fixed.vectors.byteOffset, width, from, to, emptyGram(state, block).byteOffset),
    rotate,
    solve(solved, fixed, from, to) {
      // The solver starts from the vectors of the sweep before, which lie in the space of before.
      rotate(solved, from, to);
      const { start, column, target, confidence } = solved.matrix;
      kernel.solve(
        width,
        start.byteOffset,
        column.byteOffset,
        target.byteOffset,
        confidence.byteOffset,
        solved.ridge.byteOffset,
        fixed.vectors.byteOffset,
        gramDiagonal32.byteOffset,
        solved.vectors.byteOffset,
        from,
        to,
        steps,
        scratch,
      );
    },
  };
}

function emptyGram({ partialGrams, width }: IalsState, block: number): Float64Array {
  const size = width * width;
  return partialGrams.subarray(block * size, (block + 1) * size).fill(0);
}
