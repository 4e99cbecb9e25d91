import { expect, test } from "vitest";
import { ratioOfMeans } from "../../../../trainer/evaluate/ratio-of-means.ts";

test("is the ratio of sums, not the mean of ratios", () => {
  expect(ratioOfMeans([1, 2, 0], [2, 2, 0], 1).ratio).toBe(0.75);
});

test("has no width where everybody has the same ratio, and some where they differ", () => {
  const same = ratioOfMeans([1, 2, 3], [2, 4, 6], 1);
  expect([same.low, same.ratio, same.high]).toEqual([0.5, 0.5, 0.5]);
  const differing = ratioOfMeans([0, 1, 1, 1], [1, 1, 1, 1], 1);
  expect(differing.low).toBeLessThan(0.75);
  expect(differing.high).toBe(1);
});
