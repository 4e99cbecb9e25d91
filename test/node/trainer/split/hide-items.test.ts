import { describe, expect, test } from "vitest";
import { hiddenItems, withoutItems } from "../../../../trainer/split/hide-items.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { makeDataset } from "../make-dataset.ts";

const dataset = makeDataset({
  long: ["a", "b", "c", "a", "d", "b"],
  short: ["a", "c", "b"],
  known: ["c", "d", "c", "d"],
});
const hidden = Uint8Array.from(dataset.items, ({ id }) => Number(id === "a" || id === "b"));

/** Every user's events as item ids. */
function histories({ users, items, events }: typeof dataset): Record<string, string> {
  const { start, item } = events;
  return Object.fromEntries(
    users.map((user, u) => [user, Array.from(item.subarray(start[u], start[u + 1]), (row) => items[row].id).join("")]),
  );
}

describe("a dataset without some items", () => {
  test("keeps their held-out events alone, and none of a user who has too little left to hold out", () => {
    expect(histories(withoutItems(dataset, hidden, { holdout: 1 }))).toEqual({
      long: "cdb",
      short: "c",
      known: "cdcd",
    });
  });

  test("is learnt from without a single event of them, whatever is held out", () => {
    for (const holdout of [0, 1, 2]) {
      const { trainAndValidation: learnt } = splitLast(withoutItems(dataset, hidden, { holdout }), holdout);
      expect(Object.values(histories(learnt)).join("")).not.toMatch(/[ab]/);
    }
  });

  test("keeps their events from a moment on", () => {
    const third = dataset.events.at[2];
    expect(histories(withoutItems(dataset, hidden, { from: third }))).toEqual({
      long: "cadb",
      short: "cb",
      known: "cdcd",
    });
  });

  test("still has them in its catalogue", () => {
    expect(withoutItems(dataset, hidden, { holdout: 1 }).items).toBe(dataset.items);
  });
});

test("items are hidden by their ids: as many as asked for, the same in another catalogue, others by another seed", () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({ id: `item ${i}`, categories: [] }));
  const share = 0.1;
  const first = hiddenItems(items, { share, seed: 1 });
  const count = (some: Uint8Array) => some.reduce((sum, each) => sum + each, 0);
  expect(Math.abs(count(first) / items.length - share)).toBeLessThan(0.01);
  expect(hiddenItems(items.slice(5_000, 6_000), { share, seed: 1 })).toEqual(first.slice(5_000, 6_000));
  const second = hiddenItems(items, { share, seed: 2 });
  expect(count(first.map((each, i) => each * second[i])) / items.length).toBeLessThan(0.02);
});
