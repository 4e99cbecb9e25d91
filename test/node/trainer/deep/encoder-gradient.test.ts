import { jit, valueAndGrad } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import { dropoutMasks } from "../../../../trainer/deep/dropout.ts";
import type { TargetBatch, TargetSizes } from "../../../../trainer/deep/encoder-batches.ts";
import { createGradientRunner } from "../../../../trainer/deep/encoder-gradient.ts";
import { createEncoderKernel, createEncoderSpace } from "../../../../trainer/deep/encoder-kernel.ts";
import { flatten, layoutOf, unflatten } from "../../../../trainer/deep/flat-weights.ts";
import { historyBatch } from "../../../../trainer/deep/history-batch.ts";
import { type Params, startJax, type Tensor, tensor, toParams, toWeights } from "../../../../trainer/deep/jax.ts";
import { MASKED } from "../../../../trainer/deep/model-numbers.ts";
import { CONTEXT_SIZE, ENCODER_DROPOUTS, SIGNAL_SIZE } from "../../../../trainer/deep/model-shape.ts";
import { below, createRandom, type Random } from "../../../../trainer/math/random.ts";
import { compileKernel } from "../../../../trainer/wasm/kernel-module.ts";
import { createSharedArrays } from "../../../../trainer/wasm/shared-memory.ts";
import { normals, noisyWeights } from "./support/networks.ts";
import { lossTensors, nextItemLoss, vectorWeights } from "./support/next-item-loss.ts";

beforeAll(startJax);

const ITEMS = 30;

/** Windows of 1 row, of some and of all, an empty slot, targets that nobody asks for, and others that are the target. */
function randomBatch({ size, rows, dim, others }: TargetSizes, random: Random): TargetBatch {
  const history = historyBatch(size, rows, dim);
  const points = size * rows;
  const floats = (count: number, value: () => number) => Float32Array.from({ length: count }, value);
  const lengths = [rows, 1, 5, 0];
  for (let slot = 0; slot < size; slot++) {
    const length = lengths[slot % lengths.length];
    for (let row = rows - length; row < rows; row++) {
      const at = slot * rows + row;
      history.mask[at] = 1;
      history.age[at] = (rows - 1 - row) ** 1.5;
      history.vector.set(normals(dim, random), at * dim);
      history.signal.set(
        floats(SIGNAL_SIZE, () => random() * 1.5),
        at * SIGNAL_SIZE,
      );
      history.context.set([random() * 9, random() * 24, below(random, 7), row, below(random, 4)], at * CONTEXT_SIZE);
    }
  }
  const weight = history.mask.map((known) => (known > 0 && random() < 0.7 ? 0.5 + random() : 0));
  const otherItem = floats(others, () => below(random, ITEMS));
  otherItem[others - 1] = -2;
  const otherLogExpected = floats(others, () => random() - 1);
  otherLogExpected[others - 1] = MASKED;
  return {
    history,
    target: normals(points * dim, random),
    weight,
    targetItem: floats(points, () => below(random, ITEMS)),
    eventItem: floats(points, () => below(random, ITEMS)),
    otherItem,
    other: normals(dim * others, random),
    targetLogExpected: floats(points, () => random() - 1),
    otherLogExpected,
  };
}

/** The largest difference, beside the largest entry. */
function difference(a: Float32Array, b: Float32Array): number {
  let [most, size] = [0, 0];
  a.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  });
  return most / Math.max(size, 1e-6);
}

test.for([
  ["rows in one tile", { size: 4, rows: 8, dim: 8, others: 12 }, 0],
  ["more rows and others than are scored at once", { size: 6, rows: 52, dim: 16, others: 300 }, 0],
  ["a dim that is no multiple of four, and odd heads", { size: 4, rows: 12, dim: 10, others: 36 }, 0],
  ["dropout", { size: 5, rows: 8, dim: 8, others: 12 }, 0.25],
] as const)("the loss of a batch and all its slopes are those that jax-js finds: %s", async ([, sizes, dropout]) => {
  const random = createRandom(7);
  const { size, rows, dim } = sizes;
  const initial = noisyWeights({ dim, events: rows, features: 0 }, 5).encoder;
  const weights = { ...initial, logScale: { shape: [1], values: Float32Array.of(-0.5) } };
  const layout = layoutOf(weights);
  const runner = createGradientRunner(await createEncoderSpace(), { layout, sizes, dropout });
  const slopes = jit(valueAndGrad((params: Params, ...given: Tensor[]) => nextItemLoss(params, given)));
  // Twice: what a first batch left behind must not show in the second.
  for (let turn = 0; turn < 2; turn++) {
    const batch = randomBatch(sizes, random);
    const flat = flatten(layout, weights);
    const found = runner.gradient({ weights: flat, batch, seed: 3 });
    const masks = dropout > 0 ? dropoutMasks(ENCODER_DROPOUTS, size * rows * dim, dropout, createRandom(3)) : [];
    const [value, gradient] = slopes(
      toParams({ ...unflatten(layout, flat), ...vectorWeights(batch, sizes) }),
      ...lossTensors(batch, sizes),
      ...masks.map((mask) => tensor(mask, [size, rows, dim])),
    ) as [Tensor, Params];
    expect(found.loss).toBeCloseTo(Number(value.dataSync()[0]), 4);
    const { eventVector, targetVector, otherVector, ...own } = toWeights(gradient);
    const mine = unflatten(layout, found.weights);
    for (const [name, { values }] of Object.entries(own)) {
      expect(difference(mine[name].values, values), name).toBeLessThan(2e-4);
    }
    expect(difference(found.event, eventVector.values)).toBeLessThan(2e-4);
    expect(difference(found.target, targetVector.values)).toBeLessThan(2e-4);
    expect(difference(found.other, otherVector.values)).toBeLessThan(2e-4);
    if (dropout === 0) expect(runner.loss(flat, [batch])).toBeCloseTo(found.loss, 6);
  }
});

test.for(["encoder", "encoder-fused"] as const)("products of all sizes are right to rounding: %s", async (name) => {
  const arrays = createSharedArrays();
  const kernel = createEncoderKernel(await compileKernel(name), arrays.memory);
  const random = createRandom(11);
  const [a, b, c] = [arrays.floats(4_000), arrays.floats(10_000), arrays.floats(4_000)];
  a.set(normals(a.length, random));
  b.set(normals(b.length, random));
  for (const [rows, columns, terms] of [
    [1, 1, 1],
    [5, 8, 3],
    [7, 20, 9],
    [12, 9, 300],
    [3, 33, 130],
    [11, 80, 120],
  ]) {
    for (const isTurned of [false, true]) {
      for (const adds of [false, true]) {
        c.fill(1);
        const [aRow, aTerm] = isTurned ? [1, rows] : [terms, 1];
        kernel.multiply(
          c.byteOffset,
          columns,
          a.byteOffset,
          aRow,
          aTerm,
          b.byteOffset,
          columns,
          rows,
          columns,
          terms,
          adds,
        );
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            let sum = adds ? 1 : 0;
            for (let k = 0; k < terms; k++) sum += a[i * aRow + k * aTerm] * b[k * columns + j];
            expect(c[i * columns + j]).toBeCloseTo(sum, 3);
          }
        }
        expect(c[rows * columns], "nothing is written past the end").toBe(1);
      }
    }
  }
});
