import { expect, test } from "vitest";
import * as numbers from "../../../../trainer/report/numbers.ts";

test("numbers are written with their units, and what rounds to nothing has no sign", () => {
  expect(numbers.count(1_234_567)).toBe("1,234,567");
  expect(numbers.decimal(-0.01234)).toBe("−0.0123");
  expect(numbers.decimal(-0.00001, 3)).toBe("0.000");
  expect([0.5, -0.5, 0, 0.0001, -0.0001].map((value) => numbers.signed(value, 2))).toEqual([
    "+0.50",
    "−0.50",
    "0.00",
    "0.00",
    "0.00",
  ]);
  expect(numbers.percent(0.1234)).toBe("12.3\u00a0%");
  expect(numbers.signedPercent(-0.05, 0)).toBe("−5\u00a0%");
  expect([999, 1_500, 2_345_678].map(numbers.bytes)).toEqual(["999\u00a0bytes", "1.5\u00a0kB", "2.35\u00a0MB"]);
  expect([3.21, 45.6, 1_234].map(numbers.milliseconds)).toEqual(["3.2\u00a0ms", "46\u00a0ms", "1,234\u00a0ms"]);
  expect(numbers.day(Date.UTC(1996, 2, 29, 23))).toBe("1996-03-29");
  expect(numbers.minute(Date.UTC(2026, 10, 26, 22, 53))).toBe("2026-11-26 22:53 UTC");
  expect([90_000, 3 * 3_600_000, 40 * 86_400_000, 21 * 365.25 * 86_400_000].map(numbers.duration)).toEqual([
    "90 seconds",
    "3 hours",
    "40 days",
    "21 years",
  ]);
});
