import { expect, test } from "vitest";
import type { RankGroup } from "../../../../trainer/deep/deep-input.ts";
import { measureFeatureScale, scaleFeatures } from "../../../../trainer/deep/feature-scale.ts";
import { measureLinearScale, measureScales, meanLoss } from "../../../../trainer/deep/linear-scale.ts";
import { createOthers, MOST_WHOLE } from "../../../../trainer/deep/others.ts";
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

test("of a large catalogue others are drawn as often as their expected number says", () => {
  const n = MOST_WHOLE + 1;
  const draw = createOthers(
    Uint32Array.from({ length: n }, (_, row) => (row < 4 ? 100_000 * 10 ** row : 1)),
    10_000,
    createRandom(4),
  );
  const counts = new Float64Array(4);
  const rounds = 10;
  for (let round = 0; round < rounds; round++) for (const row of draw().item) if (row < 4) counts[row]++;
  const { item, logExpected, logExpectedOf } = draw();
  expect(item.length).toBe(10_000);
  counts.forEach((count, row) => expect(count / (rounds * Math.exp(logExpectedOf(row)))).toBeCloseTo(1, 1));
  item.forEach((row, m) => expect(logExpected[m]).toBeCloseTo(logExpectedOf(row), 5));
});

test("of a small catalogue all items are the others, in slots of a multiple of four", () => {
  const { item, logExpected, logExpectedOf } = createOthers(new Uint32Array(6), 10_000, createRandom(4))();
  expect([...item]).toEqual([0, 1, 2, 3, 4, 5, -2, -2]);
  expect([...logExpected]).toEqual([0, 0, 0, 0, 0, 0, 1e9, 1e9]);
  expect(logExpectedOf(3)).toBe(0);
});

test("both scales are those that explain the choices best", () => {
  const random = createRandom(9);
  const [{ sequence }] = plantedInput(3).heldOut;
  const [linearTruth, queryTruth] = [0.5, 1.5];
  const queries = new Map<RankGroup, Float32Array>();
  const groups = Array.from({ length: 2_000 }, () => {
    const group = groupAt(0, sequence, 2 + below(random, 20), random);
    const linear = group.linear.map((x) => 4 * x);
    const query = normals(linear.length, random);
    const noisy = Array.from(linear, (x, c) => linearTruth * x + queryTruth * query[c] - Math.log(-Math.log(random())));
    const made = { ...group, linear, wanted: noisy.indexOf(Math.max(...noisy)) };
    queries.set(made, query);
    return made;
  });
  const { linearScale, queryScale } = measureScales(groups, (group) => queries.get(group)!);
  expect(Math.abs(linearScale / linearTruth - 1)).toBeLessThan(0.15);
  expect(Math.abs(queryScale / queryTruth - 1)).toBeLessThan(0.15);
});

test("the linear scale is the one that explains the choices best", () => {
  const random = createRandom(6);
  const [{ sequence }] = plantedInput(3).heldOut;
  const truth = 0.5;
  const groups = Array.from({ length: 2_000 }, () => {
    const group = groupAt(0, sequence, 2 + below(random, 20), random);
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
