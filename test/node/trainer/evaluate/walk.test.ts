import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { evaluationTable } from "../../../../trainer/evaluate/protocols.ts";
import { walkLists, walkTargets } from "../../../../trainer/evaluate/walk.ts";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(60, 30, 14, 1);
const trained = await trainLinear(dataset, { seed: 1, holdout: 3 });
const { assembly, model, signals } = trained;
const ranges = trained.split.test;

describe("walking held-out users", () => {
  test("shows each target with exactly the events before it", () => {
    let targets = 0;
    for (const { user, event, row, now, profile, seen } of walkTargets({ dataset, signals, assembly, ranges, model })) {
      const before = event - dataset.events.start[user];
      expect(profile.signals.map((signal) => signal.item)).toEqual(
        Array.from(dataset.events.item.subarray(dataset.events.start[user], event), (item) => dataset.items[item].id),
      );
      expect(seen.reduce((a, b) => a + b)).toBe(before);
      expect(seen[row]).toBe(0);
      expect(now).toBe(dataset.events.at[event]);
      expect(profile.signals.every((signal) => signal.at < now)).toBe(true);
      targets++;
    }
    expect(targets).toBe(60 * 3);
  });

  test("passes over what is not wanted as a target, but learns from it", () => {
    const disliked = makeDataset({ u: ["red000", "red001", "red002", "red003"] }, dataset.items);
    disliked.events.kinds[2] = 1 << 4; // dislike
    const found = [
      ...walkTargets({
        dataset: disliked,
        signals: eventSignals(disliked, DEFAULT_SIGNALS),
        assembly: forItems(assembly, disliked.items),
        ranges: [{ user: 0, from: 1, to: 4 }],
        model,
      }),
    ].map(({ event, profile }) => [event, profile.signals.length]);
    // The walk yields one live profile, so its length is read where it ends.
    expect(found.map(([event]) => event)).toEqual([1, 3]);
    expect(found.at(-1)?.[1]).toBe(4);
  });

  test("an item the release lacks is a target with row −1 and gives no evidence", () => {
    const other = makeDataset({ u: ["red000", "new", "red001"] });
    const walked = walkTargets({
      dataset: other,
      signals: eventSignals(other, DEFAULT_SIGNALS),
      assembly: forItems(assembly, other.items),
      ranges: [{ user: 0, from: 1, to: 3 }],
      model,
    });
    const rows = Array.from(walked, ({ row, profile }) => [row, profile.signals.map((signal) => signal.item).join()]);
    expect(rows).toEqual([
      [-1, "red000"],
      [assembly.table.rowOf.get("red001"), "red000"],
    ]);
  });
});

describe("walking held-out sets", () => {
  test("shows each person once, with all of the set and none of it in the profile or among the seen", () => {
    const lists = walkLists({ dataset, signals, assembly, ranges, model, asSet: true });
    let people = 0;
    for (const { user, event, rows, now, profile, seen } of lists) {
      const before = event - dataset.events.start[user];
      expect(rows).toEqual(
        Array.from(dataset.events.item.subarray(event, event + 3), (item) => assembly.rowOfItem[item]),
      );
      expect(profile.signals).toHaveLength(before);
      expect(seen.reduce((a, b) => a + b)).toBe(before);
      expect(now).toBe(dataset.events.at[event]);
      people++;
    }
    expect(people).toBe(60);
  });
});

describe("the table", () => {
  test("puts the linear score far above popularity, and popularity at chance, where taste is all there is", async () => {
    const table = await evaluationTable({ dataset, signals, assembly, model, ranges, seed: 1 });
    expect(table.models["linear"].targets).toBe(180);
    // The next item follows the last in the log of everyone with this taste: the neighbours know it.
    expect(table.models["linear"].ndcg).toBeGreaterThan(0.7);
    expect(table.models["popularity"].ndcg).toBeLessThan(0.3);
    expect(table.models["random"].ndcg).toBeLessThan(0.2);
    expect(table.differences["linear - popularity"].low).toBeGreaterThan(0);
    const names = [
      "linear",
      "selected",
      "unexplored",
      "item-knn",
      "ials",
      "ials-recent",
      "category-cosine",
      "popularity",
      "random",
    ];
    expect(Object.keys(table.models)).toEqual(names);
    const { ndcg, intervals } = table.models["popularity"];
    expect(intervals["ndcg"][0]).toBeLessThan(ndcg);
    expect(intervals["ndcg"][1]).toBeGreaterThan(ndcg);
  });

  test("has the rows that were asked for, and popularity and chance", async () => {
    const table = await evaluationTable({ dataset, signals, assembly, model, ranges, seed: 1, models: ["linear"] });
    expect(Object.keys(table.models)).toEqual(["linear", "popularity", "random"]);
  });

  test("of sets counts people, and a set of one by taste is found where popularity does not find it", async () => {
    const table = await evaluationTable({ dataset, signals, assembly, model, ranges, seed: 1, asSet: true });
    expect(table.models["linear"]).toMatchObject({ targets: 180, people: 60 });
    expect(table.models["linear"].recall).toBe(1);
    expect(table.models["random"].recall).toBeLessThan(0.6);
  });

  test("does not depend on how many threads make it", async () => {
    const big = twoTastes(300, 20, 15, 2);
    const known = { signals: eventSignals(big, DEFAULT_SIGNALS), assembly: forItems(assembly, big.items) };
    const job = { dataset: big, ...known, model, ranges: splitLast(big, 7).test, seed: 1 };
    const models = ["linear", "random"] as const;
    const one = await evaluationTable({ ...job, models, threads: 1 });
    expect(one.models["linear"].targets).toBe(2_100);
    expect(await evaluationTable({ ...job, models, threads: 3 })).toEqual(one);
  });

  test("is the same for the same seed", async () => {
    const few = splitLast(dataset, 1).test.slice(0, 10);
    const once = await evaluationTable({ dataset, signals, assembly, model, ranges: few, seed: 4 });
    expect(await evaluationTable({ dataset, signals, assembly, model, ranges: few, seed: 4 })).toEqual(once);
  });
});
