import { describe, expect, test } from "vitest";
import { fitIals, type IalsOptions } from "../../../../trainer/items/ials.ts";
import { createRowScratch, solveRows } from "../../../../trainer/items/ials-rows.ts";
import { type SparseRows, transpose } from "../../../../trainer/items/interactions.ts";
import { createRandom, normal } from "../../../../trainer/math/random.ts";
import { randomRows } from "./random-rows.ts";

const OPTIONS: IalsOptions = {
  dim: 8,
  sweeps: 6,
  seed: 1,
  regularization: 0.02,
  frequencyExponent: 1,
  unobservedWeight: 0.1,
};

/** The loss that iALS minimises, summed naively over every pair (Rendle et al. 2021, eq. 3, with graded targets). */
function loss(matrix: SparseRows, users: Float32Array, items: Float32Array, options: IalsOptions): number {
  const { dim, regularization, frequencyExponent, unobservedWeight } = options;
  const dot = (u: number, i: number) => {
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += users[u * dim + j] * items[i * dim + j];
    return sum;
  };
  const squared = (vectors: Float32Array, row: number) =>
    vectors.subarray(row * dim, (row + 1) * dim).reduce((a, x) => a + x * x, 0);
  let total = 0;
  for (let u = 0; u < matrix.rows; u++)
    for (let i = 0; i < matrix.columns; i++) total += unobservedWeight * dot(u, i) ** 2;
  for (const [side, vectors] of [
    [matrix, users],
    [transpose(matrix), items],
  ] as const) {
    for (let r = 0; r < side.rows; r++) {
      let confidence = 0;
      for (let e = side.start[r]; e < side.start[r + 1]; e++) {
        confidence += side.confidence[e];
        if (side === matrix) total += side.confidence[e] * (side.target[e] - dot(r, side.column[e])) ** 2;
      }
      total +=
        regularization * (confidence + unobservedWeight * side.columns) ** frequencyExponent * squared(vectors, r);
    }
  }
  return total;
}

describe("iALS", () => {
  test("never raises its loss from sweep to sweep, and ends well below where it began", async () => {
    const matrix = randomRows(40, 30, 15, 3);
    const losses: number[] = [];
    for (let sweeps = 1; sweeps <= 6; sweeps++) {
      const { users, items } = await fitIals(matrix, { ...OPTIONS, sweeps });
      losses.push(loss(matrix, users, items, OPTIONS));
    }
    for (let s = 1; s < losses.length; s++) expect(losses[s]).toBeLessThan(losses[s - 1] * (1 + 1e-6));
    expect(losses.at(-1)).toBeLessThan(losses[0] * 0.98);
  });

  test("leaves item vectors at a minimum: no step along any coordinate lowers the loss", async () => {
    const matrix = randomRows(25, 20, 12, 4);
    const { users, items } = await fitIals(matrix, OPTIONS);
    const at = loss(matrix, users, items, OPTIONS);
    for (let e = 0; e < items.length; e++) {
      for (const step of [0.01, -0.01]) {
        const moved = items.slice();
        moved[e] += step;
        expect(loss(matrix, users, moved, OPTIONS)).toBeGreaterThan(at);
      }
    }
  });

  test("finds two groups of taste: items of one group lie together", async () => {
    const users = 30;
    const entries = Array.from({ length: users }, (_, u) =>
      [0, 1, 2, 3].filter((i) => i !== u % 4).map((i) => i + (u % 2) * 4),
    );
    const column = Uint32Array.from(entries.flat());
    const start = Uint32Array.from({ length: users + 1 }, (_, u) => u * 3);
    const ones = new Float32Array(column.length).fill(1);
    const { items } = await fitIals(
      { rows: users, columns: 8, start, column, target: ones, confidence: ones },
      { ...OPTIONS, dim: 2 },
    );
    const cosine = (a: number, b: number) => {
      let [ab, aa, bb] = [0, 0, 0];
      for (let j = 0; j < 2; j++) {
        ab += items[a * 2 + j] * items[b * 2 + j];
        aa += items[a * 2 + j] ** 2;
        bb += items[b * 2 + j] ** 2;
      }
      return ab / Math.sqrt(aa * bb);
    };
    expect(cosine(0, 1)).toBeGreaterThan(0.8);
    expect(cosine(4, 7)).toBeGreaterThan(0.8);
    expect(Math.abs(cosine(0, 5))).toBeLessThan(0.2);
  });

  test.for([
    ["by the kernel", false],
    ["exactly", true],
  ] as const)("%s, is the same to the bit with one thread, two and three", async ([, exact]) => {
    const matrix = randomRows(700, 300, 80, 5);
    expect(matrix.column.length).toBeGreaterThan(20_000);
    const one = await fitIals(matrix, { ...OPTIONS, sweeps: 2, threads: 1, exact });
    for (const threads of [2, 3]) {
      const more = await fitIals(matrix, { ...OPTIONS, sweeps: 2, threads, exact });
      expect(more.items).toEqual(one.items);
      expect(more.users).toEqual(one.users);
    }
  });

  test("gives an item that nobody met a vector of zeros", async () => {
    const ones = Float32Array.of(1, 1);
    const matrix: SparseRows = {
      rows: 1,
      columns: 3,
      start: Uint32Array.of(0, 2),
      column: Uint32Array.of(0, 2),
      target: ones,
      confidence: ones,
    };
    const { items } = await fitIals(matrix, OPTIONS);
    expect(items.subarray(8, 16)).toEqual(new Float32Array(8));
    expect(Math.hypot(...items.subarray(0, 8))).toBeGreaterThan(0.1);
  });

  test("stops at an abort", async () => {
    const matrix = randomRows(40, 30, 15, 3);
    await expect(fitIals(matrix, { ...OPTIONS, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe("the solve of one row", () => {
  // Gaussian elimination on the plain normal equations: nothing in common with either path of the solver.
  function plainSolve(
    fixed: Float32Array,
    diagonal: number[],
    row: { column: number; y: number; c: number }[],
    dim: number,
  ): number[] {
    const a = Array.from({ length: dim }, (_, i) =>
      Array.from({ length: dim + 1 }, (_, j) => (i === j ? diagonal[i] : 0)),
    );
    for (const { column, y, c } of row) {
      const v = fixed.subarray(column * dim, (column + 1) * dim);
      for (let i = 0; i < dim; i++) {
        for (let j = 0; j < dim; j++) a[i][j] += c * v[i] * v[j];
        a[i][dim] += c * y * v[i];
      }
    }
    for (let p = 0; p < dim; p++) {
      for (let i = 0; i < dim; i++) {
        if (i === p) continue;
        const factor = a[i][p] / a[p][p];
        for (let j = p; j <= dim; j++) a[i][j] -= factor * a[p][j];
      }
    }
    return a.map((line, i) => line[dim] / line[i]);
  }

  test("is exact with fewer entries than dimensions and with more", () => {
    const dim = 6;
    const matrix = randomRows(50, 40, 14, 9);
    const random = createRandom(2);
    const fixed = Float32Array.from({ length: 40 * dim }, () => normal(random));
    const gramDiagonal = Float64Array.from({ length: dim }, (_, j) => 0.1 * (j + 1));
    const ridge = Float32Array.from({ length: 50 }, () => 0.1 + random());
    const solved = new Float32Array(50 * dim);
    solveRows({ dim, matrix, fixed, gramDiagonal, ridge, solved }, 0, 50, createRowScratch(dim));
    let [few, many] = [0, 0];
    for (let r = 0; r < 50; r++) {
      const row = [];
      for (let e = matrix.start[r]; e < matrix.start[r + 1]; e++)
        row.push({ column: matrix.column[e], y: matrix.target[e], c: matrix.confidence[e] });
      if (row.length === 0) continue;
      if (row.length < dim) few++;
      else many++;
      const expected = plainSolve(
        fixed,
        Array.from(gramDiagonal, (g) => g + ridge[r]),
        row,
        dim,
      );
      for (let j = 0; j < dim; j++) expect(solved[r * dim + j]).toBeCloseTo(expected[j], 5);
    }
    expect(Math.min(few, many)).toBeGreaterThan(5);
  });
});
