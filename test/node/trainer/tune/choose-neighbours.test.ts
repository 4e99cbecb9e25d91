import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { DEFAULT_NEIGHBOURS, UNORDERED_NEIGHBOURS } from "../../../../trainer/items/neighbours.ts";
import { below, createRandom } from "../../../../trainer/math/random.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { splitLast, splitSets } from "../../../../trainer/split/split.ts";
import { chooseNeighbours } from "../../../../trainer/tune/choose-neighbours.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

function choose(whole: Dataset, fallback = DEFAULT_NEIGHBOURS) {
  const { train, validation } = whole.ordered ? splitLast(whole, 1) : splitSets(whole, 0);
  return chooseNeighbours({
    train,
    trainSignals: eventSignals(train, DEFAULT_SIGNALS),
    whole,
    signals: eventSignals(whole, DEFAULT_SIGNALS),
    ranges: validation,
    fallback,
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

  test("lets those who take everything say less, where order means nothing", async () => {
    // Two items of a group go together; a few people took a hundred items of all groups.
    const random = createRandom(5);
    const items = Array.from({ length: 120 }, (_, i) => `i${String(i).padStart(3, "0")}`);
    const histories: Record<string, string[]> = {};
    for (let u = 0; u < 150; u++) {
      const group = below(random, 20) * 6;
      histories[`few${u}`] = Array.from({ length: 6 }, (_, i) => items[group + ((u + i) % 6)]);
    }
    for (let u = 0; u < 40; u++) histories[`all${u}`] = items.filter(() => random() < 0.9);
    const whole = { ...makeDataset(histories), ordered: false };
    const chosen = await choose(whole, { ...UNORDERED_NEIGHBOURS, historyExponent: 0 });
    expect(chosen.historyExponent).toBeGreaterThan(0);
  });
});
