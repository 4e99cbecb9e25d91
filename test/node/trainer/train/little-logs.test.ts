import { expect, test } from "vitest";
import { interestAt } from "../../../../shared/interest.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { createProfile } from "../../../../shared/profile.ts";
import { knownItems, loggedEvents } from "../../../../trainer/evaluate/walk.ts";
import { buildRelease } from "../../../../trainer/release/build-release.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset } from "../make-dataset.ts";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `i${i}`);
const people = (count: number, items: (u: number) => string[]) =>
  Object.fromEntries(Array.from({ length: count }, (_, u) => [`u${u}`, items(u)]));

const logs: [string, Record<string, string[]>][] = [
  ["one person", { u: ids(20) }],
  ["one item, once by each", people(12, () => ["i"])],
  ["one item, again and again by one person", { u: Array.from({ length: 12 }, () => "i") }],
  ["two items", people(6, (u) => (u % 2 ? ["a", "b", "a"] : ["b", "a", "b"]))],
  ["everybody liking everything", people(6, () => ids(9))],
];

const options = { seed: 1, holdout: 1 };
// Of the smallest there is nothing to choose weights by: they come from elsewhere.
const { fit } = await trainLinear(makeDataset(people(8, (u) => ids(9).slice(u % 3))), options);

test.each(logs)("a log of %s makes a whole release with finite scores", async (_, histories) => {
  const dataset = makeDataset(histories);
  const trained = await trainLinear(dataset, { ...options, fit });
  const { release } = await buildRelease(trained, { createdAt: 0, metrics: {} });
  expect(release.items).toBe(dataset.items.length);
  const { assembly, model } = trained;
  const known = knownItems(assembly);
  const log = loggedEvents(dataset, 0, known(assembly.rowOfItem[dataset.events.item[0]]));
  for (const events of [[], log]) {
    const interest = interestAt(createProfile(model, events), model, dataset.events.at[0]);
    const { total } = scoreLinear(assembly.table, interest, model);
    expect(total.every(Number.isFinite)).toBe(true);
  }
});
