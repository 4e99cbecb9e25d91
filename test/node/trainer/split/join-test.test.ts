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

  test("keeps how likely what was shown was", () => {
    const drawn = {
      ...held,
      events: { ...held.events, propensity: new Float32Array(held.events.item.length).fill(0.5) },
    };
    const both = joinTest(train, drawn).dataset.events.propensity!;
    expect([...both].filter((each) => each === 0.5)).toHaveLength(held.events.item.length);
    expect([...both].filter((each) => each === 1)).toHaveLength(train.events.item.length);
  });

  test("numbers the surfaces of both", () => {
    const on = (part: typeof train, surfaces: string[], surface: number[]) => ({
      ...part,
      surfaces,
      events: { ...part.events, surface: Uint8Array.from(surface) },
    });
    const both = joinTest(on(train, ["page", "shelf"], [0, 1, 255]), on(held, ["shelf"], [0, 0, 255])).dataset;
    expect(both.surfaces).toEqual(["shelf", "page"]);
    // Anna's three, Berta's two, Carl's one.
    expect([...both.events.surface!]).toEqual([1, 0, 0, 0, 255, 255]);
    expect([dataset.surfaces, dataset.events.surface]).toEqual([undefined, undefined]);
  });

  test("keeps the times that there are", () => {
    const timed = joinTest(makeDataset({ anna: ["a", "b"] }), makeDataset({ anna: ["c"] }));
    expect(Array.from(timed.dataset.events.at)).toEqual([60_000, 120_000, 60_000]);
  });
});
