import { expect, test } from "vitest";
import { describeProgress } from "../../../../trainer/terminal/terminal.ts";

test.each([
  [0, 100, 5_000, "0 of 100"],
  [40, 100, 5_000, "40 of 100, 8.0/s, 7.5 s left"],
  [498, 941, 5_000, "498 of 941, 100/s, 4.4 s left"],
  [5_000, 10_000, 1_000, "5,000 of 10,000, 5,000/s, 1.0 s left"],
])("%i of %i after %i ms", (done, total, elapsedMs, said) => {
  expect(describeProgress(done, total, elapsedMs)).toBe(said);
});
