import { describe, expect, test } from "vitest";
import { compareNdcg, hitOf, metricsOf, ndcgOf, rankOf, type Ranks } from "../../../../trainer/evaluate/metrics.ts";
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

describe("metrics", () => {
  test("match a hand computation", () => {
    const { ndcg, hr, mrr, targets } = metricsOf(ranks([1, 3, 10, 11]));
    expect(ndcg).toBeCloseTo((1 + 1 / 2 + 1 / Math.log2(11)) / 4, 12);
    expect(hr).toBe(0.75);
    expect(mrr).toBeCloseTo((1 + 1 / 3 + 1 / 10 + 1 / 11) / 4, 12);
    expect(targets).toBe(4);
  });

  test("end at rank ten, half ranks included", () => {
    expect(hitOf(10)).toBe(1);
    expect(hitOf(10.5)).toBe(0);
    expect(ndcgOf(10.5)).toBe(0);
    expect(ndcgOf(1)).toBe(1);
  });
});

describe("the comparison of two models", () => {
  test("of one with itself is exactly zero", () => {
    const same = ranks([1, 5, 20]);
    expect(compareNdcg(same, same, 1)).toEqual({ mean: 0, low: 0, high: 0 });
  });

  test("draws whole people: a difference within one person alone is no certainty", () => {
    const user = [...Array(50).fill(0), ...Array(50).fill(1)] as number[];
    const a = ranks([...Array(50).fill(1), ...Array(50).fill(100)] as number[], user);
    const b = ranks(Array(100).fill(100) as number[], user);
    const { mean, low, high } = compareNdcg(a, b, 1);
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
      const { low, high } = compareNdcg(a, ranks(Array(150).fill(100) as number[]), trial);
      if (low <= 0.3 && 0.3 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(50);
  });
});
