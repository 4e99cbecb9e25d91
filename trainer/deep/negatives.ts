/** Draws the items that targets are told apart from, and knows how likely each draw was. */
import type { Random } from "../math/random.ts";

export interface NegativeSampler {
  /** A row, with replacement. */
  draw(random: Random): number;
  /** log of how often a row is expected among `count` draws. */
  logExpected(row: number, count: number): number;
}

/** Between drawing all alike and drawing as often as items occur: rare items must be pushed down too. */
const FREQUENCY_POWER = 0.5;
/** Occurrences given to every item, so that each is drawn at times. */
const SMOOTHING = 0.5;

/** @param occurrences of each row */
export function createNegativeSampler(occurrences: ArrayLike<number>): NegativeSampler {
  const share = Float64Array.from(occurrences, (count) => (count + SMOOTHING) ** FREQUENCY_POWER);
  const total = share.reduce((a, b) => a + b, 0);
  const upTo = new Float64Array(share.length);
  let sum = 0;
  share.forEach((each, row) => {
    share[row] = each / total;
    sum += share[row];
    upTo[row] = sum;
  });
  return {
    draw(random) {
      const x = random() * sum;
      let low = 0;
      let high = upTo.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (upTo[middle] <= x) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    logExpected: (row, count) => Math.log(share[row] * count),
  };
}
