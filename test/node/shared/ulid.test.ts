import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createUlid, ULID } from "../../../shared/ulid.ts";

test("a ULID begins with the time of the specification's example", () => {
  const ulid = createUlid(
    () => 1469918176385,
    () => 0,
  );
  expect(ulid()).toBe("01ARYZ6S410000000000000000");
});

test("ULIDs rise strictly, within a millisecond and when the clock steps back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 2, maxLength: 50 }), (times) => {
      let i = 0;
      const ulid = createUlid(() => times[i++], Math.random);
      const made = times.map(() => ulid());
      expect(made.every((id) => ULID.test(id))).toBe(true);
      expect(made).toEqual([...new Set(made)].sort());
    }),
  );
});

test("a full millisecond borrows the next one", () => {
  const ulid = createUlid(
    () => 1000,
    () => 0.999999999,
  );
  const [first, second] = [ulid(), ulid()];
  expect(first.slice(10)).toBe("Z".repeat(16));
  expect(second > first).toBe(true);
});

test("other strings are no ULIDs", () => {
  for (const value of ["", "01ARYZ6S41", "81ARYZ6S410000000000000000", "01aryz6s410000000000000000", "I".repeat(26)]) {
    expect(ULID.test(value)).toBe(false);
  }
});
