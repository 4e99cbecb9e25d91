import { expect, test } from "vitest";
import { FEATURES } from "../../../../shared/features.ts";
import { scoreExposures } from "../../../../trainer/evaluate/temporal.ts";
import { temporalTable } from "../../../../trainer/evaluate/temporal-table.ts";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { createRandom } from "../../../../trainer/math/random.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { eventsBefore, eventsFrom } from "../../../../trainer/split/split-at.ts";
import { exposureMoments, exposureWindows } from "../../../../trainer/train/exposure-moments.ts";
import { fitShown } from "../../../../trainer/train/fit-shown.ts";
import { learnShown } from "../../../../trainer/train/learn-shown.ts";
import { SHOWN_COLUMNS } from "../../../../trainer/train/shown-columns.ts";
import { PART_COUNT, type ShownMoment } from "../../../../trainer/train/shown-moment.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset } from "../make-dataset.ts";
import { CLICKED, DAY, feed, SHOWN } from "../make-feed.ts";

const dataset = feed(30);
const CUT = 10 * DAY;
const training = eventsBefore(dataset, CUT);
const trained = await trainLinear(training, { seed: 1, holdout: 0 });

test("weights fitted on what was shown put what is chosen above what is common", { timeout: 60_000 }, async () => {
  const { linear, rankInput } = await learnShown(training, trained, { seed: 1 });
  const measure = async (model: typeof linear.model) => {
    const assembly = forItems(linear.assembly, dataset.items);
    const scores = await scoreExposures({
      dataset,
      assembly,
      model,
      ranges: eventsFrom(dataset, CUT),
      from: CUT,
      seed: 1,
    });
    return temporalTable(scores, 1).click!.models["linear"]!.gauc.mean;
  };
  const [before, after] = [await measure(trained.model), await measure(linear.model)];
  expect(before).toBeLessThan(0.55);
  // A good and a bad film are in the right order in .7 · .7 of the pairs that tell them apart; the best score has about .66.
  expect(after).toBeGreaterThan(0.6);
  expect(linear.model.linear.appeal!.click).toBeGreaterThan(0);
  const { heads, reads, groups } = rankInput().shown!;
  expect(heads).toEqual(["click"]);
  expect(reads.map((column) => FEATURES[column])).toEqual(SHOWN_COLUMNS);
  expect(groups.every(({ candidate }) => candidate.length <= 8)).toBe(true);
});

test("windows begin after what items are learnt from, and what somebody takes or leaves in the last is known in no moment of that person", async () => {
  const windows = exposureWindows(training)!;
  expect(windows.starts.every((start) => start >= windows.begin)).toBe(true);
  const { assembly, model } = trained;
  const moments = async (of: Dataset) => {
    const made = [];
    for await (const { user, events, linear, table } of exposureMoments({ dataset: of, assembly, model, windows })) {
      made.push({ user, events, total: [...linear.total], appeal: [...table.columns.appeal!] });
    }
    return made;
  };
  const last = windows.starts.at(-1)!;
  const { start, at } = training.events;
  const isChanged = (e: number) => e < start[1] && at[e]! >= last;
  const kinds = training.events.kinds.map((bit, e) => (isChanged(e) ? CLICKED : bit));
  const changed = await moments({ ...training, events: { ...training.events, kinds } });
  const same = await moments(training);
  // Of every tenth person, whom appeals are not asked of together.
  const ofPart = (part: typeof same) => part.filter(({ user }) => user % 10 === 0);
  expect(ofPart(changed).length).toBeGreaterThan(0);
  expect(ofPart(changed)).toEqual(ofPart(same));
  // The others learn from it.
  expect(changed).not.toEqual(same);
});

test("a log without exposures is refused", async () => {
  const without = makeDataset({ a: ["x", "y", "z"], b: ["x", "z", "y"] });
  await expect(learnShown(without, trained, { seed: 1 })).rejects.toThrow(expect.objectContaining({ code: "no_data" }));
});

test("nor is one of which too little was taken, and the error says how much", async () => {
  const kinds = training.events.kinds.map((_, e) => (e % 40 === 0 ? CLICKED : SHOWN));
  const rare = { ...training, events: { ...training.events, kinds } };
  const message = expect.stringMatching(/^Too little is taken .* got click \d\.\d %, expected 5 % of something/);
  await expect(learnShown(rare, trained, { seed: 1 })).rejects.toThrow(
    expect.objectContaining({ code: "no_data", message }),
  );
});

test("in a log of one person nobody else makes appeals", async () => {
  const one = eventsBefore(feed(1), 10 * DAY);
  const { assembly, model } = await trainLinear(one, { seed: 1, holdout: 0 });
  expect(assembly.table.columns.appeal).toBeDefined();
  for await (const { table } of exposureMoments({ dataset: one, assembly, model, windows: exposureWindows(one)! })) {
    expect(table.columns.appeal).toBeUndefined();
  }
});

test("pairs of planted parts give back the weights that made them", () => {
  const random = createRandom(9);
  const planted = [0, 0.5, 0, 1, 0, 2, 0, -1];
  const moments = Array.from({ length: 20_000 }, (): ShownMoment => {
    const part = Float32Array.from({ length: 2 * PART_COUNT }, () => 2 * random() - 1);
    const difference = planted.reduce((sum, weight, p) => sum + weight * (part[p]! - part[PART_COUNT + p]!), 0);
    const first = Number(random() < 1 / (1 + Math.exp(-difference)));
    const none = new Float32Array(0);
    const label = Float32Array.of(first, 1 - first);
    return {
      user: 0,
      candidate: Uint32Array.of(0, 1),
      feature: none,
      part,
      rest: none,
      label,
      position: new Int16Array(2),
      weight: new Float32Array(2).fill(1),
      surface: new Uint8Array(2),
    };
  });
  const { linear } = trained.model;
  const fitted = fitShown(moments, [{ name: "click", of: new Uint8Array(0) }], linear);
  const { taste, intent, neighbour, content, popularity, appeal } = fitted;
  const found = [taste, intent, neighbour, content, popularity, appeal!.click, appeal!.like, appeal!.finish];
  found.forEach((weight, p) => expect(Math.abs(weight - planted[p]!)).toBeLessThan(0.15));
});

test("what counts three times is fitted as if it had been shown three times", () => {
  const random = createRandom(4);
  const rows = Array.from({ length: 400 }, () => Float32Array.from({ length: PART_COUNT }, () => 2 * random() - 1));
  /** @param of places of `rows`, and what each counts */
  const moment = (label: readonly number[], part: readonly Float32Array[], weight: readonly number[]): ShownMoment => ({
    user: 0,
    candidate: Uint32Array.from(label, (_, i) => i),
    feature: new Float32Array(0),
    part: Float32Array.from(part.flatMap((each) => [...each])),
    rest: new Float32Array(0),
    label: Float32Array.from(label),
    position: new Int16Array(label.length),
    weight: Float32Array.from(weight),
    surface: new Uint8Array(label.length),
  });
  const labels = [{ name: "click" as const, of: new Uint8Array(0) }];
  const { linear } = trained.model;
  const moments = (of: (a: Float32Array, b: Float32Array, c: Float32Array) => ShownMoment) =>
    Array.from({ length: 100 }, (_, m) => of(rows[4 * m]!, rows[4 * m + 1]!, rows[4 * m + 2]!));
  const weighed = fitShown(
    moments((a, b, c) => moment([1, 0, 0], [a, b, c], [1, 3, 1])),
    labels,
    linear,
  );
  const repeated = fitShown(
    moments((a, b, c) => moment([1, 0, 0, 0, 0], [a, b, b, b, c], [1, 1, 1, 1, 1])),
    labels,
    linear,
  );
  const plain = fitShown(
    moments((a, b, c) => moment([1, 0, 0], [a, b, c], [1, 1, 1])),
    labels,
    linear,
  );
  // Parts are scaled by how far pairs differ, each pair once: the ridge sees that, and nothing else does.
  expect(Math.abs(weighed.taste - repeated.taste)).toBeLessThan(0.2 * Math.abs(plain.taste - repeated.taste));
});
