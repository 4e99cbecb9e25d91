/**
 * Interest cells: size-balanced k-means of the item vectors. A device fetches whole cells, so that none may be huge, and
 * an index keeps the rows of a cell together.
 */
import { createRandom, shuffle } from "../math/random.ts";

export interface Cells {
  /** Means of the cells' vectors, `[cells, dim]` row-major */
  readonly centroids: Float32Array;
  /** Cell of each item. `[n]` */
  readonly cellOf: Uint32Array;
}

/** No cell holds more than this many times the mean. */
const LARGEST_CELL = 1.5;
/** Items per cell that the means are learnt from; more move them no further. */
const SAMPLE_PER_CELL = 64;
const ITERATIONS = 6;

/** Of large catalogues √n cells: as many to choose from as items to fetch. Fewer than this are too coarse a choice. */
const LEAST_CELLS = 256;
/** In small catalogues cells are no smaller: a device fetches dozens of them, and each is a request. */
const LEAST_ITEMS_PER_CELL = 16;

export function cellCount(items: number): number {
  const wanted = Math.max(LEAST_CELLS, Math.sqrt(items));
  return Math.max(1, Math.round(Math.min(items / LEAST_ITEMS_PER_CELL, wanted)));
}

/** @param vectors `[n, dim]` row-major */
export function fitCells(vectors: Float32Array, dim: number, cells: number, seed: number): Cells {
  const n = vectors.length / dim;
  const order = shuffle(
    Uint32Array.from({ length: n }, (_, i) => i),
    createRandom(seed),
  );
  const sample = order.subarray(0, Math.min(n, cells * SAMPLE_PER_CELL));
  const centroids = new Float32Array(cells * dim);
  for (let c = 0; c < cells; c++) centroids.set(vectors.subarray(order[c] * dim, (order[c] + 1) * dim), c * dim);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    setMeans(centroids, vectors, dim, sample, assignBalanced(vectors, dim, sample, centroids));
  }
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  const cellOf = assignBalanced(vectors, dim, all, centroids);
  setMeans(centroids, vectors, dim, all, cellOf);
  return { centroids, cellOf };
}

/**
 * Each item to its nearest cell that has room; those that would lose most by their second choice come first.
 *
 * @returns the cell of each of `rows`
 */
function assignBalanced(vectors: Float32Array, dim: number, rows: Uint32Array, centroids: Float32Array): Uint32Array {
  const cells = centroids.length / dim;
  const lengths = squaredLengths(centroids, dim);
  const room = new Uint32Array(cells).fill(Math.ceil((LARGEST_CELL * rows.length) / cells));
  const first = new Uint32Array(rows.length);
  const regret = new Float64Array(rows.length);
  const distances = new Float64Array(cells);
  for (let r = 0; r < rows.length; r++) {
    measure(vectors, dim, rows[r], centroids, lengths, distances);
    let [best, second] = [Infinity, Infinity];
    for (let c = 0; c < cells; c++) {
      if (distances[c] < best) {
        second = best;
        best = distances[c];
        first[r] = c;
      } else if (distances[c] < second) second = distances[c];
    }
    regret[r] = cells > 1 ? second - best : 0;
  }
  const byRegret = Uint32Array.from({ length: rows.length }, (_, r) => r).sort(
    (a, b) => regret[b] - regret[a] || a - b,
  );
  const assigned = new Uint32Array(rows.length);
  for (const r of byRegret) {
    let cell = first[r];
    if (room[cell] === 0) {
      measure(vectors, dim, rows[r], centroids, lengths, distances);
      let nearest = Infinity;
      for (let c = 0; c < cells; c++) {
        if (room[c] === 0 || distances[c] >= nearest) continue;
        nearest = distances[c];
        cell = c;
      }
    }
    room[cell]--;
    assigned[r] = cell;
  }
  return assigned;
}

/** Squared distances up to the item's own constant: ‖c‖² − 2 v·c. */
function measure(
  vectors: Float32Array,
  dim: number,
  row: number,
  centroids: Float32Array,
  lengths: Float64Array,
  out: Float64Array,
): void {
  const at = row * dim;
  for (let c = 0, from = 0; c < out.length; c++, from += dim) {
    // Two sums, so that one addition need not wait for the one before.
    let [even, odd, j] = [0, 0, 0];
    for (; j + 1 < dim; j += 2) {
      even += centroids[from + j] * vectors[at + j];
      odd += centroids[from + j + 1] * vectors[at + j + 1];
    }
    if (j < dim) even += centroids[from + j] * vectors[at + j];
    out[c] = lengths[c] - 2 * (even + odd);
  }
}

function squaredLengths(centroids: Float32Array, dim: number): Float64Array {
  const lengths = new Float64Array(centroids.length / dim);
  centroids.forEach((x, e) => (lengths[Math.floor(e / dim)] += x * x));
  return lengths;
}

/** A cell that lost all its items keeps its place. */
function setMeans(
  centroids: Float32Array,
  vectors: Float32Array,
  dim: number,
  rows: Uint32Array,
  cellOf: Uint32Array,
): void {
  const cells = centroids.length / dim;
  const sums = new Float64Array(cells * dim);
  const counts = new Uint32Array(cells);
  for (let r = 0; r < rows.length; r++) {
    counts[cellOf[r]]++;
    for (let j = 0; j < dim; j++) sums[cellOf[r] * dim + j] += vectors[rows[r] * dim + j];
  }
  for (let c = 0; c < cells; c++) {
    if (counts[c] > 0) for (let j = 0; j < dim; j++) centroids[c * dim + j] = sums[c * dim + j] / counts[c];
  }
}
