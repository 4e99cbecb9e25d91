/** The ratio of two means over the same people, with an interval. Not a mean of ratios: people without a hit have none. */
import { below, createRandom } from "../math/random.ts";

export interface Ratio {
  /** mean(a) / mean(b); NaN where b is 0 throughout. */
  readonly ratio: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

const DRAWS = 2_000;

/**
 * Paired bootstrap: whole people are drawn, each with both numbers.
 *
 * @param a one number a person
 * @param b the number it is held against, of the same person
 */
export function ratioOfMeans(a: ArrayLike<number>, b: ArrayLike<number>, seed: number): Ratio {
  const random = createRandom(seed);
  const people = a.length;
  const over = (pick: (i: number) => number) => {
    let [sumA, sumB] = [0, 0];
    for (let i = 0; i < people; i++) {
      const person = pick(i);
      sumA += a[person];
      sumB += b[person];
    }
    return sumA / sumB;
  };
  const drawn = Float64Array.from({ length: DRAWS }, () => over(() => below(random, people))).sort();
  return {
    ratio: over((i) => i),
    low: drawn[Math.floor(0.025 * DRAWS)],
    high: drawn[Math.ceil(0.975 * DRAWS) - 1],
  };
}
