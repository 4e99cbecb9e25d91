/**
 * Cosines of candidates to a person's recent signals: the one part of the features that costs a matrix product.
 *
 * What the columns make of them is written in `featurize.ts`.
 */
import type { ItemTable } from "./item-table.ts";

/** Unit vectors of recent signals, packed for `cosinesOfTwo`. */
export interface RecentVectors {
  /** Signals there is room for: a multiple of `LANES`. */
  readonly slots: number;
  readonly count: number;
  readonly dim: number;
  /** `[slots / LANES, dim, LANES]`, newest first; slots from `count` on are 0. */
  readonly unit: Float64Array;
}

/** Signals whose dot products are summed side by side: a single sum waits for each of its own additions. */
const LANES = 4;

/** @param vectors `[count][d]`, newest first, at most `slots` */
export function packRecent(vectors: readonly ArrayLike<number>[], slots: number): RecentVectors {
  const count = vectors.length;
  const dim = vectors[0]?.length ?? 0;
  const unit = new Float64Array(Math.ceil(slots / LANES) * LANES * dim);
  vectors.forEach((vector, e) => {
    let squared = 0;
    for (let j = 0; j < dim; j++) squared += vector[j]! * vector[j]!;
    const length = Math.sqrt(squared);
    const lane = e % LANES;
    const block = (e - lane) * dim + lane;
    for (let j = 0; j < dim; j++) unit[block + j * LANES] = length > 0 ? vector[j]! / length : 0;
  });
  return { slots, count, dim, unit };
}

/** Room for `cosinesOfTwo`: two rows of cosines, and the two vectors. */
export interface CosineScratch {
  /** `[2, slots]` row-major. */
  readonly cosines: Float64Array;
  readonly one: Float64Array;
  readonly two: Float64Array;
}

export function cosineScratch({ slots, dim }: RecentVectors): CosineScratch {
  return { cosines: new Float64Array(2 * slots), one: new Float64Array(dim), two: new Float64Array(dim) };
}

/**
 * Writes the cosines of two candidates to every recent signal into the scratch; 0 where either vector is. Two at once, so
 * that each number of a signal is read once for both.
 */
export function cosinesOfTwo(
  table: ItemTable,
  first: number,
  second: number,
  recent: RecentVectors,
  { cosines, one, two }: CosineScratch,
): void {
  const { slots, count, dim, unit } = recent;
  const { vectors, scale } = table.columns;
  const firstFactor = scale[first]!;
  const secondFactor = scale[second]!;
  for (let j = 0; j < dim; j++) {
    one[j] = vectors[first * dim + j]! * firstFactor;
    two[j] = vectors[second * dim + j]! * secondFactor;
  }
  // A vector of zeros has dot products of zero, whatever it is divided by.
  const firstLength = table.vectorNorm[first]! || 1;
  const secondLength = table.vectorNorm[second]! || 1;
  for (let e = 0, at = 0; e < count; e += LANES) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let a2 = 0;
    let b2 = 0;
    let c2 = 0;
    let d2 = 0;
    for (let j = 0; j < dim; j++, at += LANES) {
      const x = one[j]!;
      const y = two[j]!;
      const p = unit[at]!;
      const q = unit[at + 1]!;
      const r = unit[at + 2]!;
      const s = unit[at + 3]!;
      a += x * p;
      b += x * q;
      c += x * r;
      d += x * s;
      a2 += y * p;
      b2 += y * q;
      c2 += y * r;
      d2 += y * s;
    }
    cosines[e] = a / firstLength;
    cosines[e + 1] = b / firstLength;
    cosines[e + 2] = c / firstLength;
    cosines[e + 3] = d / firstLength;
    cosines[e + slots] = a2 / secondLength;
    cosines[e + slots + 1] = b2 / secondLength;
    cosines[e + slots + 2] = c2 / secondLength;
    cosines[e + slots + 3] = d2 / secondLength;
  }
}
