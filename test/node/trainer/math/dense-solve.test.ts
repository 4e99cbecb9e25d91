import { expect, test } from "vitest";
import { choleskyInPlace, choleskySolveInPlace } from "../../../../trainer/math/cholesky.ts";
import { solveInPlace } from "../../../../trainer/math/dense-solve.ts";
import { createRandom, normal } from "../../../../trainer/math/random.ts";

/** A Aᵀ + I of a random A. */
function positiveDefinite(n: number, random: () => number): Float64Array {
  const root = Float64Array.from({ length: n * n }, () => normal(random));
  return Float64Array.from({ length: n * n }, (_, e) => {
    const [i, j] = [Math.floor(e / n), e % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += root[i * n + k] * root[j * n + k];
    return sum;
  });
}

// 64 is the size of a block and 256 the depth of a kernel call: sizes on both sides of each, and of no block at all.
test.each([1, 3, 63, 64, 65, 131, 330])("%i unknowns are solved as the unblocked twin solves them", async (n) => {
  const random = createRandom(n);
  const matrix = positiveDefinite(n, random);
  const right = Float64Array.from({ length: 5 * n }, () => normal(random));
  const solved = right.slice();
  await solveInPlace(matrix.slice(), n, solved);
  choleskyInPlace(matrix, n);
  for (let row = 0; row < 5; row++) {
    const twin = right.slice(row * n, (row + 1) * n);
    choleskySolveInPlace(matrix, n, twin);
    twin.forEach((x, i) => expect(solved[row * n + i]).toBeCloseTo(x, 8));
  }
});

test("a matrix that is not positive definite is refused", async () => {
  await expect(solveInPlace(Float64Array.of(1, 2, 2, 1), 2, new Float64Array(2))).rejects.toThrow(RangeError);
});

test("the caller can stop it", async () => {
  const stop = () => Promise.reject(new Error("asked to stop"));
  await expect(solveInPlace(Float64Array.of(1), 1, new Float64Array(1), stop)).rejects.toThrow("asked to stop");
});
