import { describe, expect, test } from "vitest";
import { coldItems } from "../../../../trainer/evaluate/cold-items.ts";
import { coldPeople } from "../../../../trainer/evaluate/cold-people.ts";
import { hitOf } from "../../../../trainer/evaluate/metrics.ts";
import type { Scorer } from "../../../../trainer/evaluate/replay.ts";
import { createScorers } from "../../../../trainer/evaluate/scorers.ts";
import { hiddenItems, withoutItems } from "../../../../trainer/split/hide-items.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { inSeries, makeDataset, twoTastes } from "../make-dataset.ts";

const whole = twoTastes(60, 60, 24, 1);
const hidden = hiddenItems(whole.items, { share: 0.2, seed: 3 });
const dataset = withoutItems(whole, hidden, { holdout: 1 });
const { assembly, model, signals, items } = await trainLinear(dataset, { seed: 1, holdout: 1 });
const { test: ranges } = splitLast(dataset, 1);
const base = { dataset, signals, assembly, model, seed: 1 };
const rowOf = (e: number) => assembly.rowOfItem[dataset.events.item[e]];
const coldRows = new Set(Array.from(hidden.keys(), (i) => (hidden[i] ? assembly.rowOfItem[i] : -1)));

/** Scores of all rows by a function. */
const scorer =
  (score: (row: number, target: number, user: number) => number): Scorer =>
  ({ event, user }) =>
    Float32Array.from(assembly.items, (_, row) => score(row, rowOf(event), user));

describe("new items", async () => {
  const table = await coldItems({
    ...base,
    ranges,
    hidden,
    scorers: {
      oracle: scorer((row, target) => Number(row === target)),
      wary: scorer((row, target) => Number(row === target) - 2 * Number(coldRows.has(row))),
      even: scorer(() => 0),
    },
  });
  const { models, targets } = table;

  test("have lost every event but those that are guessed", () => {
    expect(hidden.every((is, i) => (is ? items.history[i] === 0 : true))).toBe(true);
    expect(targets.cold).toBe(ranges.filter(({ from }) => hidden[dataset.events.item[from]] === 1).length);
    expect(targets.cold).toBeGreaterThan(3);
    expect(targets.cold + targets.known).toBe(ranges.length);
    expect(table.demandShare).toBeCloseTo(targets.cold / ranges.length, 12);
    expect(table.catalogueShare).toBeCloseTo((coldRows.size - 1) / whole.items.length, 12);
  });

  test("are all found by who knows the answer, and by nobody who puts them last but among themselves", () => {
    expect(models["oracle"].amongAll).toMatchObject({ hr: { mean: 1, low: 1, high: 1 }, ndcg: { mean: 1 } });
    expect(models["wary"].amongAll.hr.mean).toBe(0);
    expect(models["wary"].amongCold.ndcg.mean).toBe(1);
    expect(models["wary"].exposure.mean).toBe(0);
    expect(models["wary"].known.hr.mean).toBe(1);
  });

  test("tie with all others where nothing is known, and are nobody's hit", () => {
    expect(models["even"].amongAll.hr.mean).toBe(0);
    expect(models["even"].amongCold.hr.mean).toBe(hitOf(1 + (coldRows.size - 2) / 2));
  });

  test("that nobody takes are nothing to measure", async () => {
    const none = coldItems({ ...base, ranges, hidden: new Uint8Array(whole.items.length), scorers: {} });
    await expect(none).rejects.toMatchObject({ code: "no_data" });
  });
});

describe("new items of series that people go through in any order", async () => {
  const series = inSeries(400, 8, 2);
  const unmet = hiddenItems(series.items, { share: 0.1, seed: 1 });
  const seen = withoutItems(series, unmet, { holdout: 1 });
  const trained = await trainLinear(seen, { seed: 1, holdout: 1 });
  const scored = { assembly: trained.assembly, model: trained.model, seed: 1 };
  const { models, demandShare, differences } = await coldItems({
    dataset: seen,
    signals: trained.signals,
    ranges: trained.split.test,
    hidden: unmet,
    ...scored,
    scorers: createScorers(["linear", "category-cosine", "popularity"], scored),
  });

  test("are found among all by the linear score, and get about their share of the first places", () => {
    const { linear } = models;
    expect(linear.amongAll.hr.mean).toBeGreaterThan(0.05);
    expect(linear.exposure.mean).toBeGreaterThan(0.3 * demandShare);
    expect(linear.exposure.mean).toBeLessThan(1.3 * demandShare);
    expect(models["popularity"].amongAll.hr.mean).toBe(0);
    const both = differences["linear - category-cosine"].amongAll.mean;
    expect(both).toBeCloseTo(linear.amongAll.hr.mean - models["category-cosine"].amongAll.hr.mean, 12);
  });
});

describe("new people", async () => {
  const { people, models } = await coldPeople({
    ...base,
    ranges,
    scorers: {
      ...createScorers(["linear", "popularity"], base),
      // Finds the target once it knows of three events, and knows of nothing else.
      third: ({ profile, event }) =>
        Float32Array.from(assembly.items, (_, row) => Number(profile.signals.length >= 3 && row === rowOf(event))),
    },
  });
  const curve = (name: string) => models[name].map(({ events, hr }) => [events, hr.mean]);

  test("are the same at every number of events, so many of the last ones known", () => {
    expect(people).toBe(ranges.filter(({ user, from }) => from - dataset.events.start[user] >= 10).length);
    expect(curve("third")).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1],
      [5, 1],
      [10, 1],
    ]);
  });

  test("get better lists by each event, from those of popularity on", () => {
    const linear = models["linear"];
    expect(linear[0].ndcg.mean).toBeCloseTo(models["popularity"][0].ndcg.mean, 6);
    expect(linear[1].ndcg.low).toBeGreaterThan(linear[0].ndcg.high);
  });

  test("who have done nothing that could be guessed make an empty table", async () => {
    const skipped = makeDataset({ u: ["red000", "red001", "red002", "red003"] }, whole.items, "skip");
    const none = splitLast(skipped, 1).test;
    const empty = { ...base, dataset: skipped, signals: { ...signals, target: new Float32Array(4) } };
    expect(await coldPeople({ ...empty, ranges: none, scorers: {} })).toEqual({ people: 0, models: {} });
  });
});
