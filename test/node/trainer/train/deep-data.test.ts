import { describe, expect, test } from "vitest";
import { CONTEXT_COLUMNS, SIGNAL_COLUMNS } from "../../../../shared/encoder-inputs.ts";
import { FEATURES } from "../../../../shared/features.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { checkDeepInput } from "../../../../trainer/deep/check-input.ts";
import { crossFit } from "../../../../trainer/items/cross-fit.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { DEFAULT_ITEMS } from "../../../../trainer/items/fit-items.ts";
import { deepData } from "../../../../trainer/train/deep-data.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const whole = twoTastes(30, 80, 18, 1);
const trained = await trainLinear(whole, { seed: 1, holdout: 3 });
const dataset = trained.split.trainAndValidation;
const signals = eventSignals(dataset, DEFAULT_SIGNALS);
const folds = await crossFit(dataset, trained, { ...DEFAULT_ITEMS, seed: 1, signals: DEFAULT_SIGNALS, folds: 3 });
const input = await deepData({
  dataset,
  signals,
  assembly: trained.assembly,
  crossFit: folds,
  model: trained.model,
  seed: 1,
});
const { rowOfItem, table } = trained.assembly;

describe("what the deep floor learns from", () => {
  test("fits together as its training asks", () => {
    expect(checkDeepInput(input, 50)).toEqual({ items: 160, candidates: 64, features: FEATURES.length });
    expect(input.spaces.length).toBe(4);
    expect(input.groups.length).toBeGreaterThan(200);
  });

  test("has every user's signals in the order of the log, without the held-out part", () => {
    for (const sequence of input.sequences) {
      const [from, to] = [dataset.events.start[sequence.user], dataset.events.start[sequence.user + 1]];
      expect(to - from).toBe(15);
      expect([...sequence.item]).toEqual(Array.from(dataset.events.item.subarray(from, to), (item) => rowOfItem[item]));
      expect(sequence.signal.length).toBe(15 * SIGNAL_COLUMNS.length);
      // A minute lies between two events; there is none before the first.
      const hours = Array.from({ length: 15 }, (_, i) => sequence.context[i * CONTEXT_COLUMNS.length]);
      expect(hours[0]).toBe(0);
      expect(hours[7]).toBeCloseTo(1 / 60, 6);
      expect(sequence.context[7 * CONTEXT_COLUMNS.length + 3]).toBe(7);
    }
  });

  test("takes each user's vectors and scores from the fold that did not see them", () => {
    for (const { user, space } of [...input.sequences, ...input.groups]) expect(space).toBe(folds.foldOf[user] + 1);
    for (const [fold, { table: foldTable }] of folds.assemblies.entries()) {
      const inFold = [...folds.foldOf].filter((each) => each === fold).length;
      expect(foldTable.columns.history.reduce((a, b) => a + b)).toBe((30 - inFold) * 15);
    }
  });

  test("asks about the next item of the log, among others that were not met before", () => {
    for (const { user, candidate, wanted, history } of input.groups) {
      const [from, to] = [dataset.events.start[user], dataset.events.start[user + 1]];
      const rows = Array.from(dataset.events.item.subarray(from, to), (item) => rowOfItem[item]);
      const position = rows.indexOf(candidate[wanted]);
      expect(position).toBeGreaterThan(0);
      expect([...history.item]).toEqual(rows.slice(0, position));
      expect(new Set(candidate).size).toBe(64);
      for (const row of rows.slice(0, position)) expect(candidate).not.toContain(row);
    }
  });

  test("says how likely each candidate was to be drawn: the head of the list more than its tail", () => {
    const { logSampling } = input.groups[0];
    const chances = [...new Set(logSampling)].sort((a, b) => a - b);
    expect(chances.length).toBe(2);
    expect(Math.max(...input.groups.flatMap(({ logSampling: each }) => [...each]))).toBeLessThanOrEqual(0);
    expect(chances.map(Math.exp)).toContainEqual(expect.closeTo(0.28, 6));
  });

  test("gives the linear score that the fold's items have", () => {
    const { linear, wanted } = input.groups.at(-1)!;
    expect(linear.every(Number.isFinite)).toBe(true);
    expect(new Set(linear).size).toBeGreaterThan(10);
    // In a log where everyone walks the same way, the next item is the best but rarely anything else.
    const first = input.groups.filter((group) => group.linear[group.wanted] === Math.max(...group.linear)).length;
    expect(first / input.groups.length).toBeGreaterThan(0.5);
    expect(wanted).toBe(0);
    expect(table.columns.size).toBe(160);
  });

  test("is the same for the same seed", async () => {
    const again = await deepData({
      dataset,
      signals,
      assembly: trained.assembly,
      crossFit: folds,
      model: trained.model,
      seed: 1,
    });
    expect(again).toEqual(input);
  });
});
