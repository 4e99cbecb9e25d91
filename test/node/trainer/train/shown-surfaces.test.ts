import { expect, test } from "vitest";
import { EVENT_TYPES } from "../../../../shared/event.ts";
import { MAX_SURFACES } from "../../../../shared/release.ts";
import { type Dataset, SURFACE_UNSAID } from "../../../../trainer/read/dataset.ts";
import { shownSurfaces } from "../../../../trainer/train/shown-surfaces.ts";
import { makeDataset } from "../make-dataset.ts";

const SHOWN = 1 << EVENT_TYPES.indexOf("impression");

/** So many exposures on each surface, then so many looks that no list has shown. */
function shownOn(counts: Readonly<Record<string, number>>, looks: Readonly<Record<string, number>> = {}): Dataset {
  const surfaces = [...new Set([...Object.keys(counts), ...Object.keys(looks)])];
  const places = (of: Readonly<Record<string, number>>) =>
    surfaces.flatMap((name, place) => new Array<number>(of[name] ?? 0).fill(place));
  const [shown, looked] = [places(counts), places(looks)];
  const dataset = makeDataset({ anna: [...shown, ...looked].map(() => "a") });
  dataset.events.kinds.fill(SHOWN, 0, shown.length);
  return { ...dataset, surfaces, events: { ...dataset.events, surface: Uint8Array.from([...shown, ...looked]) } };
}

test("surfaces on which enough was shown are told apart, those of most exposures first", () => {
  const dataset = shownOn({ shelf: 300, rare: 299, feed: 400 }, { rare: 500 });
  const { names, placeOf } = shownSurfaces(dataset, 0);
  expect(names).toEqual(["feed", "shelf"]);
  expect([0, 300, 599].map(placeOf)).toEqual([1, 2, 0]);
  // What comes before is not learnt from.
  expect(shownSurfaces(dataset, dataset.events.at[1]!).names).toEqual(["feed"]);
  dataset.events.surface![0] = SURFACE_UNSAID;
  expect(shownSurfaces(dataset, 0).names).toEqual(["feed"]);
});

test("beyond the largest ones they are one", () => {
  const counts = Object.fromEntries(Array.from({ length: MAX_SURFACES + 2 }, (_, s) => [`page ${s}`, 330 - s]));
  const { names, placeOf } = shownSurfaces(shownOn(counts), 0);
  expect(names).toEqual(Object.keys(counts).slice(0, MAX_SURFACES));
  expect(placeOf(0)).toBe(0);
  expect(placeOf(Object.values(counts).reduce((sum, count) => sum + count, 0) - 1)).toBe(MAX_SURFACES);
});

test("in a log that never says, nothing is told apart", () => {
  const { names, placeOf } = shownSurfaces(makeDataset({ anna: ["a"] }), 0);
  expect([names, placeOf(0)]).toEqual([[], 0]);
});
