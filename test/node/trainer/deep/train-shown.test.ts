import { expect, test } from "vitest";
import type { ShownGroup } from "../../../../trainer/deep/deep-input.ts";
import { calibrate, groupedOrder } from "../../../../trainer/deep/shown-measures.ts";
import { trainDeep } from "../../../../trainer/deep/train-deep.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import { FEATURES, plantedInput } from "./support/planted.ts";

function group(label: readonly number[], linear: readonly number[] = label.map(() => 0)): ShownGroup {
  const none = new Float32Array(0);
  return {
    user: 0,
    candidate: new Uint32Array(label.length),
    feature: none,
    linear: Float32Array.from(linear),
    label: Float32Array.from(label),
  };
}

test("the order of groups is the share of pairs, weighted by what was shown", () => {
  const groups = [group([1, 0, 1, 0]), group([1, 0]), group([1])];
  const scores = [[0.9, 0.8, 0.3, 0.3], [1, 2], [5]];
  // 2.5 of 4 pairs over four shown, 0 of 1 over two, and a person who left nothing.
  expect(groupedOrder(groups, 0, 1, (g, c) => scores[g]![c]!)).toBeCloseTo((4 * 0.625) / 6, 12);
  expect(groupedOrder([group([1])], 0, 1, () => 0)).toBe(0.5);
});

test("calibration finds the law that labels were drawn by", () => {
  const random = createRandom(3);
  const logits: Float32Array[] = [];
  const groups = Array.from({ length: 4_000 }, () => {
    const [linear, logit] = [
      Array.from({ length: 4 }, () => 4 * random() - 2),
      Array.from({ length: 4 }, () => 4 * random() - 2),
    ];
    logits.push(Float32Array.from(logit));
    const label = linear.map((score, c) => Number(random() < 1 / (1 + Math.exp(1 - 0.5 * score - 1.5 * logit[c]!))));
    return group(label, linear);
  });
  const { a, b, c } = calibrate(groups, logits, 0, 1);
  expect([a, b, c].map((value) => Math.round(10 * value) / 10)).toEqual([-1, 0.5, 1.5]);
});

test(
  "each head learns what people did of what they were shown, and its probability is the rate",
  { timeout: 120_000 },
  async () => {
    const planted = plantedInput(7);
    const random = createRandom(11);
    // A click is by the first feature, to finish by the second; both by chance, as people are.
    const groups = planted.groups.map(({ user, candidate, feature, linear }): ShownGroup => {
      const k = 4;
      const odds = (c: number, f: number) => 3 * feature[c * FEATURES + f]! - 1;
      return {
        user,
        candidate: candidate.slice(0, k),
        feature: feature.slice(0, k * FEATURES),
        linear: linear.slice(0, k),
        label: Float32Array.from({ length: 2 * k }, (_, i) =>
          Number(random() < 1 / (1 + Math.exp(-odds(i >> 1, i % 2)))),
        ),
      };
    });
    const { heads, weights, calibration, report, vectors } = await trainDeep(
      {
        ...planted,
        rank: async (refined) => ({
          vectors: refined,
          groups: [],
          shown: { heads: ["click", "finish"], reads: [0, 1], groups },
        }),
      },
      {
        events: 16,
        seed: 1,
        settings: {
          encoderMaxSteps: 2,
          vectorRate: 0,
          rankerBatch: 32,
          rankerEpochs: 5,
          rankerRate: 1e-2,
          heldOut: 0.3,
        },
      },
    );
    expect(heads).toEqual(["click", "finish"]);
    const { gauc } = report.ranker as { gauc: Record<string, number> };
    expect(gauc["click"]).toBeGreaterThan(0.8);
    expect(gauc["finish"]).toBeGreaterThan(0.8);
    for (const { c } of calibration) expect(c).toBeGreaterThan(0.5);
    expect(weights).toHaveLength(2);
    for (const weight of weights) expect(weight).toBeGreaterThan(0);
    // The item vectors stay, but for the rounding of their scale.
    vectors.forEach((value, i) => expect(Math.abs(value - planted.vectors[i])).toBeLessThan(1e-6));
  },
);
