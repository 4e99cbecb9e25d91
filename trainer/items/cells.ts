/**
 * Interest cells: size-balanced k-means of the item vectors. A device fetches whole cells, so that none may be huge, and
 * none so small that it is a request for next to nothing; an index keeps the rows of a cell together.
 */
import { topK } from "../../shared/top-k.ts";
import { createRandom, shuffle } from "../math/random.ts";

export interface Cells {
  /** Means of the cells' vectors, `[cells, dim]` row-major */
  readonly centroids: Float32Array;
  /** Cell of each item. `[n]` */
  readonly cellOf: Uint32Array;
}

/** No cell holds more than this many times the mean, and none less than this share of it. */
const LARGEST_CELL = 1.5;
const SMALLEST_CELL = 0.5;
/** What follows from both, whole items counted: the largest cell over the smallest. */
export const MAX_SIZE_RATIO = 4;
/** Items per cell that the means are learnt from; more move them no further. */
const SAMPLE_PER_CELL = 64;
const ITERATIONS = 6;
/** Items whose distances are measured at once. */
const TOGETHER = 4;

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
  checkSizes(cellOf, cells);
  setMeans(centroids, vectors, dim, all, cellOf);
  return { centroids, cellOf };
}

/** How many items each cell has. `[cells]` */
export function cellSizes(cellOf: Uint32Array, cells: number): Uint32Array {
  const sizes = new Uint32Array(cells);
  for (const cell of cellOf) sizes[cell]++;
  return sizes;
}

/** @throws Error where a cell is too large or too small beside the others, which is a defect of the assignment */
function checkSizes(cellOf: Uint32Array, cells: number): void {
  if (cellOf.length < cells) return; // some must be empty
  const sizes = cellSizes(cellOf, cells);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (most <= MAX_SIZE_RATIO * least) return;
  throw new Error(`Cells have ${least} to ${most} items, expected at most ${MAX_SIZE_RATIO} times the smallest.`);
}

/**
 * Each item to its nearest cell that has room; those that would lose most by their second choice come first. Then cells
 * that are too small are filled.
 *
 * @returns the cell of each of `rows`
 */
function assignBalanced(vectors: Float32Array, dim: number, rows: Uint32Array, centroids: Float32Array): Uint32Array {
  const cells = centroids.length / dim;
  const lengths = squaredLengths(centroids, dim);
  const room = new Uint32Array(cells).fill(Math.ceil((LARGEST_CELL * rows.length) / cells));
  const first = new Uint32Array(rows.length);
  const regret = new Float64Array(rows.length);
  const distances = new Float64Array(TOGETHER * cells);
  for (let from = 0; from < rows.length; from += TOGETHER) {
    measure(vectors, dim, rows.subarray(from, from + TOGETHER), centroids, lengths, distances);
    for (let r = from; r < Math.min(from + TOGETHER, rows.length); r++) {
      const at = (r - from) * cells;
      let [best, second] = [Infinity, Infinity];
      for (let c = 0; c < cells; c++) {
        if (distances[at + c] < best) {
          second = best;
          best = distances[at + c];
          first[r] = c;
        } else if (distances[at + c] < second) second = distances[at + c];
      }
      regret[r] = cells > 1 ? second - best : 0;
    }
  }
  const byRegret = Uint32Array.from({ length: rows.length }, (_, r) => r).sort(
    (a, b) => regret[b] - regret[a] || a - b,
  );
  const assigned = new Uint32Array(rows.length);
  for (const r of byRegret) {
    let cell = first[r];
    if (room[cell] === 0) {
      measure(vectors, dim, rows.subarray(r, r + 1), centroids, lengths, distances);
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
  fillSmall(vectors, dim, rows, centroids, lengths, assigned);
  return assigned;
}

/** Cells that are too small take what loses least by it, from cells that can spare it. Changes `assigned`. */
function fillSmall(
  vectors: Float32Array,
  dim: number,
  rows: Uint32Array,
  centroids: Float32Array,
  lengths: Float64Array,
  assigned: Uint32Array,
): void {
  const cells = lengths.length;
  const mean = rows.length / cells;
  const least = Math.min(Math.floor(mean), Math.ceil(SMALLEST_CELL * mean));
  const sizes = cellSizes(assigned, cells);
  const distance = (r: number, cell: number): number =>
    lengths[cell] - 2 * dotOf(centroids, cell * dim, vectors, rows[r] * dim, dim);
  const gain = new Float64Array(rows.length);
  for (let cell = 0; cell < cells; cell++) {
    // Again where a giver ran out meanwhile; the best is always there to be taken.
    while (sizes[cell] < least) {
      for (let r = 0; r < rows.length; r++) {
        const own = assigned[r];
        gain[r] = sizes[own] > least ? distance(r, own) - distance(r, cell) : -Infinity;
      }
      for (const r of topK(gain, least - sizes[cell])) {
        if (sizes[assigned[r]] === least) continue;
        sizes[assigned[r]]--;
        sizes[cell]++;
        assigned[r] = cell;
      }
    }
  }
}

/**
 * Squared distances up to the item's own constant: ‖c‖² − 2 v·c.
 *
 * @param rows at most TOGETHER
 * @param out `[TOGETHER, cells]` row-major
 */
function measure(
  vectors: Float32Array,
  dim: number,
  rows: Uint32Array,
  centroids: Float32Array,
  lengths: Float64Array,
  out: Float64Array,
): void {
  const cells = lengths.length;
  if (rows.length === 1) {
    for (let c = 0; c < cells; c++) {
      out[c] = lengths[c] - 2 * dotOf(centroids, c * dim, vectors, rows[0] * dim, dim);
    }
    return;
  }
  // The rows' numbers side by side, as doubles: each of a centroid is read once for all of them.
  const side = new Float64Array(dim * TOGETHER);
  rows.forEach((row, i) => {
    for (let j = 0; j < dim; j++) side[j * TOGETHER + i] = vectors[row * dim + j];
  });
  for (let c = 0; c < cells; c++) {
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let j = 0, from = c * dim, at = 0; j < dim; j++, at += TOGETHER) {
      const x = centroids[from + j];
      first += x * side[at];
      second += x * side[at + 1];
      third += x * side[at + 2];
      fourth += x * side[at + 3];
    }
    out[c] = lengths[c] - 2 * first;
    out[cells + c] = lengths[c] - 2 * second;
    out[2 * cells + c] = lengths[c] - 2 * third;
    out[3 * cells + c] = lengths[c] - 2 * fourth;
  }
}

function dotOf(a: Float32Array, aFrom: number, b: Float32Array, bFrom: number, dim: number): number {
  // Two sums, so that one addition need not wait for the one before.
  let [even, odd, j] = [0, 0, 0];
  for (; j + 1 < dim; j += 2) {
    even += a[aFrom + j] * b[bFrom + j];
    odd += a[aFrom + j + 1] * b[bFrom + j + 1];
  }
  if (j < dim) even += a[aFrom + j] * b[bFrom + j];
  return even + odd;
}

function squaredLengths(centroids: Float32Array, dim: number): Float64Array {
  const lengths = new Float64Array(centroids.length / dim);
  centroids.forEach((x, e) => (lengths[Math.floor(e / dim)] += x * x));
  return lengths;
}

/** A cell without items, where there are fewer of them than cells, keeps its place. */
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
