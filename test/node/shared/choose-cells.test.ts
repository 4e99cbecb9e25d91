import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cellsOf } from "../../../shared/cells-file.ts";
import type { Cells } from "../../../shared/cells-file.ts";
import { chooseCells, poolBudget, rankCells, sizeOf } from "../../../shared/choose-cells.ts";
import { dequantize } from "../../../shared/item-columns.ts";
import { smallRelease } from "../../harness/small-release.ts";

const { columns, neighbours } = await smallRelease({ items: 60, dim: 8 });
const cellStart = Uint32Array.of(0, 10, 10, 25, 40, 60);
const cells: Cells = cellsOf({ columns, cellStart, space: "s", rows: neighbours.rows });
const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });

/** The twin: the mean score of a cell's items, item by item, each counting by its squared length. */
function meanScore(query: readonly number[], cell: number): number {
  const [from, to] = [cellStart[cell]!, cellStart[cell + 1]!];
  let [sum, total] = [0, 0];
  for (let row = from; row < to; row++) {
    const values = dequantize(columns, row);
    const weight = values.reduce((length, x) => length + x * x, 0);
    values.forEach((x, j) => (sum += weight * x * query[j]!));
    total += weight;
  }
  return to > from ? sum / total : 0;
}

test("a cell that was filled up with short vectors has the vector of its long ones", () => {
  const vectors = Int8Array.of(100, 0, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0);
  const scale = new Float32Array(3).fill(0.01);
  const of = { ...columns, dim: 4, size: 3, vectors, scale };
  const { mean, scale: step } = cellsOf({ columns: of, cellStart: Uint32Array.of(0, 3), space: "s", rows: "r" });
  expect(mean[0]! * step[0]!).toBeCloseTo(1 / 1.02, 2);
});

test("cells are ranked by the mean score of their items, long vectors counting more", () => {
  fc.assert(
    fc.property(vector, (query) => {
      const ranked = [...rankCells(cells, query)];
      expect([...ranked].sort()).toEqual([0, 1, 2, 3, 4]);
      // int8 means: neighbours in the order may differ by half a step of each number.
      ranked
        .slice(1)
        .forEach((cell, i) => expect(meanScore(query, ranked[i]!) + 0.01).toBeGreaterThan(meanScore(query, cell)));
    }),
  );
});

test("the queries take turns, empty cells are passed over, and the budget holds from the second cell on", () => {
  fc.assert(
    fc.property(
      fc.array(vector, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 70 }),
      (queries, budget) => {
        const chosen = chooseCells(cells, queries, { budget });
        const turns = Array.from({ length: 5 }, (_, turn) =>
          queries.map((query) => rankCells(cells, query)[turn]!),
        ).flat();
        const expected = [...new Set(turns)].filter((cell) => sizeOf(cells, cell) > 0);
        expect(chosen).toEqual(expected.slice(0, chosen.length));
        const spent = chosen.reduce((sum, cell) => sum + sizeOf(cells, cell), 0);
        expect(spent <= budget || chosen.length === 1).toBe(true);
        const next = expected[chosen.length];
        expect(next === undefined || spent + sizeOf(cells, next) > budget).toBe(true);
      },
    ),
  );
});

test("a cell that is known and seen costs nothing, so that others take its place", () => {
  const query = [1, 0, 0, 0, 0, 0, 0, 0];
  const [first] = rankCells(cells, query);
  const budget = sizeOf(cells, first!);
  expect(chooseCells(cells, [query], { budget })).toEqual([first]);
  const cost = (cell: number) => (cell === first ? 0 : sizeOf(cells, cell));
  expect(chooseCells(cells, [query], { budget: 60, cost })).toHaveLength(4);
});

test("a pool is 5 % of a large catalogue, 20 % of a small one, and never more than the linear floor ranks", () => {
  expect([100, 3_416, 9_066, 40_981, 1_000_000].map(poolBudget)).toEqual([20, 683, 1_000, 2_049, 10_000]);
});
