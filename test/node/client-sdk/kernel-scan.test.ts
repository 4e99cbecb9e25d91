import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createKernelScan } from "../../../client-sdk/engine/kernel-scan.ts";
import { buildKernel } from "../../../scripts/build-kernel.ts";
import type { ItemColumns } from "../../../shared/item-columns.ts";
import { plainScan } from "../../../shared/scan.ts";
import { seeded } from "../../harness/small-release.ts";

const root = join(import.meta.dirname, "../../..");
const module = new WebAssembly.Module(await readFile(await buildKernel(root, "scores")));

let kernelScan: ReturnType<typeof createKernelScan>;

beforeEach(() => {
  kernelScan = createKernelScan(module);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The ends of float32, and its middle. */
const SCALES = [0, 2 ** -149, 1e-38, 0.01, 1, 1e30, 3.4e38];

/** A scan reads no other column. */
function columnsOf(size: number, dim: number, random: () => number): ItemColumns {
  const vectors = Int8Array.from({ length: size * dim }, () => Math.floor(random() * 256) - 128);
  const scale = Float32Array.from({ length: size }, () => SCALES[Math.floor(random() * SCALES.length)]! * random());
  return { size, dim, vectors, scale } as ItemColumns;
}

function both(columns: ItemColumns, queries: readonly (readonly number[])[], scan = kernelScan(columns)) {
  const out = () => queries.map(() => new Float32Array(columns.size));
  const [got, expected] = [out(), out()];
  scan(queries, got);
  plainScan(columns)(queries, expected);
  return { got, expected };
}

test("the kernel's scores are those of the plain scan, to the bit, for one query and for two", () => {
  const memory = vi.spyOn(WebAssembly, "Memory");
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(2_000, 2_001, 2_300),
      fc.constantFrom(4, 8, 12, 20, 64, 68),
      fc.constantFrom(1, 2),
      (seed, size, dim, count) => {
        const random = seeded(seed);
        const columns = columnsOf(size, dim, random);
        const queries = Array.from({ length: count }, () =>
          Array.from({ length: dim }, () => (random() - 0.5) * 10 ** (random() * 12 - 6)),
        );
        const { got, expected } = both(columns, queries);
        expect(got).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
  // One memory, however many tables there were.
  expect(memory).toHaveBeenCalledTimes(1);
});

test("a scan worked out by hand", () => {
  const columns = columnsOf(2_000, 4, () => 0);
  columns.vectors.set([1, 2, 3, 4, -127, 0, 0, 127]);
  columns.scale.set([0.5, 2]);
  const out = new Float32Array(2_000);
  kernelScan(columns)([[1, 10, 100, 1000]], [out]);
  expect([...out.subarray(0, 2)]).toEqual([2160.5, 253746]);
});

test("a table keeps its scores while another one is scanned", () => {
  const random = seeded(3);
  const [a, b] = [columnsOf(2_100, 8, random), columnsOf(2_200, 8, random)];
  const query = [Array.from({ length: 8 }, random)];
  const [scanA, scanB] = [kernelScan(a), kernelScan(b)];
  for (let i = 0; i < 3; i++) {
    for (const [columns, scan] of [
      [a, scanA],
      [b, scanB],
    ] as const) {
      const { got, expected } = both(columns, query, scan);
      expect(got).toEqual(expected);
    }
  }
});

test("where there is no memory, and of a few rows, the scan is the plain one", () => {
  const memory = vi.spyOn(WebAssembly, "Memory").mockImplementation(() => {
    throw new RangeError("could not allocate memory");
  });
  const random = seeded(4);
  for (const size of [0, 3, 1_999, 2_000]) {
    const { got, expected } = both(columnsOf(size, 8, random), [Array.from({ length: 8 }, random)]);
    expect(got).toEqual(expected);
  }
  expect(memory).toHaveBeenCalledTimes(1);
});
