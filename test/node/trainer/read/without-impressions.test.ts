import { expect, test } from "vitest";
import { EVENT_TYPES, type EventType } from "../../../../shared/event.ts";
import { kindsOf } from "../../../../trainer/read/dataset.ts";
import { takenInLists, withoutImpressions } from "../../../../trainer/read/without-impressions.ts";
import { datasetHash } from "../../../../trainer/retrain/recipe.ts";
import { makeDataset } from "../make-dataset.ts";

const bits = (...types: EventType[]) => types.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0);

test("what was only shown is gone, and what stays says whether a list had shown it", () => {
  const dataset = makeDataset({ anna: ["seen", "shown", "shown", "found", "row"] });
  dataset.events.kinds.set([
    bits("impression"),
    bits("impression"),
    bits("like"),
    bits("like"),
    bits("impression", "click"),
  ]);
  const { items, events } = withoutImpressions(dataset);
  expect(Array.from(events.item, (row) => items[row]!.id)).toEqual(["shown", "found", "row"]);
  expect(Array.from(events.kinds, (kinds) => kindsOf(kinds).join())).toEqual(["like", "like", "click"]);
  expect([...takenInLists(dataset)]).toEqual([1, 0, 0]);
});

test("another impression, or one that says how likely it was, makes no other log", () => {
  const once = makeDataset({ anna: ["shown", "shown"] });
  once.events.kinds.set([bits("impression"), bits("like")]);
  const hash = datasetHash(withoutImpressions(once));
  const propensity = Float32Array.of(0.5, 1);
  expect(datasetHash(withoutImpressions({ ...once, events: { ...once.events, propensity } }))).toBe(hash);
  once.events.kinds[0] = bits("impression", "click");
  expect(datasetHash(withoutImpressions(once))).not.toBe(hash);
});
