import {
  createExecutionContext,
  evictAllDurableObjects,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { catalogueOf, LIVE_LIMITS } from "../../edge/catalogue/catalogue.ts";
import { createLiveReleases } from "../../edge/catalogue/live-release.ts";
import { createLiveReader } from "../../edge/catalogue/live-view.ts";
import { createEdge } from "../../edge/index.ts";
import { createServedReleases } from "../../edge/retrieval/served.ts";
import { decodeCandidates, NO_ROW } from "../../shared/candidates-file.ts";
import { createEmbedder } from "../../shared/content-map.ts";
import { dequantize } from "../../shared/item-columns.ts";
import type { Item } from "../../shared/item.ts";
import { parseManifest, REQUEST_LIMITS, ROUTES } from "../../shared/protocol.ts";
import type { PutItemsAnswer, RetrieveRequest } from "../../shared/protocol.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { releaseId } from "../../shared/release.ts";
import { digest, seeded, smallRelease, text } from "../harness/small-release.ts";
import { activate, call, expectError, goLive, ORIGIN, publish, publisher } from "./edge.ts";

const small = await smallRelease({ items: 300, content: true });
const { release, columns, ids } = small;
/** Later releases: with the items of the first and more, and with fewer. */
const larger = await smallRelease({ items: 320, content: true, createdAt: 2, seed: 2 });
const largest = await smallRelease({ items: 330, content: true, createdAt: 3, seed: 3 });
const [fewer, fewest] = [
  await smallRelease({ items: 290, content: true, createdAt: 4, seed: 4 }),
  await smallRelease({ items: 280, content: true, createdAt: 5, seed: 5 }),
];

beforeEach(async () => {
  await reset();
  await goLive(small);
});

/** Two thousand items take a second alone, and several on a machine that is busy otherwise. */
const FILLING_TIMEOUT_MS = 30_000;

const clock = { now: Date.now() };

/** An isolate of its own, on a clock that the test moves. */
function isolate() {
  const edge = createEdge({ now: () => clock.now });
  return (path: string, init: RequestInit = {}) =>
    edge.fetch(new Request(ORIGIN + path, init), env, createExecutionContext());
}

type Call = ReturnType<typeof isolate>;

function put(items: unknown, via: typeof publisher = publisher): Promise<Response> {
  return via(ROUTES.items(), { method: "PUT", body: JSON.stringify(items) });
}

async function states(items: Item | Item[]): Promise<string[]> {
  const answer = await put(items);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as PutItemsAnswer).items.map(({ state }) => state);
}

function remove(id: string): Promise<Response> {
  return publisher(ROUTES.item(id), { method: "DELETE" });
}

async function candidates(answer: Response) {
  expect(answer.status).toBe(200);
  const file = decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
  return file.ids.map((id, at) => ({
    id,
    row: file.row[at]!,
    sources: sourcesOf(file.source[at]!),
    vector: dequantize(file.columns, at),
    item: file.catalog && (JSON.parse(file.catalog[at]!) as Item),
    file,
    at,
  }));
}

const random = seeded(9);
const QUERY = Array.from({ length: release.dim }, () => random() - 0.5);

async function retrieve(asked: Partial<RetrieveRequest> = {}, via: Call = isolate(), of = release) {
  const body = { space: of.space, queries: [QUERY], count: 100, catalog: true, ...asked };
  return candidates(await via(ROUTES.retrieve(of.id), { method: "POST", body: JSON.stringify(body) }));
}

async function start(via: Call = isolate(), of = release.id) {
  return candidates(await via(ROUTES.start(of)));
}

const idsOf = (list: { id: string }[]): string[] => list.map(({ id }) => id);

async function manifest(via: Call = isolate()) {
  return parseManifest(await (await via(ROUTES.manifest("stable"))).json());
}

const film = (id: string, over: Partial<Item> = {}): Item => ({
  id,
  categories: ["Drama"],
  title: `Film ${id}`,
  ...over,
});

describe("an item that is put", () => {
  test("is in retrieve and start at once where it was put, and within a second everywhere else", async () => {
    const other = isolate();
    expect(idsOf(await retrieve({}, other))).not.toContain("new-1");
    expect(idsOf(await start(other))).not.toContain("new-1");
    expect(await states(film("new-1"))).toEqual(["live"]);
    expect(idsOf(await candidates(await call(ROUTES.start(release.id))))).toContain("new-1");
    clock.now += 1_000;
    const [found] = (await retrieve({}, other)).filter(({ id }) => id === "new-1");
    expect(found).toMatchObject({ row: NO_ROW, item: film("new-1") });
    expect(found!.sources).toEqual(expect.arrayContaining(["fresh", "explore"]));
    const pool = await start(other);
    // The newest there is: the first place of what is new.
    expect(pool[4]).toMatchObject({ id: "new-1", item: film("new-1") });
    expect(pool[4]!.sources).toContain("fresh");
    expect(pool.filter(({ id }) => id === "new-1")).toHaveLength(1);
  });

  test("asks the object once a second and isolate, not once a request", async () => {
    let calls = 0;
    const counting = new Proxy(env.CATALOGUE, {
      get(target, name) {
        if (name !== "get") return Reflect.get(target, name).bind(target) as unknown;
        return (id: DurableObjectId) => ({ state: (known: number) => (calls++, target.get(id).state(known)) });
      },
    });
    const edge = createEdge({ now: () => clock.now });
    const get = () =>
      edge.fetch(
        new Request(ORIGIN + ROUTES.start(release.id)),
        { ...env, CATALOGUE: counting },
        createExecutionContext(),
      );
    await Promise.all([get(), get(), get()]);
    await get();
    expect(calls).toBe(1);
    clock.now += 1_000;
    await get();
    expect(calls).toBe(2);
  });

  test("has the vector, columns and place that it would have in the index: the exact twin", async () => {
    const genres = ["Action", "Comedy", "Drama", "Horror", "Romance"];
    const items = Array.from({ length: 40 }, (_, i) =>
      film(`new-${i}`, {
        categories: [genres[i % 5]!, genres[(i * 3 + 1) % 5]!].slice(0, 1 + (i % 2)),
        ...(i % 4 !== 0 && { language: i % 2 === 0 ? "de" : "en" }),
        ...(i % 3 === 0 && { regions: ["DE"] }),
        author: `author ${i % 7}`,
        durationMs: i * 1_000,
        publishedAt: 1_699_999_980_000 + i * 60_000,
      }),
    );
    expect(new Set(await states(items))).toEqual(new Set(["live"]));
    const embed = createEmbedder(small.content!);
    const vectorOf = (item: Item): Float32Array => {
      const { vectors, scale } = quantizeRows(embed(item), release.dim);
      return Float32Array.from(vectors, (value) => value * scale[0]!);
    };
    const deleted = ["item-5", "item-6", "item-7", "new-3"];
    for (const id of deleted) await remove(id);
    clock.now += 1_000;
    const served = await createServedReleases({ now: Date.now, roomBytes: 1e8 }).open(env, release.id);
    const { index, hydrator } = await createLiveReleases(createLiveReader({ now: Date.now }), { now: Date.now })(
      env,
      served,
    );
    const allowed = (row: number): boolean => {
      const regions = columns.region.slice(columns.regionStart[row], columns.regionStart[row + 1]);
      return regions.length === 0 || regions.includes(small.dictionaries.regions.indexOf("US"));
    };
    for (const filter of [{}, { region: "US" }]) {
      const isUs = "region" in filter;
      const twin = [
        ...ids.flatMap((id, row) => (isUs && !allowed(row) ? [] : [{ id, vector: dequantize(columns, row) }])),
        // They came together, so equal scores stand by id.
        ...[...items]
          .sort((x, y) => (x.id < y.id ? -1 : 1))
          .flatMap((item) => (isUs && item.regions ? [] : [{ id: item.id, vector: vectorOf(item) }])),
      ]
        .filter(({ id }) => !deleted.includes(id))
        .map(({ id, vector }) => ({ id, score: vector.reduce((sum, value, j) => sum + value * QUERY[j]!, 0) }))
        .sort((x, y) => y.score - x.score);
      for (const count of [1, 10, 60, 1_000]) {
        const [rows] = await index.search({ queries: [QUERY], count, filter });
        const { ids: found } = await hydrator.hydrate(rows!, { ids: true });
        expect(found).toEqual(idsOf(twin).slice(0, count));
      }
      expect(await index.passing([5, 8, 300, 303], {})).toEqual([8, 300, 303]);
    }
    const nearest = await retrieve({ count: 1_000 });
    expect(nearest).toHaveLength(336);
    for (const { id, file, at, vector } of nearest.filter(({ row }) => row === NO_ROW)) {
      const item = items.find((each) => each.id === id)!;
      expect(vector).toEqual(vectorOf(item));
      const { category, categoryStart, region, regionStart, language, duration, publishedAt, uncertainty } =
        file.columns;
      const names = (list: readonly string[], numbers: Uint16Array) => Array.from(numbers, (number) => list[number]!);
      expect(names(file.dictionaries.categories, category.slice(categoryStart[at], categoryStart[at + 1]))).toEqual(
        item.categories,
      );
      expect(names(file.dictionaries.regions, region.slice(regionStart[at], regionStart[at + 1]))).toEqual(
        item.regions ?? [],
      );
      expect(["", ...file.dictionaries.languages][language[at]!]).toBe(item.language ?? "");
      expect(duration[at]).toBe(item.durationMs! / 1_000);
      expect(publishedAt[at]).toBe(item.publishedAt! / 60_000);
      expect(uncertainty[at]).toBe(1);
    }
  });

  test("passes filters as the others do, and is dated by when it came where it has no date", async () => {
    const began = Date.now();
    await states([
      film("de", { language: "de", categories: ["Horror", "Drama"] }),
      film("jp", { regions: ["JP"] }),
      film("old", { publishedAt: 1_000_000_000_000 }),
    ]);
    const live = async (filter: RetrieveRequest["filter"]) =>
      idsOf((await retrieve({ count: 1_000, ...(filter && { filter }) })).filter(({ row }) => row === NO_ROW)).sort();
    expect(await live(undefined)).toEqual(["de", "jp", "old"]);
    expect(await live({ language: "en" })).toEqual(["jp", "old"]);
    expect(await live({ region: "US" })).toEqual(["de", "old"]);
    expect(await live({ categories: { none: ["Horror"] } })).toEqual(["jp", "old"]);
    expect(await live({ categories: { any: ["Horror"] } })).toEqual(["de"]);
    expect(await live({ publishedAfter: began - 120_000 })).toEqual(["de", "jp"]);
    expect(idsOf(await candidates(await isolate()(ROUTES.start(release.id, { region: "US" }))))).not.toContain("jp");
  });

  test("may be put again, changed, and still be there once; and asked for what is like it", async () => {
    await states(film("new-1"));
    await states(film("new-1", { title: "Changed", categories: ["Comedy"] }));
    const found = (await retrieve()).filter(({ id }) => id === "new-1");
    expect(found).toHaveLength(1);
    expect(found[0]!.item).toMatchObject({ title: "Changed", categories: ["Comedy"] });
    const answer = await isolate()(ROUTES.similar(release.id, "new-1"));
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=60");
    expect(idsOf(await candidates(answer))).not.toContain("new-1");
    expect((await retrieve({ items: ["new-1"], queries: [] })).length).toBeGreaterThan(0);
  });

  test("is found as new in a release without a content map", async () => {
    const bare = await smallRelease({ items: 50, createdAt: 9, seed: 9 });
    await goLive(bare, 1);
    await states(film("new-1"));
    const [found] = (await retrieve({}, isolate(), bare.release)).filter(({ id }) => id === "new-1");
    expect(found).toMatchObject({ sources: expect.arrayContaining(["fresh", "explore"]) });
    expect([...found!.vector]).toEqual(Array(release.dim).fill(0));
  });

  test("outlives the object and the next release, which takes it over once no rollback can lose it", async () => {
    await states([film("item-300"), film("new-1")]); // the larger releases have item-300
    await evictAllDurableObjects();
    expect(idsOf(await start())).toEqual(expect.arrayContaining(["item-300", "new-1"]));
    await publish(larger);
    await activate(larger.release.id, 1);
    await settle();
    const next = await retrieve({ count: 1_000 }, isolate(), larger.release);
    expect(next.filter(({ id }) => id === "item-300").map(({ row }) => row)).toEqual([300]);
    expect(next.filter(({ id }) => id === "new-1").map(({ row }) => row)).toEqual([NO_ROW]);
    // The release before is served still, and a rollback would need it.
    expect(idsOf(await start())).toContain("item-300");
    expect(await liveIds()).toEqual(["item-300", "new-1"]);
    await publish(largest);
    await activate(largest.release.id, 2);
    await settle();
    expect(await liveIds()).toEqual(["new-1"]);
    expect(await states(film("item-300"))).toEqual(["released"]);
  });
});

describe("an item that is deleted", () => {
  test("is in no list any more, at once where it was deleted and within a second elsewhere, and in the manifest", async () => {
    const other = isolate();
    const [first, second] = idsOf(await start(other));
    const before = await other(ROUTES.manifest("stable"));
    await before.text();
    const nearest = idsOf(await retrieve({ count: 10 }, other));
    expect((await remove(first!)).status).toBe(200);
    expect((await remove(nearest[0]!)).status).toBe(200);
    expect(idsOf(await candidates(await call(ROUTES.start(release.id))))).not.toContain(first);
    clock.now += 1_000;
    expect(idsOf(await start(other))).not.toContain(first);
    const after = idsOf(await retrieve({ count: 10 }, other));
    expect(after).toHaveLength(10);
    expect(after.slice(0, 9)).toEqual(nearest.slice(1));
    expect(idsOf(await candidates(await other(ROUTES.similar(release.id, second!))))).not.toContain(first);
    await expectError(await other(ROUTES.similar(release.id, first!)), 404, "unknown_item");
    const etag = before.headers.get("ETag")!;
    const answer = await other(ROUTES.manifest("stable"), { headers: { "If-None-Match": etag } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=10");
    expect(parseManifest(await answer.json()).tombstones).toEqual([first!, nearest[0]!].sort());
    const again = await other(ROUTES.manifest("stable"), {
      headers: { "If-None-Match": answer.headers.get("ETag")! },
    });
    expect(again.status).toBe(304);
  });

  test("is no neighbour of anybody", async () => {
    const [neighbour] = idsOf(await retrieve({ queries: [], items: ["item-7"] }));
    await remove(neighbour!);
    expect(idsOf(await retrieve({ queries: [], items: ["item-7"] }))).not.toContain(neighbour);
    expect(idsOf(await candidates(await isolate()(ROUTES.similar(release.id, "item-7"))))).not.toContain(neighbour);
  });

  test("is gone where it was live, and hidden on devices that have it from then", async () => {
    await states(film("new-1"));
    await remove("new-1");
    expect(idsOf(await start())).not.toContain("new-1");
    expect((await manifest()).tombstones).toEqual(["new-1"]);
  });

  test("is back when it is put again", async () => {
    await states(film("new-1"));
    await remove("new-1");
    await remove("item-3");
    expect(await states([film("item-3"), film("new-1")])).toEqual(["released", "live"]);
    expect((await manifest()).tombstones).toEqual([]);
    expect(idsOf(await retrieve({ count: 1_000 }))).toEqual(expect.arrayContaining(["item-3", "new-1"]));
  });

  test("stays deleted over evictions and releases, as long as a served release has or had it", async () => {
    await remove("item-295");
    await remove("item-285");
    await evictAllDurableObjects();
    expect((await manifest()).tombstones).toEqual(["item-285", "item-295"]);
    await publish(fewer); // without item-295
    await activate(fewer.release.id, 1);
    await settle();
    expect((await manifest()).tombstones).toEqual(["item-285", "item-295"]);
    await publish(fewest); // without item-285
    await activate(fewest.release.id, 2);
    await settle();
    expect((await manifest()).tombstones).toEqual(["item-285"]);
  });

  test("may be deleted again, and what nobody has cannot be", async () => {
    expect((await remove("item-3")).status).toBe(200);
    expect((await remove("item-3")).status).toBe(200);
    expect(await expectError(await remove("nowhere"), 404, "unknown_item")).toBe("id");
    expect(await expectError(await remove("x".repeat(129)), 400, "id_too_long")).toBe("id");
  });
});

describe("what is refused", () => {
  test.each<[string, unknown, number, string, string | undefined]>([
    ["no item", [], 400, "bad_value", undefined],
    ["text", "x", 400, "wrong_type", undefined],
    ["an item without an id", { categories: [] }, 400, "missing_field", "id"],
    ["a field that items do not have", film("a", { colour: 1 } as never), 400, "unknown_field", "colour"],
    ["a bad item among good ones", [film("a"), { ...film("b"), title: 1 }], 400, "wrong_type", "[1].title"],
    ["an id that comes twice", [film("a"), film("a")], 400, "bad_value", "[1].id"],
    ["a category of no release", [film("a", { categories: ["Western"] })], 400, "bad_value", "[0].categories[0]"],
    ["a language of no release", film("a", { language: "fr" }), 400, "bad_value", "language"],
    ["a region of no release", film("a", { regions: ["DE", "FR"] }), 400, "bad_value", "regions[1]"],
    ["too many", Array.from({ length: 501 }, (_, i) => film(`${i}`)), 400, "too_many", undefined],
    ["too large a body", [film("a", { text: "x".repeat(20_000) })].concat(bulky()), 413, "too_large", undefined],
  ])("%s, and nothing of it is kept", async (_, body, status, code, path) => {
    expect(await expectError(await put(body), status, code)).toBe(path);
    expect(await liveIds()).toEqual([]);
  });

  test("whoever has not the secret, other methods and queries", async () => {
    await expectError(await put(film("a"), call), 401, "unauthorized");
    await expectError(await call(ROUTES.item("item-1"), { method: "DELETE" }), 401, "unauthorized");
    await expectError(await publisher(ROUTES.items()), 405, "method_not_allowed");
    await expectError(await publisher(ROUTES.item("item-1")), 405, "method_not_allowed");
    const path = `${ROUTES.items()}?x=1`;
    expect(await expectError(await publisher(path, { method: "PUT", body: "[]" }), 400, "unknown_query")).toBe("?x");
  });

  test("items before there is a release", async () => {
    await reset();
    await expectError(await put(film("a")), 404, "unknown_channel");
  });

  test(
    "more items and bytes than every isolate can hold: all of the request, none of what was there",
    async () => {
      const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => film(`many-${from + i}`));
      for (let from = 0; from < LIVE_LIMITS.items; from += REQUEST_LIMITS.putItems) {
        await states(many(from, REQUEST_LIMITS.putItems));
      }
      await expectError(await put(many(LIVE_LIMITS.items - 1, 2)), 400, "too_many");
      expect(await liveIds()).toHaveLength(LIVE_LIMITS.items);
      // Those that are there may change.
      expect(await states(film("many-0", { title: "Changed" }))).toEqual(["live"]);
      expect((await retrieve({ count: 1_000 })).length).toBe(1_000);
    },
    FILLING_TIMEOUT_MS,
  );

  test("a release whose content map is of another space", async () => {
    const other = await smallRelease({ items: 40, content: true, space: "elsewhere" });
    const map = other.release.files.content!;
    const mixed = { ...release, files: { ...release.files, content: map } };
    mixed.id = await releaseId(mixed, { digest, text });
    const bytes = other.blobs.get(map.sha256)!;
    await publisher(ROUTES.blob(map.sha256), { method: "PUT", body: bytes });
    const answer = await publisher(ROUTES.release(mixed.id), { method: "PUT", body: JSON.stringify(mixed) });
    expect(await expectError(answer, 400, "wrong_space")).toBe("files.content");
  });
});

describe("where the object is away", () => {
  // It is logged, as it should be.
  beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
  const away = new Proxy(env.CATALOGUE, { get: () => () => ({ state: () => Promise.reject(new Error("away")) }) });

  test("an isolate goes on with what it has", async () => {
    await states(film("new-1"));
    const edge = createEdge({ now: () => clock.now });
    const get = (bindings: typeof env) =>
      edge.fetch(new Request(ORIGIN + ROUTES.start(release.id)), bindings, createExecutionContext());
    expect(idsOf(await candidates(await get(env)))).toContain("new-1");
    clock.now += 5_000;
    expect(idsOf(await candidates(await get({ ...env, CATALOGUE: away })))).toContain("new-1");
  });

  test("a new isolate makes lists of the release alone, and gives no manifest that would bring back what is deleted", async () => {
    await states(film("new-1"));
    await remove("item-1");
    const edge = createEdge({ now: () => clock.now });
    const get = (path: string) =>
      edge.fetch(new Request(ORIGIN + path), { ...env, CATALOGUE: away }, createExecutionContext());
    expect(idsOf(await candidates(await get(ROUTES.start(release.id))))).not.toContain("new-1");
    const answer = await get(ROUTES.manifest("stable"));
    expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
    await expectError(answer, 503, "unavailable");
  });
});

function bulky(): Item[] {
  return Array.from({ length: 60 }, (_, i) => film(`bulky-${i}`, { text: "y".repeat(20_000) }));
}

/** The releases have changed: what is done in a moment is done now. */
async function settle(): Promise<void> {
  await runDurableObjectAlarm(catalogueOf(env.CATALOGUE));
  clock.now += 1_000;
}

function liveIds(): Promise<string[]> {
  return runInDurableObject(catalogueOf(env.CATALOGUE), (_, { storage }) =>
    storage.sql
      .exec<{ id: string }>("SELECT id FROM item ORDER BY id")
      .toArray()
      .map(({ id }) => id),
  );
}
