import { describe, expect, test } from "vitest";
import { CONTEXT_COLUMNS, SIGNAL_COLUMNS } from "../../../../shared/encoder-inputs.ts";
import { FEATURES } from "../../../../shared/features.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { checkDeepInput, checkRankInput } from "../../../../trainer/deep/check-input.ts";
import { assemble } from "../../../../trainer/items/assemble.ts";
import { rankInputOf, sequencesOf } from "../../../../trainer/train/deep-data.ts";
import { earlyItems, trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(30, 80, 18, 1);
const trained = await trainLinear(dataset, { seed: 1, holdout: 3 });
const { items, split } = await earlyItems(dataset, trained, { seed: 1 });
const { sequences, heldOut } = sequencesOf({ dataset, ...split, table: DEFAULT_SIGNALS });
const assembly = await assemble(dataset.items, items, { seed: 1 });
const { rowOfItem } = assembly;
const { signals, model } = trained;
const rankOptions = { dataset, signals, assembly, validation: split.validation, model, strays: 0, seed: 1 };
const ranked = await rankInputOf(rankOptions);
/** Of each user, 18 events: 12 to learn from, 3 to choose by, 3 of the test part. */
const [LEARNT, CHOSEN] = [12, 3];

describe("what the deep floor learns from", () => {
  test("fits together as its training asks", () => {
    checkDeepInput({ dim: items.dim, vectors: items.vectors, sequences, heldOut, rank: async () => ranked });
    expect(checkRankInput(ranked, items.dim, 50)).toEqual({ items: 160, candidates: 64, features: FEATURES.length });
    expect(ranked.groups.length).toBeGreaterThan(60);
  });

  test("has every user's signals in the order of the log, without what is held out", () => {
    sequences.forEach((sequence, user) => {
      const from = dataset.events.start[user];
      expect([...sequence.item]).toEqual([...dataset.events.item.subarray(from, from + LEARNT)]);
      expect(sequence.signal.length).toBe(LEARNT * SIGNAL_COLUMNS.length);
      // A minute lies between two events; there is none before the first.
      const hours = Array.from({ length: LEARNT }, (_, i) => sequence.context[i * CONTEXT_COLUMNS.length]);
      expect(hours[0]).toBe(0);
      expect(hours[7]).toBeCloseTo(1 / 60, 6);
      expect(sequence.context[7 * CONTEXT_COLUMNS.length + 3]).toBe(7);
    });
  });

  test("holds out the events after them, and never sees those of the test part", () => {
    expect(heldOut.length).toBe(30);
    heldOut.forEach(({ sequence, targetsFrom }, i) => {
      const from = dataset.events.start[split.validation[i].user];
      expect([...sequence.item]).toEqual([...dataset.events.item.subarray(from, from + LEARNT + CHOSEN)]);
      expect(targetsFrom).toBe(LEARNT);
    });
  });

  test("asks the ranker about held-out items, among others that were not met before", () => {
    for (const { user, candidate, wanted, history } of ranked.groups) {
      const [from, to] = [dataset.events.start[user], dataset.events.start[user] + LEARNT + CHOSEN];
      const rows = Array.from(dataset.events.item.subarray(from, to), (item) => rowOfItem[item]);
      const position = rows.indexOf(candidate[wanted]);
      expect(position).toBeGreaterThanOrEqual(LEARNT);
      expect([...history.item]).toEqual(rows.slice(0, position).slice(-history.item.length));
      expect(new Set(candidate).size).toBe(64);
      for (const row of rows.slice(0, position)) expect(candidate).not.toContain(row);
    }
  });

  test("asks every other time as if the person had come a few events ago", () => {
    const whole = ranked.groups.filter(({ user, candidate, wanted, history }) => {
      const from = dataset.events.start[user];
      return rowOfItem[dataset.events.item[from + history.item.length]] === candidate[wanted];
    });
    // Of the shorter half some are as long as the whole history, which is 12 to 14 events here.
    const share = whole.length / ranked.groups.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.75);
    const lengths = ranked.groups.filter((group) => !whole.includes(group)).map(({ history }) => history.item.length);
    expect(Math.min(...lengths)).toBe(1);
    expect(Math.max(...lengths)).toBeGreaterThan(5);
  });

  test("gives the ranker items that were learnt without the held-out events", () => {
    expect(assembly.table.columns.history.reduce((a, b) => a + b)).toBe(30 * LEARNT);
  });

  test("says how likely each candidate was to be drawn: the head of the list more than its tail", () => {
    const { logSampling } = ranked.groups[0];
    const chances = [...new Set(logSampling)].sort((a, b) => a - b);
    expect(chances.length).toBe(2);
    expect(Math.max(...ranked.groups.flatMap(({ logSampling: each }) => [...each]))).toBeLessThanOrEqual(0);
    expect(chances.map(Math.exp)).toContainEqual(expect.closeTo(0.28, 6));
  });

  test("gives the linear score that the items have", () => {
    const { linear, wanted } = ranked.groups.at(-1)!;
    expect(linear.every(Number.isFinite)).toBe(true);
    expect(new Set(linear).size).toBeGreaterThan(10);
    // In a log where everyone walks the same way, the next item is the best but rarely anything else.
    const first = ranked.groups.filter((group) => group.linear[group.wanted] === Math.max(...group.linear)).length;
    expect(first / ranked.groups.length).toBeGreaterThan(0.5);
    expect(wanted).toBe(0);
  });

  test("with strays ends in what somebody else liked, and wants the same items", async () => {
    const strayed = await rankInputOf({ ...rankOptions, strays: 1 });
    expect(strayed.groups.length).toBeGreaterThan(60);
    const newest = strayed.groups.map(({ history }) => history.item.at(-1)!);
    const own = ranked.groups.map(({ history }) => history.item.at(-1)!);
    const changed = newest.filter((item, group) => item !== own[group]).length;
    expect(changed / newest.length).toBeGreaterThan(0.9);
  });

  test("is the same for the same seed", async () => {
    expect(sequencesOf({ dataset, ...split, table: DEFAULT_SIGNALS })).toEqual({ sequences, heldOut });
    expect(await rankInputOf(rankOptions)).toEqual(ranked);
  });
});
