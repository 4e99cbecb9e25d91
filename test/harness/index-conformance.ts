// What every VectorIndex is held to, one suite for all: the embedded index, Vectorize and whatever comes. Each runs it with
// its own way of opening a release; the twins here know the answer from the definition alone.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { VectorIndex } from "../../edge/retrieval/vector-index.ts";
import type { Filter } from "../../shared/filter.ts";
import { decodeIndex, encodeIndex } from "../../shared/index-file.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { passes } from "./filter-twin.ts";
import { seeded, smallRelease, text } from "./small-release.ts";
import type { SmallRelease } from "./small-release.ts";

const DIM = 8;
/** Few enough that every part of an index can look at all of its rows. */
const FEW = 300;
/** Enough that no index whose calls answer a hundred sees them all. */
const MANY = 6_000;
const COUNT = 1_000;

/** What an implementation promises. */
export interface Conformance {
  /** Opens a release. Called once for each release of the suite. */
  open(release: SmallRelease): Promise<VectorIndex>;
  /** The share of the best 1,000 of 6,000 that it finds at least; 1 for an exact index. */
  readonly recall: number;
  /** The same under a filter that it can apply in part only. */
  readonly filteredRecall: number;
}

function randomQuery(seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: DIM }, () => random() - 0.5);
}

/** The best rows in double precision, straight from the definition; equal scores by the lower row. */
function exactTop(release: SmallRelease, query: readonly number[], count: number, filter: Filter = {}): number[] {
  const rows = [...release.ids.keys()].filter((row) => passes(release, row, filter));
  const scores = new Map(
    rows.map((row) => [row, dequantize(release.columns, row).reduce((sum, value, j) => sum + value * query[j]!, 0)]),
  );
  return rows.sort((a, b) => scores.get(b)! - scores.get(a)! || a - b).slice(0, count);
}

const { dictionaries } = await smallRelease({ items: 1, dim: DIM });
const categories = fc.subarray([...dictionaries.categories, "Unknown"]);

/** Objects as a parsed request has them. */
const PLAIN = { requiredKeys: [], noNullPrototype: true };

/** Any filter, those that nothing passes among them. */
const anyFilter: fc.Arbitrary<Filter> = fc.record(
  {
    language: fc.constantFrom("de", "en", "xx"),
    region: fc.constantFrom("DE", "US", "JP", "XX"),
    categories: fc.record({ any: categories, all: categories, none: categories }, PLAIN),
    publishedAfter: fc.integer({ min: 28_000_000, max: 29_000_000 }).map((minutes) => minutes * 60_000),
  },
  PLAIN,
);

/** Declares the tests of one implementation, inside whatever `describe` calls it. */
export function conforms({ open, recall, filteredRecall }: Conformance): void {
  test("finds exactly the nearest rows of each query, best first, in the order of the queries", async () => {
    const release = await smallRelease({ items: FEW, dim: DIM, seed: 5 });
    const index = await open(release);
    const queries = [1, 2, 3].map(randomQuery);
    const lists = await index.search({ queries, count: 50, filter: {} });
    expect(lists.map((rows) => [...rows])).toEqual(queries.map((query) => exactTop(release, query, 50)));
  });

  test("applies any filter before it counts: all that pass are found, nothing else is", async () => {
    const release = await smallRelease({ items: FEW, dim: DIM, seed: 6 });
    const index = await open(release);
    await fc.assert(
      fc.asyncProperty(anyFilter, fc.nat(1_000), fc.integer({ min: 1, max: 60 }), async (filter, seed, count) => {
        const query = randomQuery(seed);
        const [rows] = await index.search({ queries: [query], count, filter });
        expect([...rows!]).toEqual(exactTop(release, query, count, filter));
      }),
      { numRuns: 100 },
    );
  });

  test("keeps of equal scores the lower row", async () => {
    const release = await smallRelease({ items: 60, dim: DIM, seed: 7 });
    const { vectors, scale } = release.columns;
    for (let row = 1; row < 40; row++) {
      vectors.copyWithin(row * DIM, 0, DIM);
      scale[row] = scale[0]!;
    }
    const index = await open(withColumns(release));
    const query = dequantize(release.columns, 0);
    const [rows] = await index.search({ queries: [Array.from(query)], count: 30, filter: {} });
    expect([...rows!]).toEqual(exactTop(release, Array.from(query), 30));
  });

  test("gives all there are where more are asked for, and empty lists where nothing passes", async () => {
    const release = await smallRelease({ items: 20, dim: DIM, seed: 8 });
    const index = await open(release);
    const [all] = await index.search({ queries: [randomQuery(1)], count: COUNT, filter: {} });
    expect([...all!]).toEqual(exactTop(release, randomQuery(1), COUNT));
    const filter: Filter = { categories: { all: ["Unknown"] } };
    const none = await index.search({ queries: [randomQuery(1), randomQuery(2)], count: COUNT, filter });
    expect(none.map(({ length }) => length)).toEqual([0, 0]);
    expect(await index.search({ queries: [], count: COUNT, filter: {} })).toEqual([]);
  });

  test("tells which of some rows pass, in their order", async () => {
    const release = await smallRelease({ items: FEW, dim: DIM, seed: 9 });
    const index = await open(release);
    const rows = [299, 3, 120, 4, 77, 12, 0];
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        expect(await index.passing(rows, filter)).toEqual(rows.filter((row) => passes(release, row, filter)));
      }),
      { numRuns: 40 },
    );
    expect(await index.passing([], { language: "de" })).toEqual([]);
  });

  test(`finds ${recall * 100} % of the best 1,000 of 6,000, and ${filteredRecall * 100} % under a filter`, async () => {
    const release = await smallRelease({ items: MANY, dim: DIM, seed: 10 });
    const index = await open(release);
    const filter: Filter = { language: "de", region: "JP" };
    for (const seed of [1, 2, 3, 4]) {
      const query = randomQuery(seed);
      const [rows] = await index.search({ queries: [query], count: COUNT, filter: {} });
      expect(rows!.length).toBe(COUNT);
      expect(shared(exactTop(release, query, COUNT), rows!)).toBeGreaterThanOrEqual(recall);
      const [filtered] = await index.search({ queries: [query], count: COUNT, filter });
      expect(filtered!.every((row) => passes(release, row, filter))).toBe(true);
      expect(new Set(filtered).size).toBe(filtered!.length);
      expect(shared(exactTop(release, query, COUNT, filter), filtered!)).toBeGreaterThanOrEqual(filteredRecall);
    }
  });
}

function shared(expected: readonly number[], got: Uint32Array): number {
  const rows = new Set(got);
  return expected.filter((row) => rows.has(row)).length / expected.length;
}

/** The release again, its index file made of its columns as they are now. */
function withColumns(release: SmallRelease): SmallRelease {
  const { sha256 } = release.release.files.index;
  const index = decodeIndex(release.blobs.get(sha256)!, text);
  const blobs = new Map(release.blobs).set(sha256, encodeIndex({ ...index, columns: release.columns }, text));
  return { ...release, blobs };
}
