import { describe, expect, test } from "vitest";
import { dequantize } from "../../../../shared/item-columns.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { assemble, forItems, knownItem } from "../../../../trainer/items/assemble.ts";
import { DEFAULT_ITEMS, fitItems } from "../../../../trainer/items/fit-items.ts";
import { gramOf } from "../../../../trainer/items/gram.ts";
import { fitLinearMap } from "../../../../trainer/math/least-squares.ts";
import { createRandom, normal } from "../../../../trainer/math/random.ts";
import { twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(60, 30, 12, 1);
const options = { ...DEFAULT_ITEMS, dim: 8, seed: 1, signals: DEFAULT_SIGNALS };
const model = await fitItems(dataset, options);
const assembly = await assemble(dataset.items, model, { seed: 1 });
const n = dataset.items.length;

describe("an assembly", () => {
  test("holds every item once, rows of a cell together", () => {
    expect(new Set(assembly.rowOfItem).size).toBe(n);
    expect(assembly.index.cellStart.at(-1)).toBe(n);
    dataset.items.forEach((item, i) => expect(assembly.items[assembly.rowOfItem[i]]).toBe(item));
    expect(assembly.table.ids[assembly.rowOfItem[5]]).toBe(dataset.items[5].id);
  });

  test("has the model's vectors, to half a step of int8", () => {
    for (let i = 0; i < n; i++) {
      const row = assembly.rowOfItem[i];
      const got = dequantize(assembly.index.columns, row);
      for (let j = 0; j < 8; j++)
        expect(Math.abs(got[j] - model.vectors[i * 8 + j])).toBeLessThanOrEqual(
          assembly.index.columns.scale[row] * 0.51,
        );
    }
  });

  test("has the Gram matrix of its own int8 vectors", () => {
    const vectors = new Float32Array(n * 8);
    for (let row = 0; row < n; row++) vectors.set(dequantize(assembly.index.columns, row), row * 8);
    const expected = gramOf(vectors, 8);
    assembly.constants.gram.forEach((value, e) => expect(value).toBeCloseTo(expected[e], 4));
  });

  test("points neighbours at rows: what follows an item in the log leads its list", () => {
    for (const id of ["red004", "blue017"]) {
      const row = assembly.table.rowOf.get(id)!;
      const [strongest] = knownItem(assembly, row).neighbours;
      const next = id.slice(0, -3) + String(Number(id.slice(-3)) + 1).padStart(3, "0");
      expect(strongest[0]).toBe(next);
    }
  });

  test("carries history, popularity and categories in row order", () => {
    const row = assembly.rowOfItem[0];
    expect(assembly.index.columns.history[row]).toBe(model.history[0]);
    const { dictionaries, columns } = assembly.index;
    expect(dictionaries.categories).toEqual(["blue", "red"]);
    const red = assembly.table.rowOf.get("red000")!;
    expect(columns.category[columns.categoryStart[red]]).toBe(1);
  });

  test("made for other items finds rows by id, and −1 where there is none", () => {
    const other = forItems(assembly, [
      { id: "red003", categories: [] },
      { id: "unknown", categories: [] },
    ]);
    expect([...other.rowOfItem]).toEqual([assembly.table.rowOf.get("red003"), -1]);
  });
});

describe("maps between spaces", () => {
  test("the least-squares map recovers a rotation that was applied", () => {
    const random = createRandom(2);
    const [dim, rows] = [4, 50];
    const from = Float32Array.from({ length: rows * dim }, () => normal(random));
    const matrix = Float64Array.from({ length: dim * dim }, () => normal(random));
    const to = new Float32Array(rows * dim);
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < dim; i++)
        for (let j = 0; j < dim; j++) to[r * dim + j] += from[r * dim + i] * matrix[i * dim + j];
    fitLinearMap(from, to, new Float32Array(rows).fill(1), dim).forEach((value, e) =>
      expect(value).toBeCloseTo(matrix[e], 3),
    );
  });
});
