import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createBackoff, FIRST_WAIT_MS, LONGEST_ASKED_MS, LONGEST_WAIT_MS } from "../../../client-sdk/sync/backoff.ts";

test("waits double up to the longest, and start over after a success", () => {
  const backoff = createBackoff(() => 1);
  const waits = Array.from({ length: 12 }, () => backoff.failed(null));
  expect(waits.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
  expect(waits.at(-1)).toBe(LONGEST_WAIT_MS);
  expect(backoff.waiting).toBe(true);
  backoff.succeeded();
  expect([backoff.waiting, backoff.failed(null)]).toEqual([false, FIRST_WAIT_MS]);
});

test("jitter spreads a wait over its upper half, so that devices that failed together come back apart", () => {
  fc.assert(
    fc.property(fc.nat(10), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const [low, some, high] = [0, chance, 1].map((random) => {
        const backoff = createBackoff(() => random);
        return Array.from({ length: failures + 1 }, () => backoff.failed(null)).at(-1)!;
      });
      expect(low).toBe(high! / 2);
      expect(some).toBeGreaterThanOrEqual(low!);
      expect(some).toBeLessThanOrEqual(high!);
    }),
  );
});

test("never less than the edge asks for, nor more than a sensible one would; what is no number is not believed", () => {
  const wait = (header: string, random: number) => createBackoff(() => random).failed(header);
  expect(wait("30", 0)).toBe(30_000);
  expect(wait("30", 1)).toBe(30_000 + FIRST_WAIT_MS / 2);
  expect(wait("1e9", 0)).toBe(LONGEST_ASKED_MS);
  for (const odd of ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "NaN"])
    expect(wait(odd, 1)).toBe(FIRST_WAIT_MS);
});
