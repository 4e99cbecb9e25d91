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
    { item: "d", ms: NaN },
  ]);
  expect([...dwellQuantiles(dataset)!]).toEqual([3.5 / 4, 2 / 4, 2 / 4, 0.5 / 4]);
});

test("a view that comes after the exposure says how long, and is no exposure itself", () => {
  const dataset = looks([
    { item: "a", ms: NaN, kinds: SHOWN },
    { item: "b", ms: NaN, kinds: SHOWN },
    { item: "b", ms: 900, kinds: bits("view") },
    { item: "b", ms: 300, kinds: bits("view") },
  ]);
  expect([...dwellQuantiles(dataset)!]).toEqual([0.25, 0.75, 0, 0]);
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
      if (!of.some(({ ms }) => ms > 0)) {
        expect(quantiles).toBeUndefined();
        return;
      }
      const groupOf = ({ item }: Look) => (item === "d" ? "unsaid" : "said");
      const msOf = ({ ms }: Look) => (ms > 0 ? ms : 0);
      of.forEach((a, i) =>
        of.forEach((b, j) => {
          // Fewer than two hundred exposures with lengths are one group.
          if (groupOf(a) === groupOf(b))
            expect(Math.sign(quantiles![i]! - quantiles![j]!)).toBe(Math.sign(msOf(a) - msOf(b)));
        }),
      );
    }),
  );
});
