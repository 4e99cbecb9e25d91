/**
 * Selection by maximal marginal relevance: each next item trades its score against its likeness to those already chosen.
 *
 * Carbonell & Goldstein 1998, §2. Likeness is half the vectors' cosine, half the overlap of categories: vectors alone
 * call two films of one genre different, categories alone two films of one series the same as any other pair.
 */
import type { ItemTable } from "./item-table.ts";

export interface SelectionDefaults {
  /** The dial: 0 is the order of the scores, 1 takes variety over score wherever it can. */
  readonly diversity: number;
}

/** Candidates looked at beyond those to choose: deeper ones have lost too much score to be worth their variety. */
const DEPTH_PER_SLOT = 5;
const LEAST_DEPTH = 60;

/** Score deviations that full likeness costs at diversity 1. */
const LIKENESS_COST = 4;

/**
 * Chooses `count` of the candidates.
 *
 * @param rows candidates, best first
 * @param scores by position in `rows`
 * @param deviation the unit of the scores
 * @returns positions in `rows`, in the order to show
 */
export function diversify(
  table: ItemTable,
  rows: ArrayLike<number>,
  scores: ArrayLike<number>,
  count: number,
  options: { readonly diversity: number; readonly deviation: number },
): number[] {
  const depth = Math.min(rows.length, Math.max(LEAST_DEPTH, count * DEPTH_PER_SLOT));
  const cost = options.diversity * options.deviation * LIKENESS_COST;
  if (cost === 0) return Array.from({ length: Math.min(count, rows.length) }, (_, i) => i);
  const units = unitVectors(table, rows, depth);
  const likest = new Float64Array(depth);
  const taken = new Uint8Array(depth);
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, depth)) {
    let best = -1;
    let bestValue = -Infinity;
    for (let i = 0; i < depth; i++) {
      const value = scores[i]! - cost * likest[i]!;
      if (!taken[i] && value > bestValue) {
        best = i;
        bestValue = value;
      }
    }
    if (best < 0) break;
    taken[best] = 1;
    chosen.push(best);
    for (let i = 0; i < depth; i++) {
      if (!taken[i]) likest[i] = Math.max(likest[i]!, likeness(table, rows, units, best, i));
    }
  }
  return chosen;
}

/** Likeness of two candidates in [0, 1]; opposite vectors count as unlike, not as less than unlike. */
function likeness(table: ItemTable, rows: ArrayLike<number>, units: Float32Array, a: number, b: number): number {
  const { dim } = table.columns;
  let cosine = 0;
  for (let j = 0; j < dim; j++) cosine += units[a * dim + j]! * units[b * dim + j]!;
  return 0.5 * Math.max(0, cosine) + 0.5 * categoryOverlap(table, rows[a]!, rows[b]!);
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

function unitVectors(table: ItemTable, rows: ArrayLike<number>, depth: number): Float32Array {
  const { dim, vectors, scale } = table.columns;
  const units = new Float32Array(depth * dim);
  for (let i = 0; i < depth; i++) {
    const row = rows[i]!;
    const factor = table.vectorNorm[row]! > 0 ? scale[row]! / table.vectorNorm[row]! : 0;
    for (let j = 0; j < dim; j++) units[i * dim + j] = vectors[row * dim + j]! * factor;
  }
  return units;
}
