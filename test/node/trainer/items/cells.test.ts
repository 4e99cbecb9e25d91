import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { cellCount, cellSizes, fitCells } from "../../../../trainer/items/cells.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { DEFAULT_FOLD_IN } from "../../../../trainer/items/fit-items.ts";
import { fitIals } from "../../../../trainer/items/ials.ts";
import { interactionsOf } from "../../../../trainer/items/interactions.ts";
import { below, createRandom, normal } from "../../../../trainer/math/random.ts";
import { readDataset } from "../../../../trainer/read/read-dataset.ts";

const RATINGS = join(import.meta.dirname, "../../../../trainer/datasets/movielens-small/ratings.parquet");

function clusters(centres: readonly (readonly [number, number])[], each: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from(
    centres.flatMap(([x, y]) =>
      Array.from({ length: each }, () => [x + 0.1 * normal(random), y + 0.1 * normal(random)]).flat(),
    ),
  );
}

describe("cells", () => {
  test("find clusters that lie apart, in a spread that no start could miss", () => {
    const vectors = clusters(
      [
        [0, 0],
        [10, 0],
      ],
      50,
      1,
    );
    const { cellOf, centroids } = fitCells(vectors, 2, 2, 1);
    expect(new Set(cellOf.subarray(0, 50)).size).toBe(1);
    expect(new Set(cellOf.subarray(50)).size).toBe(1);
    expect(cellOf[0]).not.toBe(cellOf[50]);
    expect(centroids[cellOf[50] * 2]).toBeCloseTo(10, 0);
  });

  test("hold at most one and a half times the mean, even where all items are alike", () => {
    for (const vectors of [
      new Float32Array(400 * 2).fill(1),
      clusters(
        [
          [0, 0],
          [0.1, 0],
          [9, 9],
        ],
        133,
        2,
      ),
    ]) {
      const n = vectors.length / 2;
      const cells = cellCount(n);
      const sizes = new Uint32Array(cells);
      for (const cell of fitCells(vectors, 2, cells, 3).cellOf) sizes[cell]++;
      expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil((1.5 * n) / cells));
      expect(sizes.reduce((a, b) => a + b)).toBe(n);
    }
  });

  /** The largest cell over the smallest. */
  function ratio(vectors: Float32Array, dim: number, cells: number, seed = 1): number {
    const sizes = cellSizes(fitCells(vectors, dim, cells, seed).cellOf, cells);
    return Math.max(...sizes) / Math.min(...sizes);
  }

  test("of the bundled ratings are within four times of each other in size", async () => {
    const { dataset } = await readDataset({ events: [RATINGS] });
    const interactions = interactionsOf(dataset, eventSignals(dataset, DEFAULT_SIGNALS));
    const { items } = await fitIals(interactions, { ...DEFAULT_FOLD_IN, dim: 32, sweeps: 4, seed: 1 });
    expect(ratio(items, 32, cellCount(dataset.items.length))).toBeLessThanOrEqual(4);
  });

  test("of clusters of very different sizes are within four times of each other in size", () => {
    const centres: [number, number][] = Array.from({ length: 40 }, (_, c) => [c % 7, Math.floor(c / 7)]);
    const random = createRandom(8);
    // The first cluster has half of all items, the last ones have a handful.
    const vectors = Float32Array.from(
      centres.flatMap(([x, y], c) =>
        Array.from({ length: Math.ceil(1000 / 2 ** c) + 3 }, () => [
          x + 0.05 * normal(random),
          y + 0.05 * normal(random),
        ]).flat(),
      ),
    );
    expect(ratio(vectors, 2, cellCount(vectors.length / 2))).toBeLessThanOrEqual(4);
  });

  test("are within four times of each other in size, whatever the vectors, their number and the number of cells", () => {
    const anything = fc.record({
      places: fc.integer({ min: 1, max: 6 }),
      items: fc.integer({ min: 1, max: 150 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(anything, ({ places, items, share, seed }) => {
        const random = createRandom(seed);
        const at = Array.from({ length: places }, () => [normal(random), normal(random)]);
        const vectors = Float32Array.from(Array.from({ length: items }, () => at[below(random, places)]!).flat());
        const cells = 1 + Math.floor(share * (items - 1));
        expect(ratio(vectors, 2, cells, seed)).toBeLessThanOrEqual(4);
      }),
    );
  });

  test("that are too small take what lies nearest to them", () => {
    // Two clusters apart, four cells: at least 13 of 100 items each. One start lies where hardly anything is.
    const vectors = clusters(
      [
        [0, 0],
        [10, 0],
      ],
      50,
      9,
    );
    const { cellOf } = fitCells(vectors, 2, 4, 9);
    expect(Math.min(...cellSizes(cellOf, 4))).toBeGreaterThanOrEqual(13);
    // No cell has items of both, although taking them would have filled it as well.
    for (let c = 0; c < 4; c++) {
      const sides = new Set(Array.from(cellOf, (cell, i) => (cell === c ? i < 50 : undefined)));
      sides.delete(undefined);
      expect(sides.size).toBe(1);
    }
  });

  test("have the mean of their items as centroid", () => {
    const vectors = clusters(
      [
        [0, 0],
        [3, 1],
        [1, 4],
      ],
      40,
      4,
    );
    const { cellOf, centroids } = fitCells(vectors, 2, 6, 5);
    for (let c = 0; c < 6; c++) {
      const members = Array.from(cellOf, (cell, i) => [cell, i]).filter(([cell]) => cell === c);
      if (members.length === 0) continue;
      const mean = members.reduce((sum, [, i]) => sum + vectors[i * 2], 0) / members.length;
      expect(centroids[c * 2]).toBeCloseTo(mean, 4);
    }
  });

  test("are the same for a seed, and there is one at least", () => {
    const vectors = clusters(
      [
        [0, 0],
        [5, 5],
      ],
      30,
      6,
    );
    expect(fitCells(vectors, 2, 5, 7).cellOf).toEqual(fitCells(vectors, 2, 5, 7).cellOf);
    expect(cellCount(1)).toBe(1);
    expect([...fitCells(Float32Array.of(1, 2), 2, 1, 1).cellOf]).toEqual([0]);
  });
});
