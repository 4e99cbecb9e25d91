import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBootstrap, perPerson, type PersonSums } from "../../../../trainer/evaluate/bootstrap.ts";
import {
  hitOf,
  idealDcg,
  ndcgOf,
  rankOf,
  type Ranks,
  ranksOf,
  setMetrics,
  targetMetrics,
} from "../../../../trainer/evaluate/metrics.ts";
import { createRandom } from "../../../../trainer/math/random.ts";

const none = () => false;

function ranks(rank: number[], user = rank.map((_, i) => i)): Ranks {
  return { user: Uint32Array.from(user), rank: Float64Array.from(rank) };
}

describe("the rank of a target", () => {
  test("is one more than the number of better items", () => {
    expect(rankOf(2, [5, 1, 3, 4], none)).toBe(3);
    expect(rankOf(0, [5, 1, 3, 4], none)).toBe(1);
  });

  test("counts ties half", () => {
    expect(rankOf(0, [1, 1, 1, 0], none)).toBe(2);
    expect(rankOf(0, [1, 1, 2], none)).toBe(2.5);
  });

  test("does not count items that do not compete", () => {
    expect(rankOf(2, [5, 1, 3, 4], (item) => item === 0)).toBe(2);
  });

  test("of an item that cannot be shown is after all others", () => {
    expect(rankOf(-1, [5, 1, 3], none)).toBe(4);
  });

  test("among equal scores is what chance gives: (n + 1) / 2", () => {
    expect(rankOf(7, new Float32Array(101), none)).toBe(51);
  });
});

describe("the ranks of several targets", () => {
  test("are those of each by itself, ties, seen items and items that cannot be shown included", () => {
    const places = fc.integer({ min: 0, max: 19 });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 20, maxLength: 20 }),
        fc.uniqueArray(places, { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(places, { maxLength: 8 }),
        (scores, targets, seen) => {
          const skip = (item: number) => seen.includes(item);
          const all = [...targets, -1];
          const exact = all.map((target) => rankOf(target, scores, skip));
          expect(ranksOf(all, scores, seen)).toEqual(exact);
          expect(ranksOf(all, scores, seen, 5)).toEqual(exact.map((rank) => (rank <= 5 ? rank : Infinity)));
        },
      ),
    );
  });
});

/** Mean of a metric over people. */
function meanOf(of: PersonSums): number {
  return createBootstrap([of], 1).estimate(of).mean;
}

describe("metrics of single targets", () => {
  test("match a hand computation", () => {
    const { ndcg, hr, mrr } = targetMetrics(ranks([1, 3, 10, 11]));
    expect(meanOf(ndcg)).toBeCloseTo((1 + 1 / 2 + 1 / Math.log2(11)) / 4, 12);
    expect(meanOf(hr)).toBe(0.75);
    expect(meanOf(mrr)).toBeCloseTo((1 + 1 / 3 + 1 / 10 + 1 / 11) / 4, 12);
  });

  test("weigh every target alike, whoever's it is", () => {
    expect(meanOf(targetMetrics(ranks([1, 1, 1, 99], [7, 7, 7, 8])).hr)).toBe(0.75);
  });

  test("end at rank ten, half ranks included", () => {
    expect(hitOf(10)).toBe(1);
    expect(hitOf(10.5)).toBe(0);
    expect(ndcgOf(10.5)).toBe(0);
    expect(ndcgOf(1)).toBe(1);
  });
});

describe("metrics of sets", () => {
  test("match a hand computation: ranks 1, 4 and 21 of three, and 20 of one", () => {
    const { ndcg, recall } = setMetrics(ranks([1, 4, 21, 20], [3, 3, 3, 5]));
    const ideal = 1 + 1 / Math.log2(3) + 1 / 2;
    const first = (1 + 1 / Math.log2(5)) / ideal;
    expect(meanOf(ndcg)).toBeCloseTo((first + 1 / Math.log2(21)) / 2, 12);
    expect(meanOf(recall)).toBeCloseTo((2 / 3 + 1) / 2, 12);
  });

  test("weigh every person alike, however many items they have", () => {
    expect(meanOf(setMetrics(ranks([1, 2, 3, 99], [7, 7, 7, 8])).recall)).toBe(0.5);
  });

  test("give a list full of hits an NDCG of 1, however many more there are to find", () => {
    const { ndcg, recall } = setMetrics(
      ranks(
        Array.from({ length: 25 }, (_, i) => i + 1),
        Array<number>(25).fill(0),
      ),
    );
    expect(meanOf(ndcg)).toBeCloseTo(1, 12);
    expect(meanOf(recall)).toBe(20 / 25);
  });

  test("have an ideal that ends with the list", () => {
    expect(idealDcg(2, 20)).toBeCloseTo(1 + 1 / Math.log2(3), 12);
    expect(idealDcg(500, 20)).toBe(idealDcg(20, 20));
  });
});

/** Of NDCG, a minus b. */
function differenceOf(a: Ranks, b: Ranks, seed: number) {
  const [one, other] = [targetMetrics(a).ndcg, targetMetrics(b).ndcg];
  return createBootstrap([one, other], seed).difference(one, other);
}

describe("the interval of a metric", () => {
  test("covers the truth about as often as it says, and has the mean inside", () => {
    const random = createRandom(5);
    let covered = 0;
    for (let trial = 0; trial < 60; trial++) {
      const { hr } = targetMetrics(ranks(Array.from({ length: 150 }, () => (random() < 0.3 ? 1 : 100))));
      const { mean, low, high } = createBootstrap([hr], trial).estimate(hr);
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
      if (low <= 0.3 && 0.3 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(50);
  });
});

describe("the comparison of two models", () => {
  test("of one with itself is exactly zero", () => {
    const same = ranks([1, 5, 20]);
    expect(differenceOf(same, same, 1)).toEqual({ mean: 0, low: 0, high: 0 });
  });

  test("draws whole people: a difference within one person alone is no certainty", () => {
    const user = [...Array(50).fill(0), ...Array(50).fill(1)] as number[];
    const a = ranks([...Array(50).fill(1), ...Array(50).fill(100)] as number[], user);
    const b = ranks(Array(100).fill(100) as number[], user);
    const { mean, low, high } = differenceOf(a, b, 1);
    expect(mean).toBe(0.5);
    expect(low).toBe(0);
    expect(high).toBe(1);
  });

  test("has an interval that covers the truth about as often as it says", () => {
    const random = createRandom(9);
    let covered = 0;
    for (let trial = 0; trial < 60; trial++) {
      // NDCG difference 1 with chance .3, else 0: the truth is .3.
      const a = ranks(Array.from({ length: 150 }, () => (random() < 0.3 ? 1 : 100)));
      const { low, high } = differenceOf(a, ranks(Array(150).fill(100) as number[]), trial);
      if (low <= 0.3 && 0.3 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(50);
  });
});

describe("the ratio of two models", () => {
  test("is one of means, not a mean of ratios", () => {
    const [a, b] = [perPerson([1, 2, 0]), perPerson([2, 2, 0])];
    expect(createBootstrap([a, b], 1).ratio(a, b).mean).toBe(0.75);
  });

  test("has no width where everybody has the same ratio, and some where they differ", () => {
    const [a, b] = [perPerson([1, 2, 3]), perPerson([2, 4, 6])];
    expect(createBootstrap([a, b], 1).ratio(a, b)).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
    const [c, d] = [perPerson([0, 1, 1, 1]), perPerson([1, 1, 1, 1])];
    const { low, high } = createBootstrap([c, d], 1).ratio(c, d);
    expect([low < 0.75, high]).toEqual([true, 1]);
  });

  test("is of draws that have something to divide by, and is none where there never is", () => {
    // Of three people one has something: a third of the draws are without that one.
    const [a, b] = [perPerson([0, 0, 1]), perPerson([0, 0, 2])];
    expect(createBootstrap([a, b], 1).ratio(a, b)).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
    const nothing = perPerson([0, 0, 0]);
    expect(createBootstrap([nothing], 1).ratio(nothing, nothing)).toEqual({ mean: NaN, low: NaN, high: NaN });
  });
});
