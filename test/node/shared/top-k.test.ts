import * as fc from "fast-check";
import { expect, test } from "vitest";
import { topK } from "../../../shared/top-k.ts";

/** The exact twin: sort everything. */
function sorted(scores: ArrayLike<number>, k: number): number[] {
  return Array.from(scores, (score, row) => ({ score, row }))
    .filter(({ score }) => score > -Infinity)
    .sort((a, b) => (a.score < b.score ? 1 : a.score > b.score ? -1 : a.row - b.row))
    .slice(0, Math.max(0, k))
    .map(({ row }) => row);
}

test("the k best are those of a full sort, ties, infinities and NaN included", () => {
  const score = fc.oneof(
    fc.float(),
    fc.constantFrom(NaN, -Infinity, Infinity, 0, -0, 1, 2),
    fc.integer({ min: -3, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(score, { maxLength: 60 }), fc.integer({ min: -2, max: 70 }), (scores, k) => {
      expect([...topK(scores, k)]).toEqual(sorted(scores, k));
      expect([...topK(Float32Array.from(scores), k)]).toEqual(sorted(Float32Array.from(scores), k));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["rising", (i: number) => i],
  ["falling", (i: number) => -i],
  ["all equal", () => 5],
  ["in waves", (i: number) => Math.sin(i)],
  ["in a few steps", (i: number) => i % 7],
])("of 10,000 scores that are %s the best 1,000 are those of a full sort", (_, score) => {
  const scores = Float32Array.from({ length: 10_000 }, (_unused, i) => score(i));
  expect([...topK(scores, 1_000)]).toEqual(sorted(scores, 1_000));
});

test("of equal scores the lower row comes first", () => {
  expect([...topK([1, 2, 2, 1, 2], 4)]).toEqual([1, 2, 4, 0]);
});

test("rows without a score are never taken, even where too few are left", () => {
  expect([...topK([NaN, -Infinity, 3, NaN, -Infinity, 1], 6)]).toEqual([2, 5]);
  expect([...topK([NaN, -Infinity], 1)]).toEqual([]);
});

test("nothing comes of nothing", () => {
  expect([...topK([], 5)]).toEqual([]);
  expect([...topK([1, 2], 0)]).toEqual([]);
  expect([...topK([1, 2], -1)]).toEqual([]);
});
