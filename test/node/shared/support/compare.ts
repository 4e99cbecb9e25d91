/** Comparing numbers: bit for bit, or within a tolerance relative to the size of what is compared. */
import { expect } from "vitest";
import type { Profile } from "../../../../shared/profile.ts";

/** Fails unless every number is within `relative` of the expected one, measured by the largest expected magnitude. */
export function expectClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  what = "values",
): void {
  expect(got.length, `${what}: length`).toBe(expected.length);
  let size = 0;
  for (let i = 0; i < expected.length; i++) size = Math.max(size, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(got[i]! - expected[i]!);
    if (!(off <= relative * Math.max(size, 1e-6))) {
      expect.fail(`${what}[${i}]: got ${got[i]}, expected ${expected[i]}, off by ${off} where the largest is ${size}`);
    }
  }
}

/** Everything a profile has summed up, for comparing two of them bit for bit. */
export function bits({ signals, taste, intent }: Profile) {
  const sums = ({ scatter, pull, weight, at }: Profile["taste"]) => ({
    scatter: hex(scatter),
    pull: hex(pull),
    weight: hex(Float64Array.of(weight)),
    at,
  });
  return { signals: signals.map(({ event }) => event), taste: sums(taste), intent: sums(intent) };
}

function hex(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");
}
