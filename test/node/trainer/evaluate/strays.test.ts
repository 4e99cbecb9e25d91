import { expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { createStrays } from "../../../../trainer/evaluate/strays.ts";
import { walkTargets } from "../../../../trainer/evaluate/walk.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(60, 30, 14, 1);
const signals = eventSignals(dataset, DEFAULT_SIGNALS);
const { item, start } = dataset.events;
const userOf = (e: number) => start.findLastIndex((from) => from <= e);

test("of all moments the share gets a stray, which is another person's and another item", () => {
  const strayOf = createStrays(dataset, signals, 0.25, 3);
  let strays = 0;
  for (let e = 0; e < item.length; e++) {
    const stray = strayOf(e);
    if (stray === undefined) continue;
    strays++;
    expect(userOf(stray)).not.toBe(userOf(e));
    expect(item[stray]).not.toBe(item[e]);
  }
  // 840 moments: four standard errors are .06.
  expect(strays / item.length).toBeGreaterThan(0.19);
  expect(strays / item.length).toBeLessThan(0.31);
});

test("every walk meets the same strays, another seed others", () => {
  const all = (seed: number) => Array.from(item, (_, e) => createStrays(dataset, signals, 0.5, seed)(e));
  expect(all(1)).toEqual(all(1));
  expect(all(1)).not.toEqual(all(2));
});

test("a log of one person has none to give, and no share asks for none", () => {
  const alone = makeDataset({ u: ["red000", "red001", "red002"] }, dataset.items);
  const strayOf = createStrays(alone, eventSignals(alone, DEFAULT_SIGNALS), 1, 1);
  expect([0, 1, 2].map(strayOf)).toEqual([undefined, undefined, undefined]);
  expect(Array.from(item, (_, e) => createStrays(dataset, signals, 0, 1)(e)).every((e) => e === undefined)).toBe(true);
});

test("a walk shows a stray as the newest event, met before, and forgets it when it goes on", async () => {
  const { assembly, model, split } = await trainLinear(dataset, { seed: 1, holdout: 3 });
  const strange = 0;
  const [range] = split.test.slice(-1);
  const strayOf = (event: number) => (event === range.from + 1 ? strange : undefined);
  const walk = walkTargets({ dataset, signals, assembly, ranges: [range], model, strayOf });
  const shown = Array.from(walk, ({ event, profile, seen }) => ({
    items: profile.signals.map((signal) => signal.item),
    isMet: seen[assembly.rowOfItem[item[strange]]],
    own: Array.from(item.subarray(start[range.user], event), (i) => dataset.items[i].id),
  }));
  const name = dataset.items[item[strange]].id;
  expect(shown.map(({ items }) => items)).toEqual([shown[0].own, [...shown[1].own, name], shown[2].own]);
  expect(shown.map(({ isMet }) => isMet)).toEqual([0, 1, 0]);
});
