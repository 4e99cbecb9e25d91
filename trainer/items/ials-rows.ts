/**
 * The exact solve of one side's vectors in iALS, a range of rows at a time, so that workers can share it.
 *
 * The fixed side has been rotated so that its Gram matrix is diagonal (see `ials.ts`). A row with fewer entries k than
 * dimensions then needs a k×k system instead of d×d (Woodbury identity): most items of a long tail have a handful.
 */
import { choleskyInPlace, choleskySolveInPlace } from "../math/cholesky.ts";
import type { SparseRows } from "./interactions.ts";

export interface RowSolve {
  readonly dim: number;
  /** Entries of the side that is solved. */
  readonly matrix: SparseRows;
  /** Vectors of the fixed side, rotated. `[matrix.columns, dim]` */
  readonly fixed: Float32Array;
  /** Diagonal of α times the fixed side's Gram matrix. `[dim]` */
  readonly gramDiagonal: Float64Array;
  /** Vectors of the solved side; rows are overwritten. `[matrix.rows, dim]` */
  readonly solved: Float32Array;
  /** The weight on each row's squared length. `[matrix.rows]` */
  readonly ridge: Float32Array;
}

/** Buffers of one solver, reused from row to row. */
export interface RowScratch {
  readonly system: Float64Array;
  readonly right: Float64Array;
  readonly vectors: Float64Array;
  readonly diagonal: Float64Array;
}

export function createRowScratch(dim: number): RowScratch {
  return {
    system: new Float64Array(dim * dim),
    right: new Float64Array(dim),
    vectors: new Float64Array(Math.max(dim, 4) * dim),
    diagonal: new Float64Array(dim),
  };
}

/** Solves rows `from` to `to` of the side. */
export function solveRows(solve: RowSolve, from: number, to: number, scratch: RowScratch): void {
  const { dim, matrix, gramDiagonal, ridge, solved } = solve;
  const { diagonal } = scratch;
  for (let row = from; row < to; row++) {
    const start = matrix.start[row];
    const count = matrix.start[row + 1] - start;
    if (count === 0) {
      solved.fill(0, row * dim, (row + 1) * dim);
      continue;
    }
    for (let j = 0; j < dim; j++) diagonal[j] = gramDiagonal[j] + ridge[row];
    if (count < dim) solveFewEntries(solve, row, scratch);
    else solveManyEntries(solve, row, scratch);
  }
}

/** x = D⁻¹V z with (C⁻¹ + VᵀD⁻¹V) z = y, for D = αG + λI, the columns of V being the entries' vectors. */
function solveFewEntries(solve: RowSolve, row: number, scratch: RowScratch): void {
  const { dim, matrix, fixed, solved } = solve;
  const { system, right, vectors, diagonal } = scratch;
  const start = matrix.start[row];
  const entries = matrix.start[row + 1] - start;
  let k = 0;
  for (let e = start; e < start + entries; e++) {
    if (!(matrix.confidence[e] > 0)) continue;
    const from = matrix.column[e] * dim;
    // Scaled by D^(−1/2), so that the k×k matrix is a plain Gram matrix.
    for (let j = 0; j < dim; j++) vectors[k * dim + j] = fixed[from + j] / Math.sqrt(diagonal[j]);
    for (let i = 0; i <= k; i++) system[k * dim + i] = dot(vectors, k * dim, i * dim, dim);
    system[k * dim + k] += 1 / matrix.confidence[e];
    right[k++] = matrix.target[e];
  }
  choleskyInPlace(system, k, dim);
  choleskySolveInPlace(system, k, right, dim);
  for (let j = 0; j < dim; j++) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += vectors[i * dim + j] * right[i];
    solved[row * dim + j] = sum / Math.sqrt(diagonal[j]);
  }
}

function dot(vectors: Float64Array, a: number, b: number, dim: number): number {
  let even = 0;
  let odd = 0;
  let j = 0;
  for (; j + 1 < dim; j += 2) {
    even += vectors[a + j] * vectors[b + j];
    odd += vectors[a + j + 1] * vectors[b + j + 1];
  }
  if (j < dim) even += vectors[a + j] * vectors[b + j];
  return even + odd;
}

/** x = (D + Σ c v vᵀ)⁻¹ Σ c y v. Four entries are added at a time: the matrix is then read and written a quarter as often. */
function solveManyEntries(solve: RowSolve, row: number, scratch: RowScratch): void {
  const { dim, matrix, fixed, solved } = solve;
  const { system, right, vectors, diagonal } = scratch;
  system.fill(0);
  right.fill(0);
  for (let j = 0; j < dim; j++) system[j * dim + j] = diagonal[j];
  const end = matrix.start[row + 1];
  for (let e = matrix.start[row]; e < end; e += 4) {
    for (let slot = 0; slot < 4; slot++) {
      const to = slot * dim;
      if (e + slot >= end) {
        vectors.fill(0, to, to + dim);
        continue;
      }
      const from = matrix.column[e + slot] * dim;
      const root = Math.sqrt(matrix.confidence[e + slot]);
      for (let j = 0; j < dim; j++) vectors[to + j] = fixed[from + j] * root;
      const pull = matrix.target[e + slot] * root;
      for (let j = 0; j < dim; j++) right[j] += vectors[to + j] * pull;
    }
    addFourOuterProducts(system, vectors, dim);
  }
  choleskyInPlace(system, dim);
  choleskySolveInPlace(system, dim, right);
  for (let j = 0; j < dim; j++) solved[row * dim + j] = right[j];
}

/** Two rows of the matrix at once: each value loaded then serves eight products in place of four. */
function addFourOuterProducts(system: Float64Array, v: Float64Array, dim: number): void {
  const [second, third, fourth] = [dim, 2 * dim, 3 * dim];
  for (let i = 0; i < dim; i += 2) {
    const a = v[i];
    const b = v[second + i];
    const c = v[third + i];
    const d = v[fourth + i];
    const row = i * dim;
    // One column past the diagonal of the upper row of a pair is written too; nothing reads it.
    const a2 = v[i + 1];
    const b2 = v[second + i + 1];
    const c2 = v[third + i + 1];
    const d2 = v[fourth + i + 1];
    const below = row + dim;
    for (let j = 0; j <= i + 1; j++) {
      const w = v[j];
      const x = v[second + j];
      const y = v[third + j];
      const z = v[fourth + j];
      system[row + j] += a * w + b * x + c * y + d * z;
      system[below + j] += a2 * w + b2 * x + c2 * y + d2 * z;
    }
  }
}
