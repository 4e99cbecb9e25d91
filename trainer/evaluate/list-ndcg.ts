/**
 * NDCG@10 of a list for several wanted items at once: what `adaptivity` measures with. One relevant item a list is the
 * business of `metrics.ts`.
 */
import { topK } from "../../shared/top-k.ts";
import { LIST_LENGTH } from "./metrics.ts";

/**
 * Gain 1 for each wanted item among the first ten, discounted by log₂(1 + place), over the best that is possible.
 *
 * @param scores of every row
 * @param wanted rows; those that are seen cannot be reached and count as misses
 * @param seen 1 for every row that does not compete
 */
export function listNdcg(scores: ArrayLike<number>, wanted: ReadonlySet<number>, seen: Uint8Array): number {
  const open = Float32Array.from(scores, (score, row) => (seen[row] === 1 ? -Infinity : score));
  let gain = 0;
  topK(open, LIST_LENGTH).forEach((row, place) => {
    if (wanted.has(row) && seen[row] !== 1) gain += discount(place);
  });
  let ideal = 0;
  for (let place = 0; place < Math.min(wanted.size, LIST_LENGTH); place++) ideal += discount(place);
  return ideal > 0 ? gain / ideal : 0;
}

function discount(place: number): number {
  return 1 / Math.log2(2 + place);
}
