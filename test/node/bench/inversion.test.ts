import { beforeAll, expect, test } from "vitest";
import { figuresTable, readFigures, shownFigures } from "../../../bench/inversion/figures.ts";
import type { Figures } from "../../../bench/inversion/figures.ts";
import { LIKES, measureInversion } from "../../../bench/inversion/measure.ts";
import type { Inversion } from "../../../bench/inversion/measure.ts";
import { trainedWorld } from "../../../bench/inversion/people.ts";
import { pursue } from "../../../bench/inversion/pursuit.ts";
import { gatherVectors } from "../../../shared/item-columns.ts";
import { createItemTable } from "../../../shared/item-table.ts";
import { smallRelease } from "../../harness/small-release.ts";

/** Enough to know a share to about fifteen points. */
const PEOPLE = 16;
const TOLERANCE = 0.2;
const TRAINING_MS = 240_000;

let figures: Figures;
let found: readonly Inversion[];
const after = (rows: readonly Inversion[], likes: number): Inversion => rows.find((row) => row.likes === likes)!;

beforeAll(async () => {
  figures = await readFigures();
  found = measureInversion(await trainedWorld(figures.seed, LIKES.at(-1)!), PEOPLE);
}, TRAINING_MS);

test("docs/privacy.md shows the figures that were measured", async () => {
  expect(await shownFigures()).toBe(figuresTable(figures));
  expect(figures.rows.map(({ likes }) => likes)).toEqual([...LIKES]);
});

test("what is measured again with fewer people is near what is written down", () => {
  for (const likes of LIKES) {
    const [now, then] = [after(found, likes), after(figures.rows, likes)];
    for (const what of ["blind", "query", "cells", "sequence"] as const) {
      expect(Math.abs(now[what] - then[what]), `${what} after ${likes}`).toBeLessThan(TOLERANCE);
    }
  }
});

test("one like is named by what it makes a device ask for, and many are hidden better by cells than by queries", () => {
  expect(after(found, 1).query).toBe(1);
  expect(after(found, 1).cells).toBeGreaterThan(0.9);
  for (const likes of [5, 10, 20, 50]) {
    const { blind, query, cells } = after(found, likes);
    expect(query, `${likes}`).toBeGreaterThan(cells);
    expect(cells, `${likes}`).toBeGreaterThan(blind);
    expect(query, `${likes}`).toBeLessThan(1);
  }
  const aboveChance = (likes: number) => after(found, likes).cells - after(found, likes).blind;
  expect(aboveChance(1)).toBeGreaterThan(aboveChance(5));
  expect(aboveChance(5)).toBeGreaterThan(0);
  expect(aboveChance(50)).toBeLessThan(aboveChance(5) + TOLERANCE);
});

test("a sequence of sets says more than one of them, and nothing is fetched below the least number of likes", () => {
  for (const likes of [10, 20]) expect(after(found, likes).sequence).toBeGreaterThan(after(found, likes).cells);
  expect([1, 5, 10].map((likes) => after(found, likes).sequenceAllowed)).toEqual([undefined, undefined, undefined]);
  expect(after(found, 20).fetches).toBe(1);
  expect(after(found, 50).fetches).toBeGreaterThan(1);
});

test("the pursuit finds the items that a vector is made of, where they are few", async () => {
  const small = await smallRelease({ items: 400, dim: 64 });
  const { columns, dictionaries, ids } = small;
  const table = createItemTable(columns, dictionaries, ids, new Float32Array(dictionaries.categories.length));
  const liked = [3, 141, 59, 265];
  const vectors = gatherVectors(columns, liked);
  const sum = new Float64Array(64);
  liked.forEach((_, i) => sum.forEach((__, j) => (sum[j]! += (1 + i) * vectors[i * 64 + j]!)));
  expect(pursue(table, [sum], 4).sort((a, b) => a - b)).toEqual([...liked].sort((a, b) => a - b));
});
