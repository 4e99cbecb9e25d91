import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { fitRidgeNeighbours, type RidgeNeighbourOptions } from "../../../../trainer/items/ridge-neighbours.ts";
import { makeDataset } from "../make-dataset.ts";

const PLAIN: RidgeNeighbourOptions = { window: 1, decay: 1, regularization: 1, perItem: 3 };

async function lists(histories: Record<string, string[]>, options = PLAIN, isUsed?: (user: number) => boolean) {
  const dataset = makeDataset(histories);
  const signals = eventSignals(dataset, DEFAULT_SIGNALS);
  signals.target.fill(1);
  signals.confidence.fill(1);
  const { neighbour, weight, perItem } = await fitRidgeNeighbours(dataset, signals, options, isUsed);
  return Object.fromEntries(
    dataset.items.map(({ id }, row) => [
      id,
      Array.from({ length: perItem }, (_, slot) => row * perItem + slot)
        .filter((slot) => weight[slot] > 0)
        .map((slot) => [dataset.items[neighbour[slot]].id, weight[slot]] as const),
    ]),
  );
}

describe("neighbour lists by ridge regression", () => {
  test("with a window of one are counts of what followed, over the item's own count and λ", async () => {
    const found = await lists({ u: ["a", "b", "c"], v: ["a", "b"], w: ["a", "c"] });
    expect(found["a"]).toEqual([
      ["b", expect.closeTo(2 / 4, 6)],
      ["c", expect.closeTo(1 / 4, 6)],
    ]);
    expect(found["b"]).toEqual([["c", expect.closeTo(1 / 2, 6)]]);
    expect(found["c"]).toEqual([]);
  });

  test("solve the normal equations of a window, worked out by hand", async () => {
    // Before b stands a, before c stand a (.5) and b (1): SᵀS + I = [[2.25, .5], [.5, 2]], to b [1, 0], to c [.5, 1].
    const found = await lists({ u: ["a", "b", "c"] }, { ...PLAIN, window: 2, decay: 0.5 });
    const determinant = 2.25 * 2 - 0.5 * 0.5;
    expect(found["a"]).toEqual([
      ["b", expect.closeTo(2 / determinant, 6)],
      ["c", expect.closeTo((2 * 0.5 - 0.5) / determinant, 6)],
    ]);
    expect(found["b"]).toEqual([["c", expect.closeTo((2.25 - 0.25) / determinant, 6)]]);
  });

  test("count once what two items of a window both explain", async () => {
    // b always comes right after a, and c after b: a alone never led to c.
    const together = { u: ["a", "b", "c"], v: ["a", "b", "c"], w: ["a", "b", "c"], x: ["a", "d"], y: ["a", "d"] };
    const found = await lists(together, { ...PLAIN, window: 2 });
    const weightOf = (item: string, other: string) => found[item].find(([id]) => id === other)?.[1] ?? 0;
    expect(weightOf("b", "c")).toBeGreaterThan(3 * weightOf("a", "c"));
  });

  test("keep the strongest, and leave out users that are not used", async () => {
    const histories = { u: ["a", "b", "c"], v: ["a", "b"], w: ["a", "c"] };
    expect((await lists(histories, { ...PLAIN, perItem: 1 }))["a"]).toHaveLength(1);
    expect((await lists(histories, PLAIN, (user) => user === 2))["a"]).toEqual([["c", expect.closeTo(1 / 2, 6)]]);
  });
});
