import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Candidates } from "../../shared/candidates-file.ts";
import type { Filter } from "../../shared/filter.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { passes } from "../harness/filter-twin.ts";
import { seeded, smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { call, expectError, goLive, ORIGIN, post } from "./edge.ts";

const DIM = 8;
const small = await smallRelease({ items: 300, dim: DIM, seed: 5 });
const route = `/v1/${small.release.id}/retrieve`;

/** What the other sources bring has a test file of its own. */
const ONLY_NEAREST = { similar: 0, trending: 0, fresh: 0, popular: 0, explore: 0 };

beforeEach(async () => {
  await reset();
  await goLive(small);
});

async function retrieve(body: object, path = route): Promise<Candidates> {
  const answer = await post(path, { space: "test-space", count: 1_000, quotas: ONLY_NEAREST, ...body });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Content-Type")).toBe("application/octet-stream");
  expect(answer.headers.get("Cache-Control")).toBe("no-store");
  return decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
}

function randomQuery(seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: DIM }, () => random() - 0.5);
}

/** The twin: scores of every item in double precision, straight from the definition. */
function exactScores({ columns }: SmallRelease, query: readonly number[]): number[] {
  return Array.from({ length: columns.size }, (_, row) =>
    dequantize(columns, row).reduce((sum, value, j) => sum + value * query[j], 0),
  );
}

function exactTop(release: SmallRelease, query: readonly number[], count: number, filter: Filter = {}): string[] {
  const scores = exactScores(release, query);
  const rows = scores.map((_, row) => row).filter((row) => passes(release, row, filter));
  return rows
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, count)
    .map((row) => release.ids[row]);
}

describe("one query", () => {
  test("finds exactly the nearest items, best first", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const query = randomQuery(seed);
      const { ids, source } = await retrieve({ queries: [query], count: 50 });
      expect(ids).toEqual(exactTop(small, query, 50));
      expect(new Set(source)).toEqual(new Set([1]));
    }
  });

  test("brings the columns of every item, so that the device can rank it", async () => {
    const { row, columns, ids, rows, space, catalog } = await retrieve({ queries: [randomQuery(1)], count: 20 });
    expect(columns.size).toBe(20);
    expect(space).toBe("test-space");
    expect(rows).toBe(small.neighbours.rows);
    expect(catalog).toBeUndefined();
    row.forEach((from, at) => {
      expect(ids[at]).toBe(small.ids[from]);
      expect(dequantize(columns, at)).toEqual(dequantize(small.columns, from));
      expect(columns.popularity[at]).toBe(small.columns.popularity[from]);
    });
  });

  test("brings display data when asked", async () => {
    const { ids, catalog } = await retrieve({ queries: [randomQuery(1)], count: 5, catalog: true });
    expect(catalog?.map((each) => (JSON.parse(each) as { id: string }).id)).toEqual(ids);
    expect(catalog?.[0]).toContain("ü");
  });

  test("applies filters before it counts: every passing item is found, no other", async () => {
    const categories = fc.subarray([...small.dictionaries.categories, "Unknown"]);
    const filters = fc.record(
      {
        language: fc.constantFrom("de", "en", "xx"),
        region: fc.constantFrom("DE", "US", "JP", "XX"),
        categories: fc.record({ any: categories, all: categories, none: categories }, { requiredKeys: [] }),
        publishedAfter: fc.integer({ min: 28_000_000, max: 29_000_000 }).map((minutes) => minutes * 60_000),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(filters, fc.nat(1_000), fc.integer({ min: 1, max: 60 }), async (filter, seed, count) => {
        const query = randomQuery(seed);
        const { ids } = await retrieve({ queries: [query], count, filter });
        expect(ids).toEqual(exactTop(small, query, count, filter));
      }),
      { numRuns: 60 },
    );
  });
});

describe("several queries", () => {
  test("take turns, and each item comes once", async () => {
    const queries = [randomQuery(1), randomQuery(2), randomQuery(3)];
    const { ids } = await retrieve({ queries, count: 30 });
    const tops = queries.map((query) => exactTop(small, query, 30));
    const expected: string[] = [];
    for (let turn = 0; turn < 30; turn++) {
      for (const top of tops) if (!expected.includes(top[turn])) expected.push(top[turn]);
    }
    expect(ids).toEqual(expected.slice(0, 30));
  });
});

describe("the neighbours of items", () => {
  test("come by their summed weight, without the items themselves", async () => {
    const { neighbour, weight, scale, perItem } = small.neighbours;
    const sums = new Map<number, number>();
    for (const row of [10, 11]) {
      for (let slot = 0; slot < perItem - 1; slot++) {
        const at = row * perItem + slot;
        sums.set(neighbour[at], (sums.get(neighbour[at]) ?? 0) + weight[at] * scale[row]);
      }
    }
    sums.delete(10);
    sums.delete(11);
    const expected = [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([row]) => small.ids[row]);
    const items = ["item-10", "item-11", "not in this release"];
    const { ids, source } = await retrieve({ queries: [], items, quotas: { ...ONLY_NEAREST, similar: 200 } });
    expect(ids).toEqual(expected);
    expect(sourcesOf(source[0])).toEqual(["similar", "neighbour"]);
  });

  test("pass the filter too, and an item found both ways says both", async () => {
    const filter = { categories: { none: ["Drama"] } };
    const quotas = { ...ONLY_NEAREST, similar: 200 };
    const { ids, source } = await retrieve({ queries: [randomQuery(9)], items: ["item-10"], filter, quotas });
    expect(ids.every((id) => passes(small, small.ids.indexOf(id), filter))).toBe(true);
    expect(new Set(Array.from(source, (bits) => sourcesOf(bits).join("+")))).toContain("nearest+similar+neighbour");
  });
});

describe("a release", () => {
  test("is served while it is active or previous; then it is stale, and the current one is named", async () => {
    const [second, third] = [await smallRelease({ createdAt: 2 }), await smallRelease({ createdAt: 3 })];
    const ask = { space: "test-space", queries: [randomQuery(1)], count: 1 };
    await goLive(second, 1);
    expect((await post(route, ask)).status).toBe(200);
    expect((await post(`/v1/${second.release.id}/retrieve`, ask)).status).toBe(200);
    await goLive(third, 2);
    const stale = await post(route, ask);
    const body: { error: { hint: string } } = await stale.clone().json();
    expect(await expectError(stale, 409, "stale_release")).toBe("release");
    expect(body.error.hint).toContain(third.release.id);
  });

  test("that was published but never activated is not served", async () => {
    const second = await smallRelease({ createdAt: 2 });
    await goLive(second, 1);
    const answer = await post(`/v1/${"f".repeat(32)}/retrieve`, {});
    expect(await expectError(answer, 404, "unknown_release")).toBe("release");
  });

  test("whose files were damaged in the bucket is reported as damaged, not as a wrong request", async () => {
    const { sha256 } = small.release.files.index;
    await env.BUCKET.put(`blobs/${sha256}`, small.blobs.get(sha256)!.slice(0, 500));
    const body = JSON.stringify({ space: "test-space", queries: [randomQuery(1)], count: 1 });
    const ask = () =>
      createEdge().fetch(new Request(ORIGIN + route, { method: "POST", body }), env, createExecutionContext());
    expect(await expectError(await ask(), 503, "bad_release")).toMatch(/^files\.index/);
  });

  test("that failed to load is tried again", async () => {
    const { sha256 } = small.release.files.ids;
    await env.BUCKET.delete(`blobs/${sha256}`);
    const edge = createEdge();
    const body = JSON.stringify({ space: "test-space", queries: [randomQuery(1)], count: 1 });
    const ask = () => edge.fetch(new Request(ORIGIN + route, { method: "POST", body }), env, createExecutionContext());
    await expectError(await ask(), 503, "bad_release");
    await env.BUCKET.put(`blobs/${sha256}`, small.blobs.get(sha256)!);
    expect((await ask()).status).toBe(200);
  });
});

describe("a bad retrieve request", () => {
  const good = { space: "test-space", queries: [randomQuery(1)], count: 10 };
  const vector = randomQuery(1);
  const put3 = (value: unknown): unknown[] => vector.map((each, i) => (i === 3 ? value : each));
  test.each([
    ["a vector that is too short", { ...good, queries: [vector.slice(1)] }, "bad_vector_length", "queries[0]"],
    ["a vector that is too long", { ...good, queries: [vector, [...vector, 0]] }, "bad_vector_length", "queries[1]"],
    ["null in a vector", { ...good, queries: [put3(null)] }, "wrong_type", "queries[0][3]"],
    ["a number out of range", { ...good, queries: [put3(1e300)] }, "bad_value", "queries[0][3]"],
    ["too many queries", { ...good, queries: Array(9).fill(vector) }, "too_many", "queries"],
    ["neither query nor item", { ...good, queries: [] }, "bad_value", "queries"],
    ["another space", { ...good, space: "other" }, "wrong_space", "space"],
    ["no space", { ...good, space: undefined }, "missing_field", "space"],
    ["count 0", { ...good, count: 0 }, "bad_value", "count"],
    ["count 1001", { ...good, count: 1_001 }, "bad_value", "count"],
    ["count 1.5", { ...good, count: 1.5 }, "bad_value", "count"],
    ["too many items", { ...good, items: Array(11).fill("a") }, "too_many", "items"],
    ["an id that is too long", { ...good, items: ["a".repeat(129)] }, "id_too_long", "items[0]"],
    ["an unknown field", { ...good, exclude: [] }, "unknown_field", "exclude"],
    ["an unknown field of the filter", { ...good, filter: { lang: "de" } }, "unknown_field", "filter.lang"],
    ["a wrong type in the filter", { ...good, filter: { categories: [] } }, "wrong_type", "filter.categories"],
    ["quotas that are more than the answer", { ...good, quotas: { fresh: 6, popular: 5 } }, "bad_value", "quotas"],
    ["a quota of a source that has none", { ...good, quotas: { nearest: 5 } }, "unknown_field", "quotas.nearest"],
    ["a quota below 0", { ...good, quotas: { fresh: -1 } }, "bad_value", "quotas.fresh"],
    ["no object", [], "wrong_type", undefined],
  ])("with %s is refused where it is wrong", async (_, body, code, path) => {
    expect(await expectError(await post(route, body), 400, code)).toBe(path);
  });

  test.each([
    ["NaN, which is not JSON", '{"space":"test-space","queries":[[NaN]],"count":1}', 400, "bad_json"],
    ["infinity", `{"space":"test-space","queries":[[1e999,0,0,0,0,0,0,0]],"count":1}`, 400, "not_finite"],
    ["half a body", '{"space":"test-sp', 400, "bad_json"],
    ["no body", "", 400, "bad_json"],
    ["too long a body", `"${"x".repeat(256 * 1024)}"`, 413, "too_large"],
  ])("with %s is refused", async (_, body, status, code) => {
    await expectError(await post(route, body), status, code);
  });

  test("that is not UTF-8 is refused", async () => {
    const answer = await call(route, { method: "POST", body: Uint8Array.of(0x22, 0xff, 0x22) });
    await expectError(answer, 400, "bad_json");
  });

  test("is never larger than the limit in memory, whatever its length", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
        if (sent > 1024 * 1024 * 1024) controller.close();
      },
    });
    await expectError(await call(route, { method: "POST", body }), 413, "too_large");
    expect(sent).toBeLessThan(4 * 1024 * 1024);
  });

  test("of another media type or encoding is refused", async () => {
    for (const [name, value] of [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["Content-Encoding", "gzip"],
    ]) {
      const answer = await call(route, { method: "POST", body: "{}", headers: { [name]: value } });
      expect(await expectError(answer, 415, "bad_media_type")).toBe(name);
    }
  });
});
