import { createExecutionContext, listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../../edge/app.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { idLookupBytes } from "../../edge/retrieval/id-lookup.ts";
import { ordersBytes } from "../../edge/retrieval/item-orders.ts";
import { RELEASES_BYTES } from "../../edge/retrieval/served.ts";
import { loadSlice } from "../../edge/shards/load-slice.ts";
import { openSharded, shardedBytes } from "../../edge/shards/open-sharded.ts";
import { divide, OBJECT_BYTES, planShards, SHARD_BYTES, SHARD_SLOTS } from "../../edge/shards/plan.ts";
import { shardStub } from "../../edge/shards/slots.ts";
import type { Filter } from "../../shared/filter.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { conforms } from "../harness/index-conformance.ts";
import { smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { activate, expectError, goLive, ORIGIN, uploadBlobs } from "./edge.ts";
import { openRelease } from "./open-release.ts";

const DIM = 8;
const SHARDS = 3;
/** How {@link SHARDS} divide a release of ninety items. */
const NINETY = divide(90, SHARDS);
const QUERY = [0.3, -0.2, 0.1, 0.4, -0.4, 0.2, 0.1, -0.3];

beforeEach(reset);

/** A release in the bucket, divided among three shards however small it is. */
async function openShards(small: SmallRelease, deadlineMs = 20_000, patienceMs = 20_000) {
  for (const [sha256, bytes] of small.blobs) await env.BUCKET.put(blobKey(sha256), bytes);
  await env.BUCKET.put(releaseKey(small.release.id), small.json);
  const plan = divide(small.release.items, SHARDS);
  return openSharded(env, small.release, { plan, deadlineMs, patienceMs });
}

describe("the index in shards", () => {
  conforms({ open: async (small) => (await openShards(small)).index, recall: 1, filteredRecall: 1 });

  test("walks the popular, the new and the drawn in the very order of the index in the Worker", async () => {
    const small = await smallRelease({ items: 400, dim: DIM, seed: 3 });
    const [shards, embedded] = [(await openShards(small)).index, (await openRelease(small)).index];
    for (const order of ["popular", "fresh", "explore"] as const) {
      for (const filter of [{}, { language: "de", region: "JP" }] satisfies Filter[]) {
        for (const below of [undefined, 0, 2 ** 31, 2 ** 32 - 1]) {
          const request = { order, count: 120, filter, ...(order === "explore" && below !== undefined && { below }) };
          expect(await shards.inOrder(request)).toEqual(await embedded.inOrder(request));
        }
      }
    }
  });

  test("has the columns and display data of any rows, in their order", async () => {
    const small = await smallRelease({ items: 100, dim: DIM });
    const { index, tables } = await openShards(small);
    const rows = Uint32Array.of(99, 0, 50, 34, 33, 66, 67);
    const { columns, ids, catalog, rows: kept } = await index.hydrate(rows, { ids: true, catalog: true });
    expect(kept).toEqual(rows);
    expect(columns).toEqual(gatherColumns(small.columns, rows));
    expect(catalog!.map((each) => (JSON.parse(each) as { id: string }).id)).toEqual(
      Array.from(rows, (row) => `item-${row}`),
    );
    expect(ids).toEqual(Array.from(rows, (row) => `item-${row}`));
    expect(Array.from(await tables.rowsOf(["item-67", "nobody", "item-0", "item-67"]))).toEqual([67, -1, 0, 67]);
  });

  test("reads a release whose files are in parts", async () => {
    const small = await smallRelease({ items: 300, dim: DIM, partBytes: 4_096, packs: false });
    expect(small.release.files.index.parts!.length).toBeGreaterThan(3);
    const [shards, embedded] = [(await openShards(small)).index, (await openRelease(small)).index];
    const request = { queries: [QUERY], count: 100, filter: {} };
    expect(await shards.search(request)).toEqual(await embedded.search(request));
  });
});

describe("a shard", () => {
  test("that is late costs its rows and is named, and is back when it has woken", async () => {
    const small = await smallRelease({ items: 90, dim: DIM });
    const { index } = await openShards(small, 300);
    const search = async () => {
      const missing: string[] = [];
      const onMissing = (part: string) => missing.push(part);
      const [rows] = await index.search({ queries: [QUERY], count: 90, filter: {}, onMissing });
      return { rows: [...rows!].sort((a, b) => a - b), missing };
    };
    const all = [...small.ids.keys()];
    await index.search({ queries: [QUERY], count: 1, filter: {} });
    const stub = shardStub(env, NINETY[1]!, small.release.id)!;
    const asleep = runInDurableObject(stub, (_, state) =>
      state.blockConcurrencyWhile(() => new Promise((resolve) => setTimeout(resolve, 1_200))),
    );
    expect(await search()).toEqual({ rows: all.filter((row) => row < 30 || row >= 60), missing: ["shard-1"] });
    await asleep;
    expect(await search()).toEqual({ rows: all, missing: [] });
  });

  test("is waited for where all are late, and no longer than that", async () => {
    const small = await smallRelease({ items: 90, dim: DIM });
    const patient = (await openShards(small, 100)).index;
    const hasty = (await openShards(small, 100, 100)).index;
    const request = { queries: [QUERY], count: 90, filter: {} };
    expect((await patient.search(request))[0]!.length).toBe(90);
    const asleep = NINETY.map((rows) =>
      runInDurableObject(shardStub(env, rows, small.release.id)!, (_, state) =>
        state.blockConcurrencyWhile(() => new Promise((resolve) => setTimeout(resolve, 1_500))),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(hasty.search(request)).rejects.toMatchObject({ code: "unavailable" });
    expect((await patient.search(request))[0]!.length).toBe(90);
    await Promise.all(asleep);
  });

  test("that cannot read its rows costs them alone; when none can, the index is unavailable", async () => {
    const small = await smallRelease({ items: 90, dim: DIM });
    const { index } = await openShards(small);
    const { sha256 } = small.release.files.index;
    const last = NINETY[2]!;
    await shardStub(env, last, small.release.id)!.load({ ...last, release: small.release.id });
    await env.BUCKET.delete(blobKey(sha256));
    const missing: string[] = [];
    const request = { queries: [QUERY], count: 90, filter: {}, onMissing: (part: string) => missing.push(part) };
    const [rows] = await index.search(request);
    expect([...rows!].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => 60 + at));
    expect(missing.sort()).toEqual(["shard-0", "shard-1"]);
    const found = await index.hydrate(Uint32Array.of(1, 70, 2, 61), { catalog: true });
    expect([...found.rows]).toEqual([70, 61]);
    // Where the rows asked for lie in one shard, they are what it costs.
    missing.length = 0;
    expect((await index.hydrate(Uint32Array.of(1, 2), request)).rows.length).toBe(0);
    expect(await index.passing([1, 2], {}, request.onMissing)).toEqual([]);
    expect(missing).toEqual(["shard-0", "shard-0"]);

    await env.BUCKET.put(blobKey(sha256), small.blobs.get(sha256)!);
    expect((await index.search(request))[0]!.length).toBe(90);

    const gone = await smallRelease({ items: 90, dim: DIM, seed: 9 });
    const lost = (await openShards(gone)).index;
    await env.BUCKET.delete(blobKey(gone.release.files.index.sha256));
    await expect(lost.search(request)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("the plan of a release", () => {
  const withBytes = (items: number, bytes: number, { release }: SmallRelease) => ({
    ...release,
    items,
    files: {
      ...release.files,
      index: { ...release.files.index, bytes },
      ids: { ...release.files.ids, bytes: 0 },
      catalog: { ...release.files.catalog, bytes: 0 },
    },
  });

  test("covers every row once, in as few shards as their memory allows", async () => {
    const small = await smallRelease({ items: 10, dim: DIM });
    for (const bytes of [1_000, SHARD_BYTES - 1_000, SHARD_BYTES + 1_000, 3.3 * SHARD_BYTES, 59.9 * SHARD_BYTES]) {
      const plan = planShards(withBytes(1_000, bytes, small));
      expect(plan.length).toBe(Math.ceil((bytes + 29 * 1_000) / SHARD_BYTES));
      expect(plan.map(({ slot }) => slot)).toEqual([...plan.keys()]);
      expect(plan.flatMap(({ from, to }) => [from, to])).toEqual([
        0,
        ...plan.slice(1).flatMap(({ from }) => [from, from]),
        1_000,
      ]);
      const sizes = plan.map(({ from, to }) => to - from);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
    expect(() => planShards(withBytes(1_000, SHARD_SLOTS * SHARD_BYTES, small))).toThrow(/needs 65 shards/);
  });

  test("has room for ten million items of 64 numbers, with ids of 12 letters and 100 bytes of display data", async () => {
    const small = await smallRelease({ items: 1_000, dim: 64, cells: 20, packs: false });
    const items = 10_000_000;
    const bytes = Math.ceil((small.release.files.index.bytes / 1_000) * items);
    const large = withBytes(items, bytes, small);
    const { files } = large;
    const ids = { ...files.ids, bytes: (12 + 4) * items };
    const catalog = { ...files.catalog, bytes: (100 + 4) * items };
    const plan = planShards({ ...large, files: { ...files, ids, catalog } });
    expect(plan.length).toBeLessThanOrEqual(SHARD_SLOTS);
    // What lies in the Worker does not grow with them.
    expect(shardedBytes(large)).toBe(shardedBytes(small.release));
  });

  test("is for rows of about the same size: a shard whose own are far larger refuses them before it reads them", async () => {
    const small = await smallRelease({ items: 300, dim: DIM, packs: false });
    for (const [sha256, bytes] of small.blobs) await env.BUCKET.put(blobKey(sha256), bytes);
    const half = divide(300, 2)[0]!;
    const load = (mostBytes: number) => loadSlice(env.BUCKET, small.release, half, mostBytes);
    await expect(load(16_000)).rejects.toMatchObject({ code: "too_large", path: "files.catalog" });
    await expect(load(12_000)).rejects.toMatchObject({ code: "too_large", path: "files.ids" });
    expect((await load(OBJECT_BYTES)).columns.size).toBe(150);
  });

  test("knows what a shard holds, and two of them fit into an isolate", async () => {
    const small = await smallRelease({ items: 40_000, dim: 64, cells: 200, packs: false });
    for (const [sha256, bytes] of small.blobs) await env.BUCKET.put(blobKey(sha256), bytes);
    const [first] = divide(40_000, 2);
    const slice = await loadSlice(env.BUCKET, small.release, first!);
    const buffers = new Set(
      Object.values(slice.columns).flatMap((each) => (ArrayBuffer.isView(each) ? each.buffer : [])),
    );
    // The vectors lie where the kernel reads them, and nowhere else.
    expect(slice.columns.vectors.buffer).toBe(slice.memory.file.buffer);
    const columnBytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const { index, ids, catalog } = small.release.files;
    const planned = (index.bytes + ids.bytes + catalog.bytes + 29 * 40_000) / 2;
    // Not in the columns: ids and display data, where each begins, the lookup, and the orders, once they are made.
    const { size } = slice.columns;
    const held = columnBytes + (ids.bytes + catalog.bytes) / 2 + idLookupBytes(size) + ordersBytes(size);
    expect(held).toBeLessThanOrEqual(planned + 400_000); // what a search needs, whatever there is to search
    expect(SHARD_BYTES + 400_000).toBeLessThanOrEqual(OBJECT_BYTES);
    expect(2 * OBJECT_BYTES).toBeLessThanOrEqual(RELEASES_BYTES);
  });
});

describe("an edge whose Worker has no room for a release", () => {
  const post = (body: object): RequestInit => ({ method: "POST", body: JSON.stringify(body) });
  const authorized = (init: RequestInit): RequestInit => ({
    ...init,
    headers: { Authorization: `Bearer ${env.PUBLISH_SECRET}` },
  });

  function edgeWith(options: { roomBytes?: number } = {}, bindings: Partial<EdgeEnv> = {}) {
    const app = createApp({ now: Date.now, ...options });
    return (path: string, init?: RequestInit) =>
      app.fetch(new Request(ORIGIN + path, init), { ...env, ...bindings }, createExecutionContext());
  }

  test("takes it, searches it in shards, and answers what an edge with room answers, byte for byte", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    const { id } = small.release;
    await uploadBlobs(small);
    const [sharded, roomy] = [edgeWith({ roomBytes: 10_000 }), edgeWith()];
    const put = await sharded(ROUTES.release(id), authorized({ method: "PUT", body: small.json }));
    expect(put.status).toBe(201);
    expect((await activate(id, 0)).status).toBe(200);
    const asked = { space: "test-space", queries: [QUERY], items: ["item-7", "item-8"], count: 200 };
    const requests: (readonly [string, RequestInit?])[] = [
      [ROUTES.start(id)],
      [ROUTES.start(id, { language: "de", region: "JP" })],
      [ROUTES.similar(id, "item-42")],
      [ROUTES.retrieve(id), post({ ...asked, catalog: true })],
      [ROUTES.retrieve(id), post({ ...asked, filter: { language: "en", categories: { any: ["Drama"] } } })],
    ];
    for (const [path, init] of requests) {
      const [one, other] = [await sharded(path, init), await roomy(path, init)];
      expect(one.status).toBe(200);
      expect(one.headers.get("Nearfeed-Missing")).toBeNull();
      expect(new Uint8Array(await one.arrayBuffer())).toEqual(new Uint8Array(await other.arrayBuffer()));
    }
    // It did use a shard: the object of this release has been asked.
    const held = await listDurableObjectIds(env.INDEX_SHARD_0!);
    expect(held.map(String)).toContain(String(env.INDEX_SHARD_0!.idFromName(`${id} 0-300`)));
  });

  test("finds what was added since, and not what was deleted, as an edge with room does", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    const { id } = small.release;
    await goLive(small);
    const [sharded, roomy] = [edgeWith({ roomBytes: 10_000 }), edgeWith()];
    const items = [1, 2].map((n) => ({ id: `added-${n}`, categories: ["Drama"], title: `Added ${n}` }));
    const put = await sharded(ROUTES.items(), authorized({ method: "PUT", body: JSON.stringify(items) }));
    expect(put.status).toBe(200);
    await sharded(ROUTES.item("item-7"), authorized({ method: "DELETE" }));
    const asked = { space: "test-space", queries: [QUERY], items: ["item-8"], count: 300, catalog: true };
    const requests: (readonly [string, RequestInit?])[] = [
      [ROUTES.start(id)],
      [ROUTES.similar(id, "item-42")],
      [ROUTES.retrieve(id), post(asked)],
    ];
    for (const [path, init] of requests) {
      const [one, other] = [await sharded(path, init), await roomy(path, init)];
      const bytes = new Uint8Array(await one.arrayBuffer());
      expect(bytes).toEqual(new Uint8Array(await other.arrayBuffer()));
      const { ids } = decodeCandidates(bytes, text);
      expect(ids).not.toContain("item-7");
      if (init !== undefined) expect(ids).toEqual(expect.arrayContaining(["added-1", "added-2"]));
    }
  });

  test("refuses one whose rows are damaged", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    await uploadBlobs(small);
    const { sha256 } = small.release.files.index;
    const damaged = small.blobs.get(sha256)!.slice();
    damaged.fill(0xff, damaged.length - 3_000);
    await env.BUCKET.put(blobKey(sha256), damaged);
    const put = await edgeWith({ roomBytes: 10_000 })(
      ROUTES.release(small.release.id),
      authorized({ method: "PUT", body: small.json }),
    );
    await expectError(put, 422, "bad_format");
  });

  test("has an answer also while the only shard is late", async () => {
    const small = await smallRelease({ items: 300, dim: DIM });
    await goLive(small);
    const fetch = edgeWith({ roomBytes: 10_000 });
    const ask = () =>
      fetch(ROUTES.retrieve(small.release.id), post({ space: "test-space", queries: [QUERY], count: 50 }));
    expect((await ask()).status).toBe(200);
    const stub = shardStub(env, planShards(small.release)[0]!, small.release.id)!;
    const asleep = runInDurableObject(stub, (_, state) =>
      state.blockConcurrencyWhile(() => new Promise((resolve) => setTimeout(resolve, 3_000))),
    );
    // It is the only one of so small a release.
    const answer = await ask();
    expect([answer.status, answer.headers.get("Nearfeed-Missing")]).toEqual([200, null]);
    await asleep;
  });
});
