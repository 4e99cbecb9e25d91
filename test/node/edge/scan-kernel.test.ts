import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { queryLevels } from "../../../edge/retrieval/query-levels.ts";
import { createScanKernel } from "../../../edge/retrieval/scan-kernel.ts";
import { buildKernel } from "../../../scripts/build-kernel.ts";
import { checkKernel, kernelRows, twinRows } from "../../harness/kernel-twin.ts";
import { seeded } from "../../harness/small-release.ts";

const root = join(import.meta.dirname, "../../..");
const module = new WebAssembly.Module(await readFile(await buildKernel(root)));
const kernel = (bytes: number) => createScanKernel(module, bytes);

test("the kernel finds the rows of the plain scan, in their order, for any rows, queries and mask", () => {
  checkKernel(kernel, 1_500);
});

test("a search worked out by hand: equal scores keep the lower row first, and a mask holds before the count", () => {
  const searched = {
    dim: 2,
    vectors: Int8Array.of(1, 0, 2, 0, 0, 9, -4, 0, 4, 0, 2, 0),
    scale: Float32Array.of(1, 1, 1, 1, 0.5, 1),
    queries: [
      [1, 0],
      [-1, 0],
    ],
    count: 3,
    mask: null,
  };
  expect(kernelRows(kernel, searched)).toEqual([
    [1, 4, 5],
    [3, 2, 0],
  ]);
  expect(kernelRows(kernel, { ...searched, mask: Uint8Array.of(1, 0, 1, 0, 1, 0) })).toEqual([
    [4, 0, 2],
    [2, 0, 4],
  ]);
});

test("scores that differ by one bit of float32 are told apart, where nothing but rounding is left of the error", () => {
  const [dim, size] = [64, 300];
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = seeded(seed);
      // Whole numbers with the largest at the top of their range are their own levels. Sums are near 2²⁷, and differ in
      // the last bits of a float32 only.
      const query = Array.from({ length: dim }, (_, j) => (j < dim / 2 ? 32_767 : Math.ceil(8 * random())));
      const vectors = Int8Array.from({ length: size * dim }, (_, at) =>
        at % dim < dim / 2 ? 127 : Math.floor(random() * 3),
      );
      const scale = new Float32Array(size).fill(0.01 * (1 + random()));
      const searched = { dim, vectors, scale, queries: [query], count: 5, mask: null };
      expect(kernelRows(kernel, searched)).toEqual(twinRows(searched));
    }),
    { numRuns: 300 },
  );
});

test("the levels of a query are off by no more than their slack, even for the row that is worst for them", () => {
  const query = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 1024 });
  fc.assert(
    fc.property(query, (numbers) => {
      const { levels, step, slack } = queryLevels(numbers);
      if (Math.max(...numbers.map(Math.abs)) < 2 ** -900) {
        // Every float32 score of such a query is 0.
        expect([...levels, slack]).toEqual(Array(numbers.length + 1).fill(0));
        return;
      }
      // Every entry at the end of its range, on the side where it adds to the error.
      const worst = numbers.reduce((sum, each, j) => sum + 128 * Math.abs(levels[j]! - each / step), 0);
      expect(worst).toBeLessThanOrEqual(slack);
      const largestSum = levels.reduce((sum, level) => sum + 128 * Math.abs(level), 0) + slack;
      expect(largestSum).toBeLessThan(2 ** 31);
    }),
  );
});

test("more queries or rows than there is room for are refused before anything is written", () => {
  const searched = { dim: 2, vectors: Int8Array.of(1, 1), scale: Float32Array.of(1), mask: null, count: 1 };
  expect(() => kernelRows(kernel, { ...searched, queries: Array.from({ length: 9 }, () => [1, 0]) })).toThrow(
    RangeError,
  );
  expect(() => kernelRows(kernel, { ...searched, queries: [[1, 0]], count: 1_001 })).toThrow(RangeError);
});
