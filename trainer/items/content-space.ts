/**
 * A space for items that nobody has met: the main directions of what they say about themselves, so that items that say the
 * like lie near each other. A content map like the one that is fitted to learnt vectors, but of itself alone.
 *
 * Source: latent semantic analysis (Deerwester et al. 1990), by orthogonal iteration on the sparse rows.
 */
import { BIAS, type ContentMap } from "../../shared/content-map.ts";
import type { Random } from "../math/random.ts";
import type { FeatureRows } from "./content-features.ts";

/** Rounds of the iteration: what is left of an angle after them moves no list. */
const ROUNDS = 12;

/** What is left of a column that the others span is rounding. */
const SPANNED = 1e-9;

/** How much a feature says by its kind: a genre or an author is a statement, a word of a title an accident. */
const KIND_WEIGHT: Readonly<Record<string, number>> = { category: 1, tag: 1, author: 1, years: 0.5, word: 0.25 };

/** @returns a map whose vectors have a mean square length of 1; directions that the items do not need are 0 */
export function contentSpace(rows: FeatureRows, dim: number, random: Random): ContentMap {
  const { names, start, feature, value } = rows;
  const n = start.length - 1;
  const weight = featureWeights(rows);
  let basis = Float64Array.from({ length: names.length * dim }, () => random() - 0.5);
  orthonormalize(basis, names.length, dim);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(basis.length);
    const at = new Float64Array(dim);
    for (let i = 0; i < n; i++) {
      at.fill(0);
      for (let s = start[i]; s < start[i + 1]; s++) {
        const x = value[s] * weight[feature[s]];
        for (let j = 0; j < dim; j++) at[j] += x * basis[feature[s] * dim + j];
      }
      for (let s = start[i]; s < start[i + 1]; s++) {
        const x = value[s] * weight[feature[s]];
        for (let j = 0; j < dim; j++) next[feature[s] * dim + j] += x * at[j];
      }
    }
    orthonormalize(next, names.length, dim);
    basis = next;
  }
  const weights = basis.map((entry, at) => entry * weight[Math.floor(at / dim)]);
  const scale = 1 / (rootMeanSquare(rows, weights, dim) || 1);
  return { names, weights: Float32Array.from(weights, (entry) => entry * scale), dim };
}

/** Of each feature: its kind, and how rare it is. What all items have says nothing of any. */
function featureWeights({ names, start, feature }: FeatureRows): Float64Array {
  const n = start.length - 1;
  const counts = new Uint32Array(names.length);
  for (const each of feature) counts[each]++;
  return Float64Array.from(names, (name, f) => {
    if (name === BIAS) return 0;
    return (KIND_WEIGHT[name.slice(0, name.indexOf(":"))] ?? 1) * Math.log(n / counts[f]);
  });
}

/** Makes the columns orthonormal, one after the other; one that the others span becomes 0. `[rows, dim]` */
function orthonormalize(basis: Float64Array, rows: number, dim: number): void {
  for (let j = 0; j < dim; j++) {
    const before = lengthOf(basis, rows, dim, j);
    for (let k = 0; k < j; k++) {
      let dot = 0;
      for (let r = 0; r < rows; r++) dot += basis[r * dim + j] * basis[r * dim + k];
      for (let r = 0; r < rows; r++) basis[r * dim + j] -= dot * basis[r * dim + k];
    }
    const length = lengthOf(basis, rows, dim, j);
    const factor = length > before * SPANNED ? 1 / length : 0;
    for (let r = 0; r < rows; r++) basis[r * dim + j] *= factor;
  }
}

function lengthOf(basis: Float64Array, rows: number, dim: number, column: number): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += basis[r * dim + column] ** 2;
  return Math.sqrt(sum);
}

function rootMeanSquare({ start, feature, value }: FeatureRows, weights: Float64Array, dim: number): number {
  const n = start.length - 1;
  const at = new Float64Array(dim);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    at.fill(0);
    for (let s = start[i]; s < start[i + 1]; s++)
      for (let j = 0; j < dim; j++) at[j] += value[s] * weights[feature[s] * dim + j];
    for (const entry of at) sum += entry * entry;
  }
  return Math.sqrt(sum / n);
}
