import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { numpy as np } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import { createAdam, learningRateAt } from "../../../../trainer/deep/adam.ts";
import { createEncoderSpace } from "../../../../trainer/deep/encoder-kernel.ts";
import { createAverage, createFlatAdam } from "../../../../trainer/deep/flat-adam.ts";
import { type Params, startJax, type Tensor, tensor, toWeights } from "../../../../trainer/deep/jax.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import { normals } from "./support/networks.ts";

beforeAll(startJax);

/** The formulas of the paper, one number at a time. */
function byHand(start: number, slopeAt: (x: number) => number, rate: number, decay: number, steps: number): number {
  let [x, mean, square] = [start, 0, 0];
  for (let step = 1; step <= steps; step++) {
    const slope = slopeAt(x);
    mean = 0.9 * mean + 0.1 * slope;
    square = 0.999 * square + 0.001 * slope * slope;
    const move = mean / (1 - 0.9 ** step) / (Math.sqrt(square / (1 - 0.999 ** step)) + 1e-8);
    x -= rate * (move + decay * x);
  }
  return x;
}

test("steps are those of Adam with decoupled decay, decay only where asked for", () => {
  const target = Float32Array.of(3, -1, 0.5);
  const start = Float32Array.of(0, 2, 0.5);
  const params = { bound: tensor(start, [3]), free: tensor(start, [3]) };
  const loss = ({ bound, free }: Params, goal: Tensor) =>
    np.sum(np.square(bound.sub(goal.ref))).add(np.sum(np.square(free.sub(goal))));
  using adam = createAdam(params, loss, (name) => (name === "bound" ? 0.1 : 0));
  for (let step = 0; step < 20; step++) adam.step([tensor(target, [3])], 0.05);
  const { bound, free } = toWeights(adam.params);
  start.forEach((x, i) => {
    const slopeAt = (at: number) => 2 * (at - target[i]);
    expect(bound.values[i]).toBeCloseTo(byHand(x, slopeAt, 0.05, 0.1, 20), 4);
    expect(free.values[i]).toBeCloseTo(byHand(x, slopeAt, 0.05, 0, 20), 4);
  });
});

test("in the kernel's memory the steps are the same", async () => {
  const target = Float32Array.of(3, -1, 0.5, 2, -7);
  const start = Float32Array.of(0, 2, 0.5, -1, 4);
  const adam = createFlatAdam(await createEncoderSpace(), start, { decayOf: (i) => (i === 0 ? 0.1 : 0) });
  for (let step = 0; step < 20; step++) {
    adam.values.forEach((x, i) => (adam.slope[i] = 2 * (x - target[i])));
    adam.step(0.05);
  }
  expect(adam.values).toHaveLength(5);
  start.forEach((x, i) => {
    expect(adam.values[i]).toBeCloseTo(
      byHand(x, (at) => 2 * (at - target[i]), 0.05, i === 0 ? 0.1 : 0, 20),
      4,
    );
  });
});

test("what is drawn home goes back to where it came from, by the rate", async () => {
  const start = Float32Array.of(0, 2, 0.5);
  const adam = createFlatAdam(await createEncoderSpace(), start, { home: 0.1 });
  adam.step(0.05);
  expect([...adam.values]).toEqual([...start]);
  adam.values.set([1, 2, 2.5]);
  for (let step = 0; step < 2; step++) adam.step(0.05);
  const left = (1 - 0.05 * 0.1) ** 2;
  [left, 2, 0.5 + 2 * left].forEach((value, i) => expect(adam.values[i]).toBeCloseTo(value, 5));
});

test("an average starts as the mean of what it was given, and forgets at its own pace afterwards", async () => {
  const space = await createEncoderSpace();
  const given = space.arrays.floats(1);
  const { average, add } = createAverage(space, Float32Array.of(100), 0.75);
  const addValue = (value: number) => add(given.fill(value));
  for (const value of [1, 3]) addValue(value);
  expect(average[0]).toBeCloseTo(2, 6);
  for (let i = 0; i < 2; i++) addValue(2);
  expect(average[0]).toBeCloseTo(2, 6);
  addValue(6);
  expect(average[0]).toBeCloseTo(0.75 * 2 + 0.25 * 6, 6);
});

test("the learning rate warms up, then falls to almost nothing", () => {
  const rates = Array.from({ length: 200 }, (_, step) => learningRateAt(step, 200, 1));
  expect(Math.max(...rates)).toBeLessThanOrEqual(1);
  expect(rates.indexOf(Math.max(...rates))).toBe(29);
  expect(rates[0]).toBeLessThan(0.05);
  expect(rates[199]).toBeLessThan(0.001);
});

/** Memory of the process less the room that the collector keeps free: how much that is says nothing of what is held. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - (heapTotal - heapUsed);
}

test("a thousand steps hold no more memory than a hundred", { timeout: 60_000 }, () => {
  const [rows, columns] = [64, 1_024];
  const random = createRandom(1);
  const batch = normals(rows * columns, random);
  const params = {
    weight: tensor(normals(columns * 16, random), [columns, 16]),
    bias: tensor(new Float32Array(16), [16]),
  };
  const loss = ({ weight, bias }: Params, x: Tensor) => np.mean(np.square(np.matmul(x, weight).add(bias)));
  using adam = createAdam(params, loss, () => 0.01);
  const run = (steps: number) => {
    for (let step = 0; step < steps; step++) adam.step([tensor(batch, [rows, columns])], 1e-3);
    return heldBytes();
  };
  const early = run(100);
  const late = run(900);
  // One batch a step kept would be 236 MB, one set of parameters 59 MB.
  expect((late - early) / 2 ** 20).toBeLessThan(30);
});
