import * as fc from "fast-check";
import { expect, test } from "vitest";
import { digitsOf, linearScale, roundTicks } from "../../../../trainer/report/plots/scale.ts";

test("an axis names round values around those it shows", () => {
  expect(roundTicks(0, 0.1, 4)).toEqual([0, 0.025, 0.05, 0.075, 0.1]);
  expect(roundTicks(-0.013, 0.021, 3)).toEqual([-0.02, 0, 0.02, 0.04]);
  expect(roundTicks(0, 173, 4)).toEqual([0, 50, 100, 150, 200]);
  expect(roundTicks(5, 5, 4)).toEqual([4, 6]);
  expect(roundTicks(0, 0, 4)).toEqual([0, 0.25]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (from, width) => {
        const ticks = roundTicks(from, from + width, 4);
        const slack = 1e-6 * (Math.abs(from) + width);
        expect(ticks[0]).toBeLessThanOrEqual(from + slack);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(from + width - slack);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
      },
    ),
  );
});

test("an axis writes no more places than it needs", () => {
  expect(digitsOf([0, 0.1, 0.2])).toBe(1);
  expect(digitsOf([-0.025, 0, 0.025])).toBe(3);
  expect(digitsOf([0, 50, 100])).toBe(0);
});

test("a scale of one value lies in the middle", () => {
  expect(linearScale(3, 3, 10, 20)(3)).toBe(15);
  expect([0, 5, 10].map(linearScale(0, 10, 100, 0))).toEqual([100, 50, 0]);
});
