/**
 * Everything iALS works on, in one memory that its threads and the kernel share. It computes nothing but each row's ridge.
 */
import { KERNEL_LANES, KERNEL_SCRATCH_ROWS } from "./ials-kernel.ts";
import type { FoldInConstants } from "./ials.ts";
import type { WasmMemory, WasmModule } from "../wasm/webassembly.ts";
import type { SparseRows } from "./interactions.ts";
import { createSharedArrays, type SharedArrays } from "../wasm/shared-memory.ts";

/** Blocks of a Gram matrix: enough to keep a few threads busy, few enough that the partial sums stay small. */
export const GRAM_BLOCKS = 16;

/** The SIMD kernel and its steps a row; without it every row is solved exactly, in plain TypeScript. */
export interface KernelSolver {
  readonly module: WasmModule;
  readonly steps: number;
}

export interface IalsSide {
  readonly matrix: SparseRows;
  /** `[matrix.rows, width]` */
  readonly vectors: Float32Array;
  /** The weight on each row's squared length. `[matrix.rows]` */
  readonly ridge: Float32Array;
}

export interface IalsState {
  readonly memory: WasmMemory;
  readonly kernel?: KernelSolver;
  readonly dim: number;
  /** Numbers from one vector to the next: `dim`, or more where the kernel wants zeros behind it. */
  readonly width: number;
  readonly sides: readonly [users: IalsSide, items: IalsSide];
  /** Next block to take. `[1]` */
  readonly counter: Int32Array;
  /** Partial Gram matrices of the fixed side. `[GRAM_BLOCKS, width, width]` */
  readonly partialGrams: Float64Array;
  /** Eigenvectors of the fixed side's Gram matrix. `[width, width]` */
  readonly rotation: Float64Array;
  /** α times its eigenvalues. `[width]` */
  readonly gramDiagonal: Float64Array;
  /** The last two, as the kernel reads them. */
  readonly rotation32: Float32Array;
  readonly gramDiagonal32: Float32Array;
  /** `[threads, KERNEL_SCRATCH_ROWS, width]` */
  readonly scratch: Float32Array;
}

export interface StateOptions extends FoldInConstants {
  readonly dim: number;
  readonly kernel?: KernelSolver;
  readonly threads: number;
}

/** A ridge of 0 would divide by 0 in a dimension that no vector uses. */
const LEAST_RIDGE = 1e-12;

/** @throws RangeError where it does not fit into the memory */
export function createState(users: SparseRows, items: SparseRows, options: StateOptions): IalsState {
  const { dim, kernel, threads } = options;
  const width = kernel ? Math.ceil(dim / KERNEL_LANES) * KERNEL_LANES : dim;
  const square = width * width;
  const arrays = createSharedArrays();
  const side = (matrix: SparseRows): IalsSide => ({
    matrix: shareRows(matrix, arrays),
    vectors: arrays.floats(matrix.rows * width),
    ridge: copied(arrays.floats(matrix.rows), ridges(matrix, options)),
  });
  return {
    memory: arrays.memory,
    kernel,
    dim,
    width,
    sides: [side(users), side(items)],
    counter: arrays.counters(1),
    partialGrams: arrays.doubles(GRAM_BLOCKS * square),
    rotation: arrays.doubles(square),
    gramDiagonal: arrays.doubles(width),
    rotation32: arrays.floats(square),
    gramDiagonal32: arrays.floats(width),
    scratch: arrays.floats(threads * KERNEL_SCRATCH_ROWS * width),
  };
}

/** λ(Σc + α·columns)^ν: the weight on a row's squared length (Rendle et al. 2021, eq. 10). */
function ridges(matrix: SparseRows, options: FoldInConstants): Float32Array {
  const { regularization, frequencyExponent, unobservedWeight } = options;
  const { start, confidence } = matrix;
  return Float32Array.from({ length: matrix.rows }, (_, row) => {
    let sum = unobservedWeight * matrix.columns;
    for (let e = start[row]; e < start[row + 1]; e++) sum += confidence[e];
    return Math.max(LEAST_RIDGE, regularization * sum ** frequencyExponent);
  });
}

function shareRows(matrix: SparseRows, arrays: SharedArrays): SparseRows {
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    start: copied(arrays.words(matrix.start.length), matrix.start),
    column: copied(arrays.words(matrix.column.length), matrix.column),
    target: copied(arrays.floats(matrix.target.length), matrix.target),
    confidence: copied(arrays.floats(matrix.confidence.length), matrix.confidence),
  };
}

function copied<T extends Uint32Array | Float32Array>(into: T, values: ArrayLike<number>): T {
  into.set(values);
  return into;
}
