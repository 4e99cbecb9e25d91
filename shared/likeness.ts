/**
 * How like each candidate is to what the list holds already: to the likest of it, the second half of maximal marginal
 * relevance (Carbonell & Goldstein 1998, §2), and to all of it. What is done with it is `select.ts`.
 *
 * Likeness is half the vectors' cosine, half the overlap of categories: vectors alone call two films of one genre
 * different, categories alone two films of one series the same as any other pair.
 */
import type { ItemTable } from "./item-table.ts";

export interface Likeness {
  /** Likeness of every candidate to the likest row followed so far, 0–1, `[depth]`. Not kept up for those taken. */
  readonly likest: Float64Array;
  /** Mean cosine of every candidate to all rows followed so far, −1–1, `[depth]`; 0 before the first. Kept up for all. */
  readonly mean: Float64Array;
  /** The list goes on with this row. @param taken 1 for candidates that are on the list, `[≥ depth]` */
  follow(row: number, taken: Uint8Array): void;
}

/** Candidates whose cosines are computed side by side. */
const LANES = 4;

/** @param depth how many of the rows are candidates */
export function createLikeness(table: ItemTable, rows: ArrayLike<number>, depth: number): Likeness {
  const slots = Math.ceil(depth / LANES) * LANES;
  const units = unitVectors(table, rows, depth, slots);
  const cosine = new Float64Array(slots);
  const likest = new Float64Array(depth);
  const mean = new Float64Array(depth);
  let followed = 0;
  return {
    likest,
    mean,
    follow(row, taken) {
      cosinesTo(units, unitVector(table, row), cosine);
      followed++;
      for (let i = 0; i < depth; i++) {
        mean[i]! += (cosine[i]! - mean[i]!) / followed;
        // Opposite vectors count as unlike, not as less than unlike.
        const near = 0.5 * Math.max(0, cosine[i]!);
        // The overlap is at most 1: where even that would not make this one the likest, it need not be counted.
        if (taken[i] || near + 0.5 <= likest[i]!) continue;
        likest[i] = Math.max(likest[i]!, near + 0.5 * categoryOverlap(table, row, rows[i]!));
      }
    },
  };
}

/** Cosine of every candidate to a unit vector. Four sums side by side: a single one waits for each of its additions. */
function cosinesTo(units: Float32Array, unit: Float32Array, cosine: Float64Array): void {
  const dim = unit.length;
  for (let i = 0, at = 0; i < cosine.length; i += LANES) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < dim; j++, at += LANES) {
      const value = unit[j]!;
      a += value * units[at]!;
      b += value * units[at + 1]!;
      c += value * units[at + 2]!;
      d += value * units[at + 3]!;
    }
    cosine[i] = a;
    cosine[i + 1] = b;
    cosine[i + 2] = c;
    cosine[i + 3] = d;
  }
}

/** Jaccard index of the categories; 0 where either has none. */
function categoryOverlap(table: ItemTable, a: number, b: number): number {
  const { category, categoryStart } = table.columns;
  let shared = 0;
  for (let i = categoryStart[a]!; i < categoryStart[a + 1]!; i++) {
    for (let j = categoryStart[b]!; j < categoryStart[b + 1]!; j++) if (category[i] === category[j]) shared++;
  }
  const sizes = categoryStart[a + 1]! - categoryStart[a]! + categoryStart[b + 1]! - categoryStart[b]!;
  return shared === 0 ? 0 : shared / (sizes - shared);
}

/** Unit vectors, interleaved: `[slots / LANES, dim, LANES]`. */
function unitVectors(table: ItemTable, rows: ArrayLike<number>, depth: number, slots: number): Float32Array {
  const { dim } = table.columns;
  const units = new Float32Array(slots * dim);
  for (let i = 0; i < depth; i++) {
    const unit = unitVector(table, rows[i]!);
    const lane = i % LANES;
    const block = (i - lane) * dim + lane;
    for (let j = 0; j < dim; j++) units[block + j * LANES] = unit[j]!;
  }
  return units;
}

/** v/‖v‖, or zeros. `[dim]` */
function unitVector(table: ItemTable, row: number): Float32Array {
  const { dim, vectors, scale } = table.columns;
  const unit = new Float32Array(dim);
  const factor = table.vectorNorm[row]! > 0 ? scale[row]! / table.vectorNorm[row]! : 0;
  for (let j = 0; j < dim; j++) unit[j] = vectors[row * dim + j]! * factor;
  return unit;
}
