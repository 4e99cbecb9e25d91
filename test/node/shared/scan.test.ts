import * as fc from "fast-check";
import { expect, test } from "vitest";
import { quantizeRows } from "../../../shared/quantize.ts";
import { scan, scanInto, scanTwoInto } from "../../../shared/scan.ts";
import { expectClose } from "./support/compare.ts";
import { createChance } from "./support/random.ts";
import { product, vectorOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";

test("the scan is the dot product of the query with every row, whatever array the query is", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(4, 8, 12, 64), (seed, dim) => {
      const world = createWorld(seed, { dim, items: 19 + (seed & 1), events: 0 });
      const query = Array.from({ length: dim }, () => world.chance.normal());
      const expected = world.ids.map((_, row) => product(vectorOf(world, row), query));
      expectClose(scan(world.columns, query), expected, 1e-6);
      expect(scan(world.columns, Float64Array.from(query))).toEqual(scan(world.columns, query));
    }),
  );
});

test("a scan worked out by hand, of an even and an odd number of rows", () => {
  const vectors = Int8Array.of(1, 2, 3, 4, -127, 0, 0, 127, 1, 1, 1, 1);
  const scale = Float32Array.of(0.5, 2, 1);
  for (const n of [2, 3]) {
    const out = new Float32Array(n);
    scanInto(vectors, scale.subarray(0, n), 4, [1, 10, 100, 1000], out);
    expect([...out]).toEqual([2160.5, 253746, 1111].slice(0, n));
  }
});

test("two queries in one pass are two scans, to the bit", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(4, 8, 64), (seed, dim) => {
      const world = createWorld(seed, { dim, items: 19 + (seed & 1), events: 0 });
      const { vectors, scale, size } = world.columns;
      const query = () => Array.from({ length: dim }, () => world.chance.normal());
      const queries = [query(), query()] as const;
      const [one, two] = [new Float32Array(size), new Float32Array(size)];
      scanTwoInto(vectors, scale, dim, queries, one, two);
      expect(one).toEqual(scan(world.columns, queries[0]));
      expect(two).toEqual(scan(world.columns, queries[1]));
    }),
  );
});

test("scanning nothing gives nothing", () => {
  const world = createWorld(1, { items: 0, events: 0 });
  expect(scan(world.columns, new Float32Array(8))).toHaveLength(0);
});

test("a quantised row keeps its largest entry exactly and the others within half a step", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, dim) => {
      const chance = createChance(seed);
      const size = 10 ** (chance.integer(7) - 3);
      const values = Float32Array.from({ length: 5 * dim }, () => size * chance.normal());
      const { vectors, scale } = quantizeRows(values, dim);
      for (let row = 0; row < 5; row++) {
        const step = scale[row]!;
        const entries = [...values.subarray(row * dim, (row + 1) * dim)];
        const levels = [...vectors.subarray(row * dim, (row + 1) * dim)];
        const largest = Math.max(...entries.map(Math.abs));
        expect(Math.max(...levels.map(Math.abs))).toBe(127);
        expect(Math.abs(step * 127 - largest)).toBeLessThanOrEqual(largest * 1e-6);
        entries.forEach((value, j) => expect(Math.abs(levels[j]! * step - value)).toBeLessThanOrEqual(step * 0.5001));
      }
    }),
  );
});

test("a row of zeros stays zeros, and −128 is never used", () => {
  const { vectors, scale } = quantizeRows([0, 0, 0, 0, -2, 1, 0.5, 2], 4);
  expect([...scale]).toEqual([0, Math.fround(2 / 127)]);
  expect([...vectors]).toEqual([0, 0, 0, 0, -127, 64, 32, 127]);
});
