import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { fitNeighbours, type NeighbourOptions, PERSON_POSITIVES } from "../../../../trainer/items/neighbours.ts";
import { makeDataset } from "../make-dataset.ts";

const PLAIN: NeighbourOptions = {
  window: 2,
  decay: 0.5,
  backward: 0,
  historyExponent: 0,
  popularityExponent: 0,
  ownExponent: 1,
  shrinkage: 0,
  perItem: 3,
};

function lists(histories: Record<string, string[]>, options: NeighbourOptions, isUsed?: (user: number) => boolean) {
  const dataset = makeDataset(histories);
  const { neighbour, weight, perItem } = fitNeighbours(
    dataset,
    eventSignals(dataset, DEFAULT_SIGNALS),
    options,
    isUsed,
  );
  return Object.fromEntries(
    dataset.items.map(({ id }, row) => [
      id,
      Array.from(
        { length: perItem },
        (_, s) => [dataset.items[neighbour[row * perItem + s]].id, weight[row * perItem + s]] as const,
      ),
    ]),
  );
}

describe("neighbour lists", () => {
  test("count what follows within the window, fading with distance, over how often the item occurs", () => {
    // a is followed by b (1) and c (.5) once, and by b (1) once more; it occurs twice.
    const found = lists({ u: ["a", "b", "c", "d"], v: ["a", "b"] }, PLAIN);
    expect(found["a"]).toEqual([
      ["b", 1],
      ["c", 0.25],
      ["a", 0],
    ]);
    expect(found["b"]).toEqual([
      ["c", 0.5],
      ["d", 0.25],
      ["b", 0],
    ]);
  });

  test("go forward only: nothing follows the last item", () => {
    expect(lists({ u: ["a", "b"] }, PLAIN)["b"]).toEqual([
      ["b", 0],
      ["b", 0],
      ["b", 0],
    ]);
  });

  test("divide by popularity to the power β", () => {
    const found = lists(
      { u: ["a", "b"], v: ["a", "c"], w: ["x", "c"], x: ["y", "c"], y: ["z", "c"] },
      { ...PLAIN, popularityExponent: 1 },
    );
    expect(found["a"][0]).toEqual(["b", 0.5]);
    expect(found["a"][1][0]).toBe("c");
    expect(found["a"][1][1]).toBeCloseTo(0.5 / 4, 6);
  });

  test("shrink what was seen seldom", () => {
    expect(lists({ u: ["a", "b"] }, { ...PLAIN, shrinkage: 9 })["a"][0]).toEqual(["b", expect.closeTo(0.1, 6)]);
  });

  test("keep the strongest only", () => {
    const found = lists({ u: ["a", "b", "c"] }, { ...PLAIN, perItem: 1 });
    expect(found["a"]).toEqual([["b", 1]]);
  });

  test("never join two users, and leave out users that are not used", () => {
    const found = lists({ u: ["a", "b"], v: ["c", "d"] }, PLAIN, (user) => user === 0);
    expect(found["a"][0]).toEqual(["b", 1]);
    expect(found["b"][0]).toEqual(["b", 0]);
    expect(found["c"][0]).toEqual(["c", 0]);
  });

  test("count backward as much as they are told to", () => {
    expect(lists({ u: ["a", "b", "c"] }, { ...PLAIN, backward: 0.5 })["c"]).toEqual([
      ["b", 0.5],
      ["a", 0.25],
      ["c", 0],
    ]);
  });

  test("without a window or decay, and both ways, do not depend on the order", () => {
    const set = { ...PLAIN, window: null, decay: 1, backward: 1 };
    const forward = lists({ u: ["a", "b", "c", "d"], v: ["a", "d"] }, set);
    expect(forward).toEqual(lists({ u: ["c", "a", "d", "b"], v: ["d", "a"] }, set));
    expect(forward["a"]).toEqual([
      ["d", 1],
      ["b", 0.5],
      ["c", 0.5],
    ]);
  });

  test("a pair of a long history counts less by the history's power", () => {
    const found = lists({ u: ["a", "b", "c", "d"], v: ["a", "e"] }, { ...PLAIN, window: 1, historyExponent: 0.5 });
    expect(found["a"][0]).toEqual(["e", expect.closeTo(Math.SQRT1_2 / 2, 6)]);
    expect(found["a"][1]).toEqual(["b", expect.closeTo(1 / 2 / 2, 6)]);
  });

  test("divide by the own popularity to its power", () => {
    const found = lists({ u: ["a", "b"], v: ["a", "b"], w: ["a", "b"], x: ["a"] }, { ...PLAIN, ownExponent: 0.5 });
    expect(found["a"][0]).toEqual(["b", expect.closeTo(3 / 2, 6)]);
  });

  test("an item is not its own neighbour", () => {
    expect(lists({ u: ["a", "a", "b"] }, PLAIN)["a"][0][0]).toBe("b");
  });
});

test("of a person with more positives than count, the latest do", () => {
  const history = ["a", "b", ...Array.from({ length: PERSON_POSITIVES }, (_, i) => (i % 2 === 0 ? "c" : "d"))];
  const found = lists({ machine: history }, PLAIN);
  const alone = lists({ machine: history.slice(2) }, PLAIN);
  expect(found["c"]).toEqual(alone["c"]);
  expect(found["b"]).not.toContainEqual(expect.arrayContaining(["c"]));
});
