import { expect, test } from "vitest";
import { createEncoderSpace } from "../../../../trainer/deep/encoder-kernel.ts";
import { createGradientGatherer } from "../../../../trainer/deep/gather-gradients.ts";

const SIZES = { size: 1, rows: 2, dim: 2, others: 4 };

test("slopes of vectors add up over all the places where an item stands, and over batches", async () => {
  const space = await createEncoderSpace();
  const gatherer = createGradientGatherer(space, 3, SIZES);
  const into = space.arrays.floats(8).fill(5);
  const batch = {
    eventItem: Float32Array.of(-1, 0),
    targetItem: Float32Array.of(0, 1),
    otherItem: Float32Array.of(0, 3, -2, -2),
  };
  const gradient = {
    event: Float32Array.of(9, 9, 1, 2),
    target: Float32Array.of(10, 20, 30, 40),
    other: Float32Array.of(100, 200, 300, 400, 9, 9, 9, 9),
  };
  gatherer.sumVectors([gradient], [{ batch }], into);
  expect([...into]).toEqual([111, 222, 30, 40, 0, 0, 300, 400]);
  gatherer.sumVectors([gradient, gradient], [{ batch }, { batch }], into);
  expect([...into]).toEqual([222, 444, 60, 80, 0, 0, 600, 800]);
});

test("slopes of weights are the mean of what the batches say", async () => {
  const space = await createEncoderSpace();
  const into = space.arrays.floats(3).fill(5);
  const gatherer = createGradientGatherer(space, 3, SIZES);
  gatherer.meanWeights([{ weights: Float32Array.of(1, 2, 3) }, { weights: Float32Array.of(3, -2, 9) }], into);
  expect([...into]).toEqual([2, 0, 6]);
});
