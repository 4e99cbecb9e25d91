import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { addGram, rotateRows } from "../../../../trainer/items/gram.ts";
import { fitIals, type IalsOptions } from "../../../../trainer/items/ials.ts";
import { createIalsKernel, ialsKernelModule, KERNEL_SCRATCH_ROWS } from "../../../../trainer/items/ials-kernel.ts";
import { createRowScratch, solveRows } from "../../../../trainer/items/ials-rows.ts";
import { createSharedArrays } from "../../../../trainer/wasm/shared-memory.ts";
import type { SparseRows } from "../../../../trainer/items/interactions.ts";
import { below, createRandom, normal } from "../../../../trainer/math/random.ts";
import type { WasmModule } from "../../../../trainer/wasm/webassembly.ts";
import { randomRows } from "./random-rows.ts";

let module: WasmModule;
beforeAll(async () => {
  module = await ialsKernelModule();
});

const size = fc.record({
  dim: fc.constantFrom(8, 16, 24, 64),
  rows: fc.integer({ min: 1, max: 70 }),
  seed: fc.integer(),
});

/** A kernel, arrays that it sees, and a scratch. */
function withKernel(dim: number) {
  const arrays = createSharedArrays();
  const kernel = createIalsKernel(module, arrays.memory);
  const scratch = arrays.floats(KERNEL_SCRATCH_ROWS * dim).byteOffset;
  const floats = (values: ArrayLike<number>) => {
    const array = arrays.floats(values.length);
    array.set(values);
    return array;
  };
  const words = (values: Uint32Array) => {
    const array = arrays.words(values.length);
    array.set(values);
    return array;
  };
  return { kernel, scratch, floats, words, doubles: arrays.doubles };
}

interface Solve {
  readonly dim: number;
  readonly matrix: SparseRows;
  readonly ridge: Float32Array;
  readonly fixed: Float32Array;
  readonly gram: Float32Array;
  readonly solved: Float32Array;
}

function solveAll(
  { kernel, words, floats, scratch }: Omit<ReturnType<typeof withKernel>, "doubles">,
  { dim, matrix, ridge, fixed, gram, solved }: Solve,
  steps: number,
): void {
  kernel.solve(
    dim,
    words(matrix.start).byteOffset,
    words(matrix.column).byteOffset,
    floats(matrix.target).byteOffset,
    floats(matrix.confidence).byteOffset,
    ridge.byteOffset,
    fixed.byteOffset,
    gram.byteOffset,
    solved.byteOffset,
    0,
    matrix.rows,
    steps,
    scratch,
  );
}

function gaussian(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => normal(random));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

describe("the iALS kernel", () => {
  test("sums the outer products of the rows it is given, and of no others", () => {
    fc.assert(
      fc.property(size, ({ dim, rows, seed }) => {
        const { kernel, floats, doubles } = withKernel(dim);
        const vectors = floats(gaussian(rows * dim, seed));
        const from = below(createRandom(seed), rows);
        const into = doubles(dim * dim);
        kernel.addGram(vectors.byteOffset, dim, from, rows, into.byteOffset);
        const expected = new Float64Array(dim * dim);
        addGram(vectors, dim, from, rows, expected);
        for (let i = 0; i < dim; i++) {
          const row = (matrix: Float64Array) => matrix.subarray(i * dim, i * dim + i + 1);
          expect(largestDifference(row(into), row(expected))).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("multiplies the rows it is given by a matrix, and leaves the others", () => {
    fc.assert(
      fc.property(size, ({ dim, rows, seed }) => {
        const { kernel, floats, scratch } = withKernel(dim);
        const vectors = floats(gaussian(rows * dim, seed));
        const matrix = floats(gaussian(dim * dim, seed + 1));
        const from = below(createRandom(seed), rows);
        const to = from + 1 + below(createRandom(seed + 2), rows - from);
        const expected = vectors.slice();
        rotateRows(expected, dim, Float64Array.from(matrix), from, to);
        kernel.rotate(vectors.byteOffset, dim, matrix.byteOffset, from, to, scratch);
        expect(largestDifference(vectors, expected)).toBeLessThan(1e-3);
        expect(vectors.subarray(0, from * dim)).toEqual(expected.subarray(0, from * dim));
        expect(vectors.subarray(to * dim)).toEqual(expected.subarray(to * dim));
      }),
      { numRuns: 60 },
    );
  });

  test("comes to what the exact solve finds, from wherever it starts", () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 60 }), ({ dim, rows, seed }, columns) => {
        const { kernel, floats, words, scratch } = withKernel(dim);
        const matrix = randomRows(rows, columns, columns, seed);
        const random = createRandom(seed);
        const fixed = floats(gaussian(columns * dim, seed).map((x) => x / Math.sqrt(dim)));
        const gram = floats(Float32Array.from({ length: dim }, () => 0.5 + random()));
        const ridge = floats(Float32Array.from({ length: rows }, () => 0.5 + random()));
        const solved = floats(gaussian(rows * dim, seed + 1));
        const expected = new Float32Array(rows * dim);
        const exact = { dim, matrix, fixed, gramDiagonal: Float64Array.from(gram), ridge, solved: expected };
        solveRows(exact, 0, rows, createRowScratch(dim));
        solveAll({ kernel, floats, words, scratch }, { dim, matrix, ridge, fixed, gram, solved }, 40);
        expect(largestDifference(solved, expected)).toBeLessThan(1e-4);
      }),
      { numRuns: 60 },
    );
  });

  test("takes rows that only say no to 0, from wherever on the way they start", () => {
    const [dim, rows, columns] = [64, 60, 10];
    const matrix = randomRows(rows, columns, 2, 1);
    matrix.target.fill(0);
    // Down to the least that float32 can say.
    for (let exponent = 0; exponent >= -149; exponent--) {
      const { kernel, floats, words, scratch } = withKernel(dim);
      const solved = floats(gaussian(rows * dim, 1).map((x) => x * 2 ** exponent));
      const ridge = floats(new Float32Array(rows).fill(0.2));
      // As of real data: a few large directions, many small ones.
      const gram = floats(Float32Array.from({ length: dim }, (_, j) => 10 / (1 + j * j)));
      const fixed = floats(gaussian(columns * dim, 2));
      solveAll({ kernel, floats, words, scratch }, { dim, matrix, ridge, fixed, gram, solved }, 4);
      const largest = Math.max(...solved.map(Math.abs));
      expect(largest, `from 2^${exponent}`).toBeLessThan(Math.max(1e-3 * 2 ** exponent, 1e-12));
    }
  });
});

describe("iALS by the kernel", () => {
  const OPTIONS: IalsOptions = {
    dim: 16,
    sweeps: 60,
    seed: 1,
    regularization: 0.02,
    frequencyExponent: 1,
    unobservedWeight: 0.1,
  };

  test.for([2, 6, 8, 16, 20])("scores everything as the exact one does, with %i dimensions", async (dim) => {
    const matrix = randomRows(60, 40, 25, 7);
    const fast = await fitIals(matrix, { ...OPTIONS, dim });
    const exact = await fitIals(matrix, { ...OPTIONS, dim, exact: true });
    expect(fast.items.length).toBe(40 * dim);
    const scores = ({ users, items }: typeof fast) =>
      Float64Array.from({ length: 60 * 40 }, (_, e) => {
        const [user, item] = [Math.floor(e / 40) * dim, (e % 40) * dim];
        let sum = 0;
        for (let j = 0; j < dim; j++) sum += users[user + j] * items[item + j];
        return sum;
      });
    expect(Math.max(...scores(exact))).toBeGreaterThan(0.3);
    expect(largestDifference(scores(fast), scores(exact))).toBeLessThan(0.01);
  });
});
