import { reset } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { VectorizeIndex } from "../../edge/retrieval/vectorize-index.ts";
import {
  METADATA_PROPERTIES,
  metadataOf,
  namespaceOf,
  PARTITIONS,
  partitionOf,
  ranksOf,
  vectorId,
} from "../../edge/retrieval/vectorize-layout.ts";
import { hydratorOf } from "../../edge/retrieval/tables.ts";
import type { Filter } from "../../shared/filter.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { conforms } from "../harness/index-conformance.ts";
import { passes } from "../harness/filter-twin.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { VectorizeStandIn, VECTORIZE_LIMITS } from "../harness/vectorize-stand-in.ts";
import type { StandInOptions } from "../harness/vectorize-stand-in.ts";
import { openRelease } from "./open-release.ts";

const DIM = 8;

beforeEach(reset);

/** A release in a stand-in, put there as the edge puts it. */
async function openVectorize(small: SmallRelease, options: Partial<StandInOptions> = {}) {
  const binding = new VectorizeStandIn({ dimensions: DIM, metric: "dot-product", now: () => 0, ...options });
  for (const property of METADATA_PROPERTIES) binding.createMetadataIndex(property, "number");
  const { tables } = await openRelease(small);
  const { columns, dictionaries } = tables.index;
  const ranks = ranksOf(columns, dictionaries);
  const rows = [...small.ids.keys()];
  for (let from = 0; from < rows.length; from += VECTORIZE_LIMITS.batchFromWorker) {
    await binding.upsert(
      rows.slice(from, from + VECTORIZE_LIMITS.batchFromWorker).map((row) => ({
        id: vectorId(small.release.id, row),
        values: dequantize(columns, row),
        namespace: namespaceOf(small.release.id, partitionOf(row)),
        metadata: metadataOf(columns, row, ranks),
      })),
    );
  }
  const source = { dictionaries, ...hydratorOf(tables) };
  return { binding, index: new VectorizeIndex(binding, small.release.id, { items: source, ranks }) };
}

describe("the index inside the Worker", () => {
  conforms({ open: async (small) => (await openRelease(small)).index, recall: 1, filteredRecall: 1 });
});

describe("Vectorize", () => {
  conforms({ open: async (small) => (await openVectorize(small)).index, recall: 1, filteredRecall: 1 });
});

describe("a search of Vectorize", () => {
  const query = [0.3, -0.2, 0.1, 0.4, -0.4, 0.2, 0.1, -0.3];
  const exact = (small: SmallRelease, count: number, filter: Filter = {}) =>
    [...small.ids.keys()]
      .filter((row) => passes(small, row, filter))
      .map(
        (row) => [row, dequantize(small.columns, row).reduce((sum, value, j) => sum + value * query[j]!, 0)] as const,
      )
      .sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB)
      .slice(0, count)
      .map(([row]) => row);

  test("makes sixteen calls a query, each for a hundred at most, without values or metadata", async () => {
    const { binding, index } = await openVectorize(await smallRelease({ items: 2_000, dim: DIM }));
    await index.search({ queries: [query, query, query], count: 1_000, filter: {} });
    expect(binding.queries.length).toBe(3 * PARTITIONS);
    expect(
      binding.queries.every(
        ({ topK = 0, returnValues, returnMetadata }) => topK <= 100 && !returnValues && !returnMetadata,
      ),
    ).toBe(true);
    binding.queries.length = 0;
    await index.search({ queries: [query], count: 100, filter: {} });
    expect(binding.queries.length).toBe(PARTITIONS);
    expect(binding.queries.every(({ topK = 0 }) => topK < 25)).toBe(true);
  });

  test("scores what is found exactly, however rough the scores of the index are", async () => {
    const small = await smallRelease({ items: 6_000, dim: DIM, seed: 12 });
    const random = seeded(1);
    const rough = new Map<string, number>();
    const error = (id: string) => rough.get(id) ?? rough.set(id, 0.95 + 0.1 * random()).get(id)!;
    const { index } = await openVectorize(small, { error });
    const [rows] = await index.search({ queries: [query], count: 1_000, filter: {} });
    const expected = exact(small, 1_000);
    const found = new Set(rows);
    expect([...rows!].filter((row) => expected.includes(row))).toEqual(expected.filter((row) => found.has(row)));
    expect(expected.filter((row) => found.has(row)).length).toBeGreaterThanOrEqual(970);
  });

  test("under a filter on what items have several of, finds all of the common, most of the rest, and never what is refused", async () => {
    const small = await smallRelease({ items: 6_000, dim: DIM, seed: 13 });
    const { index } = await openVectorize(small);
    const ranks = ranksOf(small.columns, small.dictionaries);
    for (const [number, name] of small.dictionaries.categories.entries()) {
      const filter: Filter = { categories: { any: [name] } };
      const [rows] = await index.search({ queries: [query], count: 1_000, filter });
      expect(rows!.every((row) => passes(small, row, filter))).toBe(true);
      const expected = exact(small, 1_000, filter);
      const found = new Set(rows);
      expect([...rows!].filter((row) => expected.includes(row))).toEqual(expected.filter((row) => found.has(row)));
      // The three most common have a property each, and so is the rarest one's range exact.
      const least = ranks.categories[number] === 1 ? 0.75 : 1;
      const share = expected.filter((row) => found.has(row)).length / expected.length;
      expect(share).toBeGreaterThanOrEqual(least);
    }
  });

  test("without an answer of some partitions has those of the others, and names them", async () => {
    const small = await smallRelease({ items: 400, dim: DIM });
    const onQuery = (namespace: string | undefined) => {
      if (/:(3|7)$/.test(namespace ?? "")) throw new Error("the network is down");
    };
    const { index } = await openVectorize(small, { onQuery });
    const missing: string[] = [];
    const [rows] = await index.search({
      queries: [query],
      count: 400,
      filter: {},
      onMissing: (part) => missing.push(part),
    });
    expect([...rows!]).toEqual(exact(small, 400).filter((row) => ![3, 7].includes(partitionOf(row))));
    expect(missing.sort()).toEqual(["vectorize-3", "vectorize-7"]);
  });

  test("without an answer of any is unavailable", async () => {
    const onQuery = () => {
      throw new Error("the network is down");
    };
    const { index } = await openVectorize(await smallRelease({ items: 40, dim: DIM }), { onQuery });
    await expect(index.search({ queries: [query], count: 10, filter: {} })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  test("of one release finds nothing of another in the same index", async () => {
    const [small, other] = [
      await smallRelease({ items: 50, dim: DIM }),
      await smallRelease({ items: 50, dim: DIM, createdAt: 9 }),
    ];
    const { binding } = await openVectorize(small);
    const { dictionaries, columns } = other;
    const items = { dictionaries, ...hydratorOf((await openRelease(other)).tables) };
    const index = new VectorizeIndex(binding, other.release.id, { items, ranks: ranksOf(columns, dictionaries) });
    const [rows] = await index.search({ queries: [query], count: 10, filter: {} });
    expect([...rows!]).toEqual([]);
  });
});

describe("the stand-in of Vectorize", () => {
  const vector = { id: "a", values: Array<number>(DIM).fill(1) };
  const make = () => new VectorizeStandIn({ dimensions: DIM, now: () => 0 });
  const zeros = Array<number>(DIM).fill(0);

  test.each<[string, (index: VectorizeStandIn) => Promise<unknown>]>([
    ["more than a hundred results", (index) => index.query(zeros, { topK: 101 })],
    ["more than fifty with values", (index) => index.query(zeros, { topK: 51, returnValues: true })],
    ["more than fifty with metadata", (index) => index.query(zeros, { topK: 51, returnMetadata: "all" })],
    ["a query of another length", (index) => index.query([1], {})],
    ["an empty filter", (index) => index.query(zeros, { filter: {} })],
    ["a filter of 2 KiB", (index) => index.query(zeros, { filter: { a: "x".repeat(2_040) } })],
    ["an unknown operator", (index) => index.query(zeros, { filter: { a: { $like: "x" } as never } })],
    ["two lower bounds", (index) => index.query(zeros, { filter: { a: { $gt: 1, $gte: 1 } } })],
    ["an id of 65 bytes", (index) => index.upsert([{ ...vector, id: "x".repeat(65) }])],
    ["a namespace of 65 bytes", (index) => index.upsert([{ ...vector, namespace: "x".repeat(65) }])],
    ["metadata of more than 10 KiB", (index) => index.upsert([{ ...vector, metadata: { a: "x".repeat(10_240) } }])],
    ["a metadata key with a dot", (index) => index.upsert([{ ...vector, metadata: { "a.b": 1 } }])],
    [
      "a batch of 1,001",
      (index) => index.upsert(Array.from({ length: 1_001 }, (_, id) => ({ ...vector, id: `${id}` }))),
    ],
    ["a vector of another length", (index) => index.upsert([{ ...vector, values: [1] }])],
    [
      "an eleventh metadata index",
      async (index) => {
        for (let i = 0; i < 11; i++) index.createMetadataIndex(`p${i}`, "number");
      },
    ],
  ])("refuses %s", async (_, call) => {
    await expect(call(make())).rejects.toThrow(/VECTOR/);
  });

  test("shows writes late, and metadata only where its index was there first", async () => {
    let now = 0;
    const index = new VectorizeStandIn({ dimensions: DIM, now: () => now, visibleAfterMs: 5_000 });
    await index.upsert([{ ...vector, metadata: { day: 3 } }]);
    index.createMetadataIndex("day", "number");
    expect((await index.query(zeros)).count).toBe(0);
    now = 5_000;
    expect((await index.query(zeros)).count).toBe(1);
    expect((await index.query(zeros, { filter: { day: 3 } })).count).toBe(0);
    await index.upsert([{ ...vector, metadata: { day: 3 } }]);
    now = 10_000;
    expect((await index.query(zeros, { filter: { day: { $gte: 3 } } })).matches.map(({ id }) => id)).toEqual(["a"]);
  });
});
