import { expect, test } from "vitest";
import { measureFeatureScale, scaleFeatures } from "../../../../trainer/deep/feature-scale.ts";
import { measureLinearScale, meanLoss } from "../../../../trainer/deep/linear-scale.ts";
import { createNegativeSampler } from "../../../../trainer/deep/negatives.ts";
import { measureVectorScale, scaleVectors } from "../../../../trainer/deep/vector-scale.ts";
import { below, createRandom } from "../../../../trainer/math/random.ts";
import { groupAt, plantedInput } from "./support/planted.ts";
import { normals } from "./support/networks.ts";

test("scaled vectors have entries of root mean square 1, items without a vector left out", () => {
  const vectors = normals(100 * 4, createRandom(1)).map((x, i) => (i < 40 ? 0 : 17 * x));
  const scaled = scaleVectors(vectors, measureVectorScale(vectors, 4));
  expect(Math.sqrt(scaled.reduce((sum, x) => sum + x * x, 0) / 360)).toBeCloseTo(1, 5);
});

test("features are standardised and their tails compressed; a column that never varied says nothing of any value", () => {
  const block = Float32Array.from({ length: 300 }, (_, i) => [i, 5, (i % 7) * 1e6][i % 3]);
  const scale = measureFeatureScale([block.slice(0, 120), block.slice(120)], 3);
  const out = new Float32Array(300);
  scaleFeatures(block, scale, out);
  for (const column of [0, 2]) {
    const z = Array.from(out)
      .filter((_, i) => i % 3 === column)
      .map((x) => Math.sign(x) * Math.expm1(Math.abs(x)));
    expect(z.reduce((a, b) => a + b) / 100).toBeCloseTo(0, 3);
    expect(z.reduce((a, b) => a + b * b, 0) / 100).toBeCloseTo(1, 3);
  }
  scaleFeatures(Float32Array.of(1, 12_345, 1), scale, out);
  expect(out[1]).toBe(0);
});

test("negatives are drawn as often as their expected number says", () => {
  const sampler = createNegativeSampler([0, 1, 10, 100, 1_000]);
  const random = createRandom(4);
  const counts = Array<number>(5).fill(0);
  for (let i = 0; i < 100_000; i++) counts[sampler.draw(random)]++;
  counts.forEach((count, row) => expect(count / Math.exp(sampler.logExpected(row, 100_000))).toBeCloseTo(1, 1));
});

test("the linear scale is the one that explains the choices best", () => {
  const random = createRandom(6);
  const [sequence] = plantedInput(3).sequences;
  const truth = 0.5;
  const groups = Array.from({ length: 2_000 }, () => {
    const group = groupAt(sequence, 2 + below(random, 20), random);
    const linear = group.linear.map((x) => 4 * x);
    // The wanted one is drawn from the softmax itself (Gumbel's maximum).
    const noisy = Array.from(linear, (x) => truth * x - Math.log(-Math.log(random())));
    return { ...group, linear, wanted: noisy.indexOf(Math.max(...noisy)) };
  });
  const { scale, loss } = measureLinearScale(groups);
  expect(scale / truth).toBeGreaterThan(0.8);
  expect(scale / truth).toBeLessThan(1.25);
  expect(loss).toBeCloseTo(meanLoss(groups, scale), 6);
});
