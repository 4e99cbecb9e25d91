import { jit, valueAndGrad } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import {
  dispose,
  keep,
  logSumExp,
  maskedSoftmax,
  type Params,
  startJax,
  type Tensor,
  tensor,
  toParams,
  toWeights,
  type Weights,
} from "../../../../trainer/deep/jax.ts";
import { type ModelShape, stateWidth } from "../../../../trainer/deep/model-shape.ts";
import { nextItemLoss } from "./support/next-item-loss.ts";
import { rankLoss } from "../../../../trainer/deep/rank-loss.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import { normals, noisyWeights } from "./support/networks.ts";

const SMALL: ModelShape = { dim: 8, events: 8, features: 12 };
const BATCH = 3;
const ROWS = 8;
const CANDIDATES = 8;
const NEGATIVES = 12;

beforeAll(startJax);

/** Kinks of ReLUs spoil wide differences and rounding narrow ones; a right gradient agrees at one of them. */
const STEPS = [3e-3, 1e-3, 3e-4];
const TIMEOUT_MS = 60_000;

/** Checks the slope along one random direction of every parameter against central differences. */
function expectGradients(loss: (params: Params) => Tensor, weights: Weights, seed: number): void {
  const random = createRandom(seed);
  const compiled = jit(loss);
  const params = toParams(weights);
  const [value, gradient] = valueAndGrad(loss)(keep(params)) as [Tensor, Params];
  value.dispose();
  const slopes = toWeights(gradient);
  dispose(gradient);
  dispose(params);
  for (const [name, { shape, values }] of Object.entries(weights)) {
    const drawn = normals(values.length, random);
    const length = Math.hypot(...drawn);
    const direction = drawn.map((x) => x / length);
    const exact = slopes[name].values.reduce((sum, slope, i) => sum + slope * direction[i], 0);
    const lossAt = (step: number) => {
      const moved = values.map((each, i) => each + step * direction[i]);
      return Number(compiled(toParams({ ...weights, [name]: { shape, values: moved } })).dataSync()[0]);
    };
    const measured = STEPS.map((step) => (lossAt(step) - lossAt(-step)) / (2 * step));
    const closest = Math.min(...measured.map((slope) => Math.abs(slope - exact)));
    expect(closest, `${name}: ${exact} against ${measured.join(", ")}`).toBeLessThan(0.02 * Math.abs(exact) + 1e-3);
  }
  compiled.dispose();
}

test(
  "the encoder's gradients are the slopes of its loss, for every parameter and item vector",
  { timeout: TIMEOUT_MS },
  () => {
    const random = createRandom(1);
    const points = BATCH * ROWS;
    const weights = {
      ...noisyWeights(SMALL, 5).encoder,
      logScale: { shape: [1], values: Float32Array.of(-0.5) },
      eventVector: { shape: [BATCH, ROWS, SMALL.dim], values: normals(points * SMALL.dim, random) },
      targetVector: { shape: [points, SMALL.dim], values: normals(points * SMALL.dim, random) },
      otherVector: { shape: [NEGATIVES, SMALL.dim], values: normals(SMALL.dim * NEGATIVES, random) },
    };
    const mask = new Float32Array(points).fill(1).fill(0, 0, 3);
    const rising = (count: number, modulo: number) => Float32Array.from({ length: count }, (_, i) => i % modulo);
    const arrays: [Float32Array, number[]][] = [
      [normals(points * 4, random).map(Math.abs), [BATCH, ROWS, 4]],
      [Float32Array.from({ length: points }, (_, i) => ROWS - 1 - (i % ROWS)), [BATCH, ROWS]],
      [mask, [BATCH, ROWS]],
      [rising(points * 5, 5), [BATCH, ROWS, 5]],
      [mask, [points]],
      [rising(points, 20), [points, 1]],
      [normals(points, random), [points]],
      [rising(NEGATIVES, NEGATIVES), [1, NEGATIVES]],
      [normals(NEGATIVES, random), [1, NEGATIVES]],
    ];
    const loss = (params: Params) =>
      nextItemLoss(
        params,
        arrays.map(([values, shape]) => tensor(values, shape)),
      );
    expectGradients(loss, weights, 2);
  },
);

test("the ranker's gradients are the slopes of its loss, for every parameter", { timeout: TIMEOUT_MS }, () => {
  const random = createRandom(3);
  const { ranker } = noisyWeights(SMALL, 6);
  const width = stateWidth(SMALL.dim);
  const wanted = new Float32Array(BATCH * CANDIDATES);
  for (let group = 0; group < BATCH; group++) wanted[group * CANDIDATES + group] = 1;
  const arrays: [Float32Array, number[]][] = [
    [normals(BATCH * ROWS * width, random), [BATCH, ROWS, width]],
    [new Float32Array(BATCH * ROWS).fill(1).fill(0, 0, 5), [BATCH, ROWS]],
    [normals(BATCH * CANDIDATES * SMALL.dim, random), [BATCH, CANDIDATES, SMALL.dim]],
    [normals(BATCH * CANDIDATES * SMALL.features, random), [BATCH, CANDIDATES, SMALL.features]],
    [Float32Array.from({ length: BATCH * 5 }, (_, i) => i % 4), [BATCH, 5]],
    [normals(BATCH * CANDIDATES, random), [BATCH, CANDIDATES]],
    [wanted, [BATCH, CANDIDATES]],
  ];
  const loss = (params: Params) =>
    rankLoss(
      params,
      arrays.map(([values, shape]) => tensor(values, shape)),
    );
  expectGradients(loss, ranker, 4);
});

test("log-sum-exp is exact and its gradient a softmax, however large or small the scores", () => {
  const scores = Float32Array.of(1_000, 999, -1_000, 0, 0, 0, -5_000, -5_001, -5_000);
  const [value, gradient] = valueAndGrad((x: Tensor) => logSumExp(x).sum())(tensor(scores, [3, 3])) as [Tensor, Tensor];
  const softmax = (row: Float32Array) => {
    const powers = Array.from(row, (x) => Math.exp(x - Math.max(...row)));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  };
  const rows = [scores.slice(0, 3), scores.slice(3, 6), scores.slice(6)];
  const expected = rows.reduce((sum, row) => sum + Math.max(...row) - Math.log(Math.max(...softmax(row))), 0);
  expect(value.dataSync()[0]).toBeCloseTo(expected, 2);
  [...(gradient.dataSync() as Float32Array)].forEach((slope, i) =>
    expect(slope).toBeCloseTo(rows.flatMap(softmax)[i], 5),
  );
});

test("a softmax without any entry is all zeros", () => {
  const [scores, mask] = [tensor(Float32Array.of(3, -2, 5, 1), [2, 2]), tensor(Float32Array.of(0, 0, 1, 0), [2, 2])];
  expect([...(maskedSoftmax(scores, mask).dataSync() as Float32Array)]).toEqual([0, 0, 1, 0]);
});
