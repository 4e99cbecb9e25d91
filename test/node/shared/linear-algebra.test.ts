import * as fc from "fast-check";
import { expect, test } from "vitest";
import { choleskyInPlace, choleskySolve, dot, norm } from "../../../shared/linear-algebra.ts";
import { expectClose } from "./support/compare.ts";
import { createChance } from "./support/random.ts";
import { solve } from "./support/twin-profile.ts";

test("the factor of a matrix worked out by hand", () => {
  const a = Float64Array.of(4, NaN, NaN, 12, 37, NaN, -16, -43, 98);
  expect(choleskyInPlace(a, 3)).toBe(true);
  expect([...a]).toEqual([2, NaN, NaN, 6, 1, NaN, -8, 5, 3]);
});

test("a matrix that is not positive definite is told apart", () => {
  expect(choleskyInPlace(Float64Array.of(1, 0, 2, 1), 2)).toBe(false);
  expect(choleskyInPlace(Float64Array.of(0), 1)).toBe(false);
  expect(choleskyInPlace(Float64Array.of(NaN), 1)).toBe(false);
});

test("solving by the factor is solving the system, also in place", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, d) => {
      const chance = createChance(seed);
      const x = Array.from({ length: 2 * d }, () => Array.from({ length: d }, chance.normal));
      const a = Array.from({ length: d }, (_, i) =>
        Array.from({ length: d }, (_unused, j) => x.reduce((sum, row) => sum + row[i]! * row[j]!, i === j ? 1 : 0)),
      );
      const b = Float64Array.from({ length: d }, chance.normal);
      const factor = Float64Array.from(a.flat());
      expect(choleskyInPlace(factor, d)).toBe(true);
      expectClose(choleskySolve(factor, d, b, new Float64Array(d)), solve(a, b), 1e-10);
      const inPlace = b.slice();
      expect(choleskySolve(factor, d, inPlace, inPlace)).toEqual(choleskySolve(factor, d, b, new Float64Array(d)));
    }),
  );
});

test("dot product and length", () => {
  expect(dot([1, 2, 3], [4, 5, 6])).toBe(32);
  expect(norm([3, 4])).toBe(5);
  expect(dot([], [])).toBe(0);
});
