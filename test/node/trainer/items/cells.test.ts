import { describe, expect, test } from "vitest";
import { cellCount, fitCells } from "../../../../trainer/items/cells.ts";
import { createRandom, normal } from "../../../../trainer/math/random.ts";

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
