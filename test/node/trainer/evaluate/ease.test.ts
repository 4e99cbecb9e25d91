import { expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { easeScorer, fitEase } from "../../../../trainer/evaluate/ease.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { makeDataset } from "../make-dataset.ts";

// XᵀX of a, b, c with λ = 1 is [[3, 1, 0], [1, 3, 1], [0, 1, 2]], of determinant 13.
const dataset = makeDataset({ one: ["a", "b"], two: ["c", "b"], three: ["a"] });
const fit = (ranges: { user: number; from: number; to: number }[] = [], data = dataset) =>
  fitEase({
    dataset: data,
    signals: eventSignals(data, DEFAULT_SIGNALS),
    ranges,
    rowOfItem: Int32Array.of(0, 1, 2),
    size: 3,
    regularization: 1,
  });

/** −P[i][j] / P[j][j] of the inverse, computed by hand: 13 P = [[5, −2, 1], [−2, 6, −3], [1, −3, 8]]. */
const byHand = [
  [0, 2 / 6, -1 / 8],
  [2 / 5, 0, 3 / 8],
  [-1 / 5, 3 / 6, 0],
];

test("weights are those of the inverse, computed by hand", async () => {
  const { weights } = await fit();
  byHand.flat().forEach((weight, e) => expect(weights[e]).toBeCloseTo(weight, 6));
});

test("held-out events, repetitions and what nobody likes are not learnt from", async () => {
  const { weights } = await fit();
  const more = makeDataset({ one: ["a", "b", "a", "b"], two: ["c", "b", "a"], three: ["a", "c"] });
  const ranges = [
    { user: more.users.indexOf("three"), from: 5, to: 6 },
    { user: more.users.indexOf("two"), from: 8, to: 9 },
  ];
  expect(more.users).toEqual(["one", "three", "two"]);
  expect((await fit(ranges, more)).weights).toEqual(weights);
});

test("a person's likes add up, all alike or fading by half in five", async () => {
  const ease = await fit();
  const rowOf = new Map([
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
  const liked = ["a", "skipped", "b"].map((item) => ({ item, target: item === "skipped" ? 0 : 1, confidence: 1 }));
  const scoresBy = (isRecent: boolean) =>
    easeScorer(ease, rowOf, isRecent)({} as never, { signals: liked } as never, {} as never);
  const last = (await scoresBy(false))[2];
  expect(last).toBeCloseTo(-1 / 8 + 3 / 8, 6);
  expect((await scoresBy(true))[2]).toBeCloseTo(-(2 ** -0.2) / 8 + 3 / 8, 6);
});

test("it can be stopped", async () => {
  const abort = new AbortController();
  abort.abort(new Error("enough"));
  const many = makeDataset(
    Object.fromEntries(
      Array.from({ length: 3_000 }, (_, u) => [`u${u}`, Array.from({ length: 90 }, (_, i) => `i${i}`)]),
    ),
  );
  const options = {
    dataset: many,
    signals: eventSignals(many, DEFAULT_SIGNALS),
    ranges: [],
    rowOfItem: Int32Array.from(many.items.keys()),
    size: 90,
  };
  await expect(fitEase({ ...options, signal: abort.signal })).rejects.toThrow("enough");
});
