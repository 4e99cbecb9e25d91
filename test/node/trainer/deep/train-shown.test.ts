import { expect, test } from "vitest";
import type { ShownGroup } from "../../../../trainer/deep/deep-input.ts";
import { calibrate, groupedOrder } from "../../../../trainer/deep/shown-measures.ts";
import { DEEP_SETTINGS } from "../../../../trainer/deep/deep-input.ts";
import { scaleFeatures } from "../../../../trainer/deep/feature-scale.ts";
import { startJax, tensor, toParams } from "../../../../trainer/deep/jax.ts";
import { positionBucket } from "../../../../trainer/deep/position-tower.ts";
import { initialShownRanker, shownLogits } from "../../../../trainer/deep/shown-ranker.ts";
import { createStepClock } from "../../../../trainer/deep/step-clock.ts";
import { shownBatch, shownTensors } from "../../../../trainer/deep/shown-batches.ts";
import { shownLoss } from "../../../../trainer/deep/shown-loss.ts";
import { trainDeep } from "../../../../trainer/deep/train-deep.ts";
import { trainShown } from "../../../../trainer/deep/train-shown.ts";
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
    position: new Int16Array(label.length).fill(-1),
    weight: new Float32Array(label.length).fill(1),
    surface: new Uint8Array(label.length),
  };
}

test("the order of groups is the share of pairs, weighted by what was shown", () => {
  const groups = [group([1, 0, 1, 0]), group([1, 0]), group([1])];
  const scores = [[0.9, 0.8, 0.3, 0.3], [1, 2], [5]];
  // 2.5 of 4 pairs over four shown, 0 of 1 over two, and a person who left nothing.
  expect(groupedOrder(groups, 0, 1, (g, c) => scores[g]![c]!)).toBeCloseTo((4 * 0.625) / 6, 12);
  expect(groupedOrder([group([1])], 0, 1, () => 0)).toBe(0.5);
});

test("what stands on two surfaces is not in any order", () => {
  const two = { ...group([1, 0, 1, 0]), surface: Uint8Array.of(0, 0, 1, 1) };
  const scores = [0.1, 0.2, 0.9, 0.05];
  expect(groupedOrder([two], 0, 1, (_, c) => scores[c]!)).toBe(0.5);
});

test("a candidate of weight 3 counts as three that were shown", async () => {
  const once = { ...group([1, 0, 0]), weight: Float32Array.of(1, 3, 1) };
  const thrice = group([1, 0, 0, 0, 0]);
  const rows = [0, 1, 1, 1, 2];
  const scores = [0.3, 0.2, 0.9];
  const other = [group([1, 0]), [0.1, 0.2]] as const;
  expect(groupedOrder([once, other[0]], 0, 1, (g, c) => (g === 0 ? scores : other[1])[c]!)).toBeCloseTo(
    groupedOrder([thrice, other[0]], 0, 1, (g, c) => (g === 0 ? scores[rows[c]!] : other[1][c])!),
    12,
  );
  await startJax();
  const scale = { mean: new Float32Array(2), inverseDeviation: Float32Array.of(1, 1) };
  const sizes = { size: 1, columns: 2, heads: 1 };
  const random = createRandom(5);
  const initial = initialShownRanker(2, 1, 1);
  const weights = Object.fromEntries(
    Object.entries(initial).map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map(() => random() - 0.5) },
    ]),
  );
  const seen = Array.from({ length: 3 }, () => [random(), random()]);
  const lossOf = (of: ShownGroup, candidates: readonly number[]) => {
    const feature = Float32Array.from(candidates.flatMap((row) => seen[row]!));
    const batch = shownBatch([{ ...of, feature }], { reads: [0, 1], surfaces: 0 }, sizes, scale);
    return Number(shownLoss(toParams(weights), shownTensors(batch, sizes, [1])).dataSync()[0]);
  };
  expect(lossOf(once, [0, 1, 2])).toBeCloseTo(lossOf(thrice, rows), 6);
  expect(Math.abs(lossOf(once, [0, 1, 2]) - lossOf(group([1, 0, 0]), [0, 1, 2]))).toBeGreaterThan(1e-3);
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
        position: new Int16Array(k).fill(-1),
        weight: new Float32Array(k).fill(1),
        surface: new Uint8Array(k),
      };
    });
    const { heads, weights, calibration, report, curves, vectors } = await trainDeep(
      {
        ...planted,
        rank: async (refined) => ({
          vectors: refined,
          groups: [],
          shown: { heads: ["click", "finish"], reads: [0, 1], surfaces: [], groups },
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
    const { measure, points, linear } = curves.ranker;
    expect([measure, points.at(-1)!.step]).toEqual(["gauc", report.ranker.steps]);
    expect(points.at(-1)!.value).toBeGreaterThan(linear!);
    expect(gauc["click"]).toBeGreaterThan(0.8);
    expect(gauc["finish"]).toBeGreaterThan(0.8);
    for (const { c } of calibration) expect(c).toBeGreaterThan(0.5);
    expect(weights).toHaveLength(2);
    for (const weight of weights) expect(weight).toBeGreaterThan(0);
    // The item vectors stay, but for the rounding of their scale.
    vectors.forEach((value, i) => expect(Math.abs(value - planted.vectors[i])).toBeLessThan(1e-6));
  },
);

test("a label that nothing says is no label: who learns is told no more than without the exposure", () => {
  const known = group([1, 0]);
  const withUnsaid: ShownGroup = { ...group([1, 0, NaN]), linear: Float32Array.of(0, 0, 5) };
  const logits = [Float32Array.of(1, 2)];
  const more = [Float32Array.of(1, 2, 9)];
  expect(calibrate([withUnsaid], more, 0, 1)).toEqual(calibrate([known], logits, 0, 1));
  const scores = (g: readonly Float32Array[]) => (at: number, c: number) => g[at]![c]!;
  expect(groupedOrder([withUnsaid], 0, 1, scores(more))).toBe(groupedOrder([known], 0, 1, scores(logits)));
  const scale = { mean: new Float32Array(0), inverseDeviation: new Float32Array(0) };
  const batch = shownBatch([withUnsaid], { reads: [], surfaces: 0 }, { size: 1, columns: 0, heads: 1 }, scale);
  expect([...batch.said.subarray(0, 4)]).toEqual([1, 1, 0, 0]);
  expect([...batch.label.subarray(0, 4)]).toEqual([1, 0, 0, 0]);
  // One pair, that weighs as much as what was shown.
  expect([...batch.pair]).toEqual([3]);
});

test("a skip counts against an item, and a longer look for it", { timeout: 120_000 }, async () => {
  await startJax();
  const random = createRandom(13);
  const K = 4;
  // The first feature is liked, the second repels, and people look longer at more of the third.
  const groups = Array.from({ length: 2_000 }, (_, user): ShownGroup => {
    const feature = Float32Array.from({ length: 3 * K }, () => 2 * random() - 1);
    const chance = (odds: number) => 1 / (1 + Math.exp(-odds));
    const label = Float32Array.from({ length: 3 * K }, (_each, i) => {
      const odds = 3 * feature[i]! - 1;
      return i % 3 === 2 ? chance(odds) : Number(random() < chance(odds));
    });
    const position = new Int16Array(K).fill(-1);
    const surface = new Uint8Array(K);
    const weight = new Float32Array(K).fill(1);
    const linear = new Float32Array(K);
    return { user, candidate: new Uint32Array(K), feature, linear, label, position, weight, surface };
  });
  const input = {
    heads: ["click", "skip", "dwell"] as const,
    reads: [0, 1, 2],
    surfaces: [],
    groups,
    isHeldOut: (user: number) => user % 10 === 0,
  };
  const settings = { ...DEEP_SETTINGS, rankerBatch: 64, rankerEpochs: 6, rankerRate: 1e-2, dropout: 0 };
  const { gauc, headWeights, weights, calibration } = await trainShown(input, settings, 1, createStepClock({}));
  expect(gauc["click"]).toBeGreaterThan(0.75);
  expect(gauc["skip"]).toBeGreaterThan(0.75);
  // A quantile has no chance in it here: every pair has a right order.
  expect(gauc["dwell"]).toBeGreaterThan(0.95);
  const [click, skip, dwell] = headWeights;
  expect(click).toBeGreaterThan(0);
  expect(skip).toBe(-click!);
  expect(dwell).toBe(click);
  expect(calibration).toHaveLength(3);
  expect(weights["outBias"]!.values).toHaveLength(3);
});

test("what people want in one place is not taken for what they want in another", { timeout: 120_000 }, async () => {
  await startJax();
  const random = createRandom(17);
  const K = 4;
  const [FEED, SHELF, OTHER] = [0, 1, 2];
  // On the feed the feature is liked, on the shelf it repels; the feed is clicked three times as often.
  const groups = Array.from({ length: 3_000 }, (_, user): ShownGroup => {
    const feature = Float32Array.from({ length: K }, () => 2 * random() - 1);
    const surface = Uint8Array.from({ length: K }, () => (random() < 0.7 ? FEED : SHELF));
    const odds = (c: number) => (surface[c] === FEED ? 2 * feature[c]! : -2 * feature[c]! - 1.5);
    const label = Float32Array.from({ length: K }, (_each, c) => Number(random() < 1 / (1 + Math.exp(-odds(c)))));
    const position = new Int16Array(K).fill(-1);
    const weight = new Float32Array(K).fill(1);
    const linear = new Float32Array(K);
    return { user, candidate: new Uint32Array(K), feature, linear, label, position, weight, surface };
  });
  const isHeldOut = (user: number) => user % 10 === 0;
  const settings = { ...DEEP_SETTINGS, rankerBatch: 64, rankerEpochs: 8, rankerRate: 1e-2, dropout: 0 };
  const learn = (surfaces: readonly string[]) =>
    trainShown({ heads: ["click"], reads: [0], surfaces, groups, isHeldOut }, settings, 1, createStepClock({}));
  const told = await learn(["feed", "shelf"]);
  const untold = await learn([]);
  expect(told.gauc["click"]).toBeGreaterThan(untold.gauc["click"]! + 0.1);
  const { weights, featureScale } = told;
  /** How much more a full step of the feature is worth. */
  const slopeOn = (surface: number) => {
    const raw = [0, 1].flatMap((x) => [
      x,
      Number(surface === FEED),
      Number(surface === SHELF),
      Number(surface === OTHER),
    ]);
    const scaled = new Float32Array(raw.length);
    scaleFeatures(Float32Array.from(raw), featureScale, scaled);
    const [none, full] = shownLogits(toParams(weights), tensor(scaled, [2, 4])).dataSync();
    return full! - none!;
  };
  expect(slopeOn(FEED)).toBeGreaterThan(1);
  expect(slopeOn(SHELF)).toBeLessThan(-1);
});

test("to know only that one place is clicked more is worth nothing to a list", { timeout: 120_000 }, async () => {
  await startJax();
  const random = createRandom(19);
  const K = 4;
  const groups = Array.from({ length: 2_000 }, (_, user): ShownGroup => {
    const surface = Uint8Array.from({ length: K }, () => Number(random() < 0.5));
    // The linear score has the order of each place; the feature has nothing.
    const linear = Float32Array.from({ length: K }, () => 4 * random() - 2);
    const odds = (c: number) => linear[c]! - (surface[c] === 1 ? 3 : 0);
    const label = Float32Array.from({ length: K }, (_each, c) => Number(random() < 1 / (1 + Math.exp(-odds(c)))));
    const position = new Int16Array(K).fill(-1);
    const feature = Float32Array.from({ length: K }, () => 2 * random() - 1);
    const weight = new Float32Array(K).fill(1);
    return { user, candidate: new Uint32Array(K), feature, linear, label, position, weight, surface };
  });
  const input = { heads: ["click"] as const, reads: [0], surfaces: ["page", "shelf"], groups };
  const settings = { ...DEEP_SETTINGS, rankerBatch: 64, rankerEpochs: 4, rankerRate: 1e-2, dropout: 0 };
  const isHeldOut = (user: number) => user % 5 === 0;
  const { headWeights } = await trainShown({ ...input, isHeldOut }, settings, 1, createStepClock({}));
  expect(headWeights[0]).toBeLessThanOrEqual(0.5);
});

test("the first eight places are told apart, later ones by how far they are, and silence is no place", () => {
  expect([-1, 0, 7, 8, 15, 16, 31, 32, 64, 30_000].map(positionBucket)).toEqual([
    undefined,
    0,
    7,
    8,
    8,
    9,
    9,
    10,
    11,
    11,
  ]);
});

test("what earlier lists put first is not taken for what people like, where the log says the places", async () => {
  await startJax();
  const random = createRandom(5);
  const K = 6;
  // Lists were made by the first feature. People look at what comes first, and like by the second.
  const groups = Array.from({ length: 3_000 }, (_, user): ShownGroup => {
    const feature = Float32Array.from({ length: 2 * K }, () => 2 * random() - 1);
    const byFirst = Array.from({ length: K }, (_each, c) => c).sort((a, b) => feature[2 * b]! - feature[2 * a]!);
    const position = Int16Array.from({ length: K }, (_each, c) => byFirst.indexOf(c));
    const takes = (c: number) => random() < 1 / (1 + Math.exp(0.7 * position[c]! - 1 - 2 * feature[2 * c + 1]!));
    const label = Float32Array.from({ length: K }, (_each, c) => Number(takes(c)));
    const surface = new Uint8Array(K);
    const weight = new Float32Array(K).fill(1);
    const linear = new Float32Array(K);
    return { user, candidate: new Uint32Array(K), feature, linear, label, position, weight, surface };
  });
  /** What the head says of a full step of either feature. */
  const learntFrom = async (given: readonly ShownGroup[]) => {
    const input = {
      heads: ["click"] as const,
      reads: [0, 1],
      surfaces: [],
      groups: given,
      isHeldOut: (user: number) => user % 10 === 0,
    };
    const settings = {
      ...DEEP_SETTINGS,
      rankerBatch: 64,
      rankerEpochs: 8,
      rankerRate: 1e-2,
      rankerDecay: 0.3,
      dropout: 0,
    };
    const clock = createStepClock({});
    const { weights, featureScale, curve, gauc } = await trainShown(input, settings, 1, clock);
    expect(Object.keys(weights)).not.toContain("positionBias");
    // Places have no part in the curve that a report shows.
    expect(curve.at(-1)!.value).toBe(gauc["click"]);
    const scaled = [0, 0, 1, 0, 0, 1].map(
      (x, i) => (x - featureScale.mean[i % 2]!) * featureScale.inverseDeviation[i % 2]!,
    );
    const [none, first, second] = shownLogits(toParams(weights), tensor(Float32Array.from(scaled), [3, 2])).dataSync();
    return { first: first! - none!, second: second! - none! };
  };
  const told = await learntFrom(groups);
  const untold = await learntFrom(groups.map((each) => ({ ...each, position: new Int16Array(K).fill(-1) })));
  expect(untold.first).toBeGreaterThan(0.6 * untold.second);
  expect(Math.abs(told.first)).toBeLessThan(0.2 * told.second);
}, 120_000);
