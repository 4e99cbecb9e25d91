import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_TYPES, type EventType } from "../../../../shared/event.ts";
import type { Item } from "../../../../shared/item.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { dwellQuantiles } from "../../../../trainer/read/dwell-quantiles.ts";
import { makeDataset } from "../make-dataset.ts";

const bits = (...types: EventType[]) => types.reduce((sum, type) => sum | (1 << EVENT_TYPES.indexOf(type)), 0);
const SHOWN = bits("impression");
const LOOKED = bits("impression", "view");

interface Look {
  readonly item: string;
  readonly ms: number;
  readonly kinds?: number;
}

/** One person's looks, in order. */
function looks(of: readonly Look[], durations: Readonly<Record<string, number>> = {}): Dataset {
  const items = [...new Set(of.map(({ item }) => item))].map((id): Item => ({
    id,
    categories: [],
    ...(durations[id] !== undefined && { durationMs: durations[id] }),
  }));
  const dataset = makeDataset({ ann: of.map(({ item }) => item) }, items);
  of.forEach(({ ms, kinds }, e) => {
    dataset.events.dwellMs[e] = ms;
    dataset.events.kinds[e] = kinds ?? LOOKED;
  });
  return dataset;
}

test("a look's quantile is the share below it, with half of those that are equal, itself among them", () => {
  const dataset = looks([
    { item: "a", ms: 4_000 },
    { item: "b", ms: 1_000 },
    { item: "c", ms: 1_000 },
    { item: "d", ms: 0 },
  ]);
  expect([...dwellQuantiles(dataset)!]).toEqual([3.5 / 4, 2 / 4, 2 / 4, 0.5 / 4]);
});

test("a view or a skip that comes after the exposure says how long, and where nothing does there is no label", () => {
  const of = [
    { item: "a", ms: NaN, kinds: SHOWN },
    { item: "b", ms: NaN, kinds: SHOWN },
    { item: "c", ms: NaN, kinds: SHOWN },
    { item: "b", ms: 900, kinds: bits("view") },
    { item: "b", ms: 300, kinds: bits("view") },
    { item: "c", ms: 400, kinds: bits("skip") },
  ];
  expect([...dwellQuantiles(looks(of))!]).toEqual([NaN, 0.75, 0.25, NaN, NaN, NaN]);
});

test("where a row says all of an exposure, a later look for the item by itself says nothing of it", () => {
  const of = [
    { item: "a", ms: 100 },
    { item: "b", ms: 200 },
    { item: "a", ms: 60_000, kinds: bits("click", "view") },
  ];
  const { events, ...rest } = looks(of);
  expect([...dwellQuantiles({ ...rest, events: { ...events, saysAll: Uint8Array.of(1, 1, 1) } })!]).toEqual([
    0.25,
    0.75,
    NaN,
  ]);
  expect([...dwellQuantiles(looks(of))!]).toEqual([0.75, 0.25, NaN]);
});

test("the log's own word of how much was seen makes a length, where the item table has none", () => {
  const { events, ...rest } = looks(
    Array.from({ length: 400 }, (_, i): Look => ({
      item: i % 2 === 0 ? "short" : "long",
      ms: i % 2 === 0 ? 5_000 : 50_000,
    })),
  );
  const said = { ...rest, events: { ...events, fraction: events.fraction.map(() => 0.5) } };
  // Both were seen to the half: nobody looked longer than others at an item of like length.
  expect(new Set(dwellQuantiles(said))).toEqual(new Set([0.5]));
  expect(new Set(dwellQuantiles({ ...rest, events }))).toEqual(new Set([0.25, 0.75]));
});

test("no length is a group of a few, whatever one of them has most looks", () => {
  const durations = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`i${String(i).padStart(2, "0")}`, 1_000 + i]),
  );
  const of = Array.from({ length: 330 }, (_, i): Look => ({
    item: i < 300 ? "i05" : `i${String(i % 12).padStart(2, "0")}`,
    ms: i,
  }));
  const quantiles = dwellQuantiles(looks(of, durations))!;
  // In one group of all each look has a rank of its own.
  expect(new Set(quantiles).size).toBe(330);
});

test("a long item is no better for being long", () => {
  // All look at half of what there is, give or take the same.
  const of = Array.from({ length: 400 }, (_, i): Look => {
    const [item, length] = i % 2 === 0 ? ["short", 10_000] : ["long", 100_000];
    return { item, ms: length * (0.4 + 0.2 * (((i >> 1) * 37) % 100) * 0.01) };
  });
  const quantiles = dwellQuantiles(looks(of, { short: 10_000, long: 100_000 }))!;
  const mean = (item: string) => {
    const own = [...quantiles].filter((_, e) => of[e]!.item === item);
    return own.reduce((sum, each) => sum + each, 0) / own.length;
  };
  expect(mean("short")).toBeCloseTo(mean("long"), 6);
  // Without lengths all are one group, and what is long is looked at for longest.
  const blind = dwellQuantiles(looks(of))!;
  expect(Math.max(...[...blind].filter((_, e) => of[e]!.item === "short"))).toBeLessThanOrEqual(0.5);
});

test("a log that never says how long has no such label", () => {
  expect(dwellQuantiles(looks([{ item: "a", ms: NaN, kinds: SHOWN }]))).toBeUndefined();
  expect(dwellQuantiles(looks([{ item: "a", ms: 5_000, kinds: bits("view") }]))).toBeUndefined();
});

test("quantiles follow the looks of like length, whatever else is in the log", () => {
  const look = fc.record({
    item: fc.constantFrom("a", "b", "c", "d"),
    ms: fc.constantFrom(0, 1, 500, 20_000, NaN),
    kinds: fc.constantFrom(SHOWN, LOOKED),
  });
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 60 }), (of) => {
      const dataset = looks(of, { a: 1_000, b: 1_000, c: 60_000 });
      const quantiles = dwellQuantiles(dataset);
      if (of.every(({ ms }) => Number.isNaN(ms))) {
        expect(quantiles).toBeUndefined();
        return;
      }
      const groupOf = ({ item }: Look) => (item === "d" ? "unsaid" : "said");
      of.forEach((a, i) =>
        of.forEach((b, j) => {
          // So few looks at items with a length are one group.
          if (groupOf(a) === groupOf(b))
            expect(Math.sign(quantiles![i]! - quantiles![j]!)).toBe(Math.sign(a.ms - b.ms));
        }),
      );
    }),
  );
});
