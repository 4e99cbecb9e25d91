/**
 * The plain way to rank items that nobody has met: the cosine of a person's mean category vector with the item's, all of the
 * history alike and all categories alike. The content term of the linear score is not this: it fades, and weighs categories.
 */
import type { ItemColumns } from "../../shared/item-columns.ts";
import type { Scorer } from "./replay.ts";

export function categoryCosine({ size, category, categoryStart }: ItemColumns, categories: number): Scorer {
  return (_, interest) => {
    const mean = new Float64Array(categories);
    for (const { categories: own, target, confidence } of interest.signals) {
      if (target * confidence <= 0) continue;
      for (let k = 0; k < own.length; k++) mean[own[k]] += 1;
    }
    const scores = new Float32Array(size);
    for (let row = 0; row < size; row++) {
      const [from, to] = [categoryStart[row], categoryStart[row + 1]];
      if (from === to) continue;
      let sum = 0;
      for (let at = from; at < to; at++) sum += mean[category[at]];
      // The person's own length is the same for every item.
      scores[row] = sum / Math.sqrt(to - from);
    }
    return scores;
  };
}
