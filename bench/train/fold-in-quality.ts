/** How good item vectors are: NDCG of the lists of folded-in users, on held-out items. Seen items are left out of a list. */
import { gramOf } from "../../trainer/items/gram.ts";
import type { FoldInConstants } from "../../trainer/items/ials.ts";
import type { SparseRows } from "../../trainer/items/interactions.ts";
import { choleskyInPlace, choleskySolveInPlace } from "../../trainer/math/cholesky.ts";

/** Lists as long as those that the published tables of both data sets cut at, or twice. */
const LIST = 20;

/**
 * NDCG@20 of every `every`th user that has something held out.
 *
 * @param items `[columns, dim]`
 */
export function foldInNdcg(
  training: SparseRows,
  held: readonly (readonly number[])[],
  items: Float32Array,
  dim: number,
  foldIn: FoldInConstants,
  every: number,
): Float64Array {
  const gram = gramOf(items, dim);
  const scores: number[] = [];
  for (let user = 0; user < training.rows; user += every) {
    if (held[user]!.length === 0) continue;
    const seen = training.column.subarray(training.start[user], training.start[user + 1]);
    const profile = fold(seen, items, gram, dim, training.columns, foldIn);
    scores.push(ndcg(profile, items, dim, new Set(seen), held[user]!));
  }
  return Float64Array.from(scores);
}

/** (VᵀV + αG + λ(n + α|I|)^ν)⁻¹ Σ v: the profile of shared/posterior.ts without forgetting. */
function fold(
  seen: Uint32Array,
  items: Float32Array,
  gram: Float64Array,
  dim: number,
  columns: number,
  { unobservedWeight, regularization, frequencyExponent }: FoldInConstants,
): Float64Array {
  const ridge = regularization * (seen.length + unobservedWeight * columns) ** frequencyExponent;
  const system = gram.map((value) => value * unobservedWeight);
  const right = new Float64Array(dim);
  for (let j = 0; j < dim; j++) system[j * dim + j]! += ridge;
  for (const item of seen) {
    const v = items.subarray(item * dim, (item + 1) * dim);
    for (let i = 0; i < dim; i++) {
      right[i]! += v[i]!;
      for (let j = 0; j <= i; j++) system[i * dim + j]! += v[i]! * v[j]!;
    }
  }
  choleskyInPlace(system, dim);
  choleskySolveInPlace(system, dim, right);
  return right;
}

function ndcg(
  profile: Float64Array,
  items: Float32Array,
  dim: number,
  seen: ReadonlySet<number>,
  held: readonly number[],
): number {
  const score = new Float64Array(items.length / dim);
  for (let i = 0, at = 0; i < score.length; i++) {
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += profile[j]! * items[at++]!;
    score[i] = seen.has(i) ? -Infinity : sum;
  }
  let gained = 0;
  for (const item of held) {
    let better = 0;
    for (const other of score) if (other > score[item]!) better++;
    if (better < LIST) gained += 1 / Math.log2(2 + better);
  }
  let ideal = 0;
  for (let place = 0; place < Math.min(LIST, held.length); place++) ideal += 1 / Math.log2(2 + place);
  return gained / ideal;
}
