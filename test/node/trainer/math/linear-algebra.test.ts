import { describe, expect, test } from "vitest";
import { choleskyInPlace, choleskySolveInPlace } from "../../../../trainer/math/cholesky.ts";
import { symmetricEigen } from "../../../../trainer/math/eigen.ts";
import { createRandom, normal, shuffle } from "../../../../trainer/math/random.ts";

function positiveDefinite(n: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const b = Float64Array.from({ length: n * n }, () => normal(random));
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j] += b[i * n + k] * b[j * n + k];
    a[i * n + i] += 0.1;
  }
  return a;
}

describe("Cholesky", () => {
  test("solves A x = b", () => {
    for (const n of [1, 2, 5, 16]) {
      const a = positiveDefinite(n, n);
      const x = Float64Array.from({ length: n }, (_, i) => i - 2);
      const b = Float64Array.from({ length: n }, (_, i) => x.reduce((sum, value, j) => sum + a[i * n + j] * value, 0));
      choleskyInPlace(a, n);
      choleskySolveInPlace(a, n, b);
      for (let i = 0; i < n; i++) expect(b[i]).toBeCloseTo(x[i], 8);
    }
  });

  test("refuses a matrix that is not positive definite", () => {
    expect(() => choleskyInPlace(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/pivot 1/);
    expect(() => choleskyInPlace(Float64Array.of(NaN), 1)).toThrow(RangeError);
  });
});

describe("eigenvectors", () => {
  test("rebuild the matrix, are orthonormal and come in ascending order", () => {
    for (const n of [2, 3, 8, 64]) {
      const a = positiveDefinite(n, 7);
      const { values, vectors } = symmetricEigen(a, n);
      const scale = values[n - 1];
      for (let i = 0; i < n; i++) {
        if (i > 0) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]);
        for (let j = 0; j < n; j++) {
          let [rebuilt, product] = [0, 0];
          for (let k = 0; k < n; k++) {
            rebuilt += vectors[i * n + k] * values[k] * vectors[j * n + k];
            product += vectors[k * n + i] * vectors[k * n + j];
          }
          expect(Math.abs(rebuilt - a[i * n + j])).toBeLessThan(1e-10 * scale);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
        }
      }
    }
  });

  test("of a diagonal matrix are its entries", () => {
    expect([...symmetricEigen(Float64Array.of(3, 0, 0, 0, 1, 0, 0, 0, 2), 3).values]).toEqual([1, 2, 3]);
  });
});

describe("seeded random numbers", () => {
  test("repeat for a seed and differ between seeds", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test("are uniform and normal in mean and variance", () => {
    const random = createRandom(3);
    const uniform = Array.from({ length: 20_000 }, random);
    expect(uniform.reduce((a, b) => a + b) / 20_000).toBeCloseTo(0.5, 1);
    expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    const bell = Array.from({ length: 20_000 }, () => normal(random));
    expect(bell.reduce((a, b) => a + b) / 20_000).toBeCloseTo(0, 1);
    expect(bell.reduce((a, b) => a + b * b) / 20_000).toBeCloseTo(1, 1);
  });

  test("shuffle keeps every element", () => {
    const shuffled = shuffle(
      Uint32Array.from({ length: 100 }, (_, i) => i),
      createRandom(4),
    );
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(shuffled[0] === 0 && shuffled[1] === 1 && shuffled[2] === 2).toBe(false);
  });
});
