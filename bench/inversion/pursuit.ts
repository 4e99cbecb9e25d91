/**
 * Which items a vector is made of: orthogonal matching pursuit over the vectors of a catalogue.
 *
 * Pati, Rezaiifar, Krishnaprasad 1993: the item that fits what is left best joins, then all weights are fitted again.
 */
import type { ItemTable } from "../../shared/item-table.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { choleskyInPlace, choleskySolve, dot } from "../../shared/linear-algebra.ts";
import { scanInto } from "../../shared/scan.ts";

/** Keeps the fit solvable where two items have the same vector; far below any weight. */
const RIDGE = 1e-9;

/**
 * @param targets vectors that are all made of the same items, each with weights of its own; the first counts first
 * @param bonus added to each item's fit, which is a cosine. `[n]`
 * @returns the rows found, in the order in which they were found
 */
export function pursue(
  table: ItemTable,
  targets: readonly ArrayLike<number>[],
  count: number,
  bonus?: ArrayLike<number>,
): number[] {
  const { columns, vectorNorm } = table;
  const n = columns.size;
  const chosen: number[] = [];
  const vectors: Float32Array[] = [];
  let left: Float64Array[] = targets.map((target) => Float64Array.from(target));
  const fits = targets.map(() => new Float32Array(n));
  while (chosen.length < count) {
    const lengths = left.map((rest) => Math.sqrt(dot(rest, rest)));
    left.forEach((rest, t) => scanInto(columns.vectors, columns.scale, columns.dim, rest, fits[t]!));
    let [best, bestFit] = [-1, -Infinity];
    for (let row = 0; row < n; row++) {
      if (vectorNorm[row] === 0 || chosen.includes(row)) continue;
      let fit = bonus?.[row] ?? 0;
      for (let t = 0; t < left.length; t++) {
        if (lengths[t]! > 0) fit += Math.max(0, fits[t]![row]! / (vectorNorm[row]! * lengths[t]!)) / left.length;
      }
      if (fit > bestFit) [best, bestFit] = [row, fit];
    }
    if (best < 0) break;
    chosen.push(best);
    vectors.push(dequantize(columns, best));
    left = targets.map((target) => remainder(vectors, target));
  }
  return chosen;
}

/** What is left of a vector when the others explain as much of it as they can. */
function remainder(vectors: readonly Float32Array[], target: ArrayLike<number>): Float64Array {
  const k = vectors.length;
  const gram = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) gram[i * k + j] = dot(vectors[i]!, vectors[j]!) + (i === j ? RIDGE : 0);
  }
  const rest = Float64Array.from(target);
  if (!choleskyInPlace(gram, k)) return rest;
  const products = vectors.map((vector) => dot(vector, target));
  const weights = choleskySolve(gram, k, products, new Float64Array(k));
  vectors.forEach((vector, i) => vector.forEach((x, j) => (rest[j]! -= weights[i]! * x)));
  return rest;
}
