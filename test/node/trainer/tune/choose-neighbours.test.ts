import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { DEFAULT_NEIGHBOURS } from "../../../../trainer/items/neighbours.ts";
import { below, createRandom } from "../../../../trainer/math/random.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { chooseNeighbours } from "../../../../trainer/tune/choose-neighbours.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

function choose(whole: Dataset) {
  const { train, validation } = splitLast(whole, 1);
  return chooseNeighbours({
    train,
    trainSignals: eventSignals(train, DEFAULT_SIGNALS),
    whole,
    signals: eventSignals(whole, DEFAULT_SIGNALS),
    ranges: validation,
    fallback: DEFAULT_NEIGHBOURS,
    positives: 10,
  });
}

describe("the choice of how neighbours are counted", () => {
  test("stays where nothing is gained: the next item always follows", async () => {
    expect(await choose(twoTastes(60, 30, 14, 1))).toBe(DEFAULT_NEIGHBOURS);
  });

  test("stays where there is nobody to choose by", async () => {
    expect(await choose(makeDataset({ a: ["x", "y"] }))).toBe(DEFAULT_NEIGHBOURS);
  });

  test("counts backward where half of the people go the other way", async () => {
    // Pairs (2k, 2k + 1) of 60 items, in either order; the last of every history is the other one of a pair.
    const random = createRandom(3);
    const histories = Object.fromEntries(
      Array.from({ length: 200 }, (_, u) => {
        const pairs = Array.from({ length: 3 }, () => below(random, 30));
        const items = [...new Set(pairs)].flatMap((k) => (random() < 0.9 ? [2 * k, 2 * k + 1] : [2 * k + 1, 2 * k]));
        // Training sees pairs mostly forward, and is asked backward.
        const asked = below(random, 30);
        return [`u${u}`, [...items, 2 * asked + 1, 2 * asked, 59].map((i) => `i${String(i).padStart(2, "0")}`)];
      }),
    );
    expect((await choose(makeDataset(histories))).backward).toBeGreaterThan(0);
  });
});
