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

/** Candidates whose cosines are computed side by side. */
const LANES = 4;

/** Score deviations that full likeness costs at diversity 1. */
const LIKENESS_COST = 4;

export interface DiversifyOptions {
  /** The dial, 0–1. */
  readonly diversity: number;
  /** The unit of the scores. */
  readonly deviation: number;
  /** Rows already on the list: what follows is chosen as if they had been chosen first. */
  readonly shown?: readonly number[];
}

/**
 * Chooses `count` of the candidates.
 *
 * @param rows candidates, best first
 * @param scores by position in `rows`
 * @returns positions in `rows`, in the order to show
 */
export function diversify(
  table: ItemTable,
  rows: ArrayLike<number>,
  scores: ArrayLike<number>,
  count: number,
  options: DiversifyOptions,
): number[] {
  const depth = Math.min(rows.length, Math.max(LEAST_DEPTH, count * DEPTH_PER_SLOT));
  const cost = options.diversity * options.deviation * LIKENESS_COST;
  if (cost === 0) return Array.from({ length: Math.min(count, rows.length) }, (_, i) => i);
  const slots = Math.ceil(depth / LANES) * LANES;
  const units = unitVectors(table, rows, depth, slots);
  const cosine = new Float64Array(slots);
  const likest = new Float64Array(depth);
  const taken = new Uint8Array(depth);
  const chosen: number[] = [];

  /** What is like this row loses to what is not. */
  function follow(row: number): void {
    cosinesTo(units, unitVector(table, row), cosine);
    for (let i = 0; i < depth; i++) {
      // Opposite vectors count as unlike, not as less than unlike.
      const near = 0.5 * Math.max(0, cosine[i]!);
      // The overlap is at most 1: where even that would not make this one the likest, it need not be counted.
      if (taken[i] || near + 0.5 <= likest[i]!) continue;
      likest[i] = Math.max(likest[i]!, near + 0.5 * categoryOverlap(table, row, rows[i]!));
    }
  }

  for (const row of options.shown ?? []) follow(row);
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
    follow(rows[best]!);
  }
  return chosen;
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
