import { describe, expect, test } from "vitest";
import { joinTest } from "../../../../trainer/split/join-test.ts";
import { makeDataset } from "../make-dataset.ts";

const train = { ...makeDataset({ anna: ["a", "b"], carl: ["c"] }), timed: false };
const held = { ...makeDataset({ anna: ["d"], berta: ["a", "new"] }), timed: false };
const { dataset, ranges } = joinTest(train, held);

function events(from: number, to: number): string[] {
  return Array.from(dataset.events.item.subarray(from, to), (row) => dataset.items[row].id);
}

describe("joining a test part to a log", () => {
  test("puts a user's test events after those of training, and names them", () => {
    const anna = dataset.users.indexOf("anna");
    expect(events(dataset.events.start[anna], dataset.events.start[anna + 1])).toEqual(["a", "b", "d"]);
    expect(ranges.map(({ user, from, to }) => [dataset.users[user], events(from, to)])).toEqual([
      ["anna", ["d"]],
      ["berta", ["a", "new"]],
    ]);
  });

  test("keeps users and items that only one part has", () => {
    expect(dataset.users).toEqual(["anna", "berta", "carl"]);
    expect(dataset.items.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "new"]);
    const carl = dataset.users.indexOf("carl");
    expect(events(dataset.events.start[carl], dataset.events.start[carl + 1])).toEqual(["c"]);
  });

  test("counts on from training where there are no times", () => {
    const anna = dataset.events.start[dataset.users.indexOf("anna")];
    expect(Array.from(dataset.events.at.subarray(anna, anna + 3))).toEqual([0, 1, 2]);
  });

  test("keeps the times that there are", () => {
    const timed = joinTest(makeDataset({ anna: ["a", "b"] }), makeDataset({ anna: ["c"] }));
    expect(Array.from(timed.dataset.events.at)).toEqual([60_000, 120_000, 60_000]);
  });
});
