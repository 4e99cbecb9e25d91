import { describe, expect, test } from "vitest";
import { CONTEXT_COLUMNS } from "../../../../shared/encoder-inputs.ts";
import { EVENT_TYPES, type EventType } from "../../../../shared/event.ts";
import { FEATURES } from "../../../../shared/features.ts";
import type { DeepModel } from "../../../../shared/rank.ts";
import type { Heads } from "../../../../shared/release.ts";
import { aucOf, groupedAuc, overallAuc } from "../../../../trainer/evaluate/auc.ts";
import { createBootstrap } from "../../../../trainer/evaluate/bootstrap.ts";
import { feedLabel } from "../../../../trainer/read/feed-labels.ts";
import { itemRates } from "../../../../trainer/evaluate/item-rates.ts";
import { scoreExposures } from "../../../../trainer/evaluate/temporal.ts";
import { temporalTable } from "../../../../trainer/evaluate/temporal-table.ts";
import { forItems } from "../../../../trainer/items/assemble.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { eventsFrom } from "../../../../trainer/split/split-at.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

const MINUTE = 60_000;
const bits = (...types: EventType[]) => types.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0);
const SHOWN = bits("impression");
const CLICKED = bits("impression", "click");

const scored = {
  people: 3,
  person: Uint32Array.of(0, 0, 0, 0, 1, 1, 2),
  label: Uint8Array.of(1, 0, 1, 0, 1, 0, 1),
  score: Float64Array.of(0.9, 0.8, 0.3, 0.3, 0.2, 0.1, 0.5),
};

describe("AUC", () => {
  test("is the share of pairs in the right order, ties half", () => {
    // .9 is above both others, .3 below one and beside the other: 2.5 of 4.
    expect(aucOf(scored, [0, 1, 2, 3])).toBe(0.625);
    expect(aucOf(scored, [4, 6])).toBeNaN();
  });

  test("in groups weighs people who took something and left something by what they were shown", () => {
    const grouped = groupedAuc(scored);
    expect([...grouped.count]).toEqual([4, 2, 0]);
    expect([...grouped.sum]).toEqual([2.5, 2, 0]);
    expect(createBootstrap([grouped], 1).estimate(grouped).mean).toBe(0.75);
  });

  test("in parts of what a person was shown compares only what is in one", () => {
    const parts = [0, 1, 1, 0, 7, 8, 7];
    const grouped = groupedAuc(scored, (row) => parts[row]);
    // .9 above .3 and .8 above .3 the wrong way round, two each; person 1 has nothing to compare.
    expect([...grouped.count]).toEqual([4, 0, 0]);
    expect([...grouped.sum]).toEqual([2, 0, 0]);
    // What is in no part is compared with nothing.
    expect([...groupedAuc(scored, (row) => (row === 3 ? undefined : parts[row])).count]).toEqual([2, 0, 0]);
  });

  test("over all counts a person as often as the person is drawn", () => {
    const overall = overallAuc(scored);
    // Positives .9 .5 .3 .2 against .8 .3 .1: 3 + 2 + 1.5 + 1 of 12.
    expect(overall.of(Float64Array.of(1, 1, 1))).toBe(7.5 / 12);
    expect(overall.of(Float64Array.of(1, 0, 0))).toBe(0.625);
    // Person 1 twice: positives .9 .3 and twice .2 against .8 .3 and twice .1: 4 + 2.5 + 2 · 2 of 16.
    expect(overall.of(Float64Array.of(1, 2, 0))).toBe(10.5 / 16);
  });
});

test("an item's rate begins at the mean and stops at the cut", () => {
  const dataset = makeDataset({ a: ["x", "x", "y", "x"], b: ["y"] });
  dataset.events.kinds.set([CLICKED, SHOWN, SHOWN, CLICKED, CLICKED]);
  dataset.events.at.set([1, 2, 3, 9, 4]);
  const { click, like } = itemRates(dataset, 9);
  // Four exposures, two of them clicked: x has one click of two and y one of two, beside five at one half.
  expect([...click]).toEqual([0.5, 0.5]);
  expect([...like]).toEqual([0, 0]);
  expect(itemRates(dataset, 10).click[0]).toBeCloseTo((2 + 5 * 0.6) / 8);
});

test("what was finished is what the log says, and where it is silent a whole look or eighteen seconds", () => {
  const dataset = makeDataset({ a: ["p", "q", "r", "s"] });
  const events = { ...dataset.events, finished: Uint8Array.of(0, 1, 2, 2) };
  events.fraction.set([1, 0, 1, 0.2]);
  events.dwellMs.set([9_000, 0, 5_000, 17_000]);
  expect([...feedLabel({ ...dataset, events }, "finish")!]).toEqual([0, 1, 1, 0]);
  const { finished: _, ...silent } = events;
  silent.dwellMs[3] = 18_000;
  expect([...feedLabel({ ...dataset, events: silent }, "finish")!]).toEqual([1, 0, 1, 1]);
  expect(feedLabel(makeDataset({ a: ["p"] }), "click")).toBeUndefined();
});

test("in a log of typed events what was done counts for the exposure before it", () => {
  const dataset = makeDataset({ a: ["p", "q", "p", "p", "q"], b: ["q", "p"] });
  const click = bits("click");
  dataset.events.kinds.set([SHOWN, SHOWN, click, SHOWN, bits("like"), SHOWN, click]);
  // The click of p is of its first exposure, not of the second; a click on what was not shown is of none.
  expect([...feedLabel(dataset, "click")!]).toEqual([1, 0, 1, 0, 0, 0, 1]);
  expect([...feedLabel(dataset, "like")!]).toEqual([0, 1, 0, 0, 1, 0, 0]);
});

test("what is done a day later, or after the moment that is asked of, is not of the exposure", () => {
  const dataset = makeDataset({ a: ["p", "p"], b: ["p", "p"] });
  const HOUR = 60 * MINUTE;
  dataset.events.kinds.set([SHOWN, bits("click"), SHOWN, bits("click")]);
  dataset.events.at.set([0, 24 * HOUR, 0, 24 * HOUR + 1]);
  expect([...feedLabel(dataset, "click")!]).toEqual([1, 1, 0, 1]);
  expect([...feedLabel(dataset, "click", 24 * HOUR)!]).toEqual([0, 1, 0, 1]);
  // Shown to two, clicked by one after the cut: until then it is as good as all others.
  expect(itemRates(dataset, 24 * HOUR).click[0]).toBe(0);
  expect(itemRates(dataset, 25 * HOUR).click[0]).toBeCloseTo((1 + 5 / 2) / 7);
  const rows = { ...dataset, events: { ...dataset.events, saysAll: Uint8Array.of(1, 1, 1, 1) } };
  expect([...feedLabel(rows, "click")!]).toEqual([0, 1, 0, 1]);
});

const trainedOn = twoTastes(20, 30, 14, 1);
const trained = await trainLinear(trainedOn, { seed: 1, holdout: 3 });

/** Ann likes red, Bob blue; both are shown one of each after the cut and take their own. */
function shown(): Dataset {
  const dataset = makeDataset(
    {
      ann: ["red000", "red001", "red002", "blue010", "red003"],
      bob: ["blue000", "blue001", "blue002", "blue003", "red010"],
    },
    trainedOn.items,
  );
  dataset.events.kinds.set([CLICKED, CLICKED, CLICKED, SHOWN, CLICKED, CLICKED, CLICKED, CLICKED, CLICKED, SHOWN]);
  return dataset;
}

const CUT = 3.5 * MINUTE;

function score(dataset: Dataset) {
  const assembly = forItems(trained.assembly, dataset.items);
  const ranges = eventsFrom(dataset, CUT);
  return scoreExposures({ dataset, assembly, model: trained.model, ranges, from: CUT, seed: 1 });
}

describe("the protocol temporal", () => {
  test("finds a release right that puts what each person takes above what the person leaves", async () => {
    const { click, like, finish } = temporalTable(await score(shown()), 1);
    expect(click).toMatchObject({ exposures: 4, taken: 2, people: 2 });
    expect(click!.models["linear"]!.gauc).toEqual({ mean: 1, low: 1, high: 1 });
    expect(Object.keys(click!.models)).toEqual(["linear", "popularity", "item-ctr", "random"]);
    expect(Object.keys(click!.differences)).toContain("linear - item-ctr");
    expect([like, finish]).toEqual([undefined, undefined]);
  });

  test("knows nothing of what a person does after the cut", async () => {
    const before = await score(shown());
    const later = shown();
    later.events.kinds[3] = CLICKED;
    later.events.kinds[4] = SHOWN;
    later.events.at[3] = CUT + 1;
    const after = await score(later);
    expect(after.models).toEqual(before.models);
    expect(after.labels).not.toEqual(before.labels);
  });

  test("takes a skip for the reverse of what is thought most of", async () => {
    const dataset = shown();
    const SKIPPED = bits("impression", "skip");
    dataset.events.kinds.set(dataset.events.kinds.map((kinds) => (kinds === SHOWN ? SKIPPED : kinds)));
    const { click, skip } = temporalTable(await score(dataset), 1);
    expect(skip).toMatchObject({ exposures: 4, taken: 2, people: 2 });
    for (const name of ["linear", "popularity", "item-ctr"]) {
      expect(skip!.models[name]!.gauc, name).toEqual(click!.models[name]!.gauc);
    }
  });

  test("says of an item that the release lacks that it is never taken, and always skipped", async () => {
    const dataset = shown();
    const lacked = makeDataset({ ann: ["red000", "red001", "red002", "new000", "red003"] }, trainedOn.items);
    lacked.events.kinds.set([CLICKED, CLICKED, CLICKED, bits("impression", "skip"), CLICKED]);
    const { click, skip } = temporalTable(await score(lacked), 1);
    expect(click!.models["linear"]!.gauc.mean).toBe(1);
    expect(skip!.models["linear"]!.gauc.mean).toBe(1);
    expect(dataset.items.length).toBeLessThan(lacked.items.length);
  });

  test("asks the graphs of each exposure on the surface that it was shown on", async () => {
    const log = shown();
    const on = [0, 0, 0, 1, 0, 0, 0, 0, 255, 1];
    const dataset = { ...log, surfaces: ["feed", "shelf"], events: { ...log.events, surface: Uint8Array.from(on) } };
    const asked: string[] = [];
    /** Says the number of the surface of everything. */
    const deep: DeepModel = {
      score: async ({ context }, _, feature) => {
        const surface = context[CONTEXT_COLUMNS.indexOf("surface")]!;
        const rows = feature.length / FEATURES.length;
        asked.push(`${rows} on ${surface}`);
        return new Float32Array(rows).fill(surface);
      },
    };
    const calibration = [{ a: 0, b: 0, c: 1 }];
    const heads: Heads = { names: ["click"], weights: [1], calibration, surfaces: ["shelf", "feed"] };
    const assembly = forItems(trained.assembly, dataset.items);
    const options = { dataset, assembly, ranges: eventsFrom(dataset, CUT), from: CUT, seed: 1, deep };
    const told = await scoreExposures({ ...options, model: { ...trained.model, heads } });
    // Ann's two on shelf and feed, Bob's on none that is known and on the shelf.
    expect([...told.models["heads"]!.click]).toEqual([0, 1, 2, 0]);
    expect(asked).toEqual(["1 on 0", "1 on 1", "1 on 2", "1 on 0"]);
    expect([...told.surface!]).toEqual([1, 0, 255, 1]);
    // Nobody took and left something in the same place.
    const apart = temporalTable(told, 1).click!;
    expect([apart.models["heads"]!.oneSurface, apart.oneSurfaceDifferences]).toEqual([undefined, undefined]);
    const { models, oneSurfaceDifferences } = temporalTable({ ...told, surface: Uint8Array.of(0, 0, 1, 0) }, 1).click!;
    expect(models["linear"]!.oneSurface!.mean).toBe(1);
    expect(oneSurfaceDifferences!["heads - linear"]!.mean).toBe(models["heads"]!.oneSurface!.mean - 1);
    asked.length = 0;
    const { surfaces: _, ...plain } = heads;
    await scoreExposures({ ...options, model: { ...trained.model, heads: plain } });
    expect(asked).toEqual(["2 on 0", "2 on 0"]);
  });

  test("leaves out what was never shown in a list, and refuses a log without exposures", async () => {
    const dataset = shown();
    dataset.events.kinds[3] = bits("click");
    expect([...(await score(dataset)).event]).toEqual([4, 8, 9]);
    await expect(
      score(makeDataset({ ann: ["red000", "red001", "red002", "red003"] }, trainedOn.items)),
    ).rejects.toThrow(expect.objectContaining({ code: "no_data" }));
  });
});
