/** Pools by interest cells: what is asked of the edge, when, and that nothing of it outlives an erasure. */
import { openDB } from "idb";
import { expect, test } from "vitest";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StateValues } from "../../client-sdk/storage/schema.ts";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import type { FeedSnapshot } from "../../client-sdk/index.ts";
import { decodeCandidates, encodeCandidates } from "../../shared/candidates-file.ts";
import { poolBudget } from "../../shared/choose-cells.ts";
import { text } from "../harness/small-release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, idsOf, open, shown, until } from "./open.ts";

const ITEMS = 1_600;
const CLUSTERS = 8;
const CELLS = 4 * CLUSTERS;
const IN_CLUSTER = ITEMS / CLUSTERS;
const release = await syntheticRelease({ items: ITEMS, clusters: CLUSTERS, cellsPerCluster: 4, dim: 16 });
/** As many of each cluster as it takes to be known. */
const START = Uint32Array.from({ length: CLUSTERS * 30 }, (_, i) => Math.floor(i / 30) * IN_CLUSTER + (i % 30));

const cluster = (id: string) => Math.floor(Number(id.slice("item-".length)) / IN_CLUSTER);
/** Something that only a pool of the cluster has. */
const reaches = (wanted: number) => (snapshot: FeedSnapshot) =>
  snapshot.entries.some(({ id }) => cluster(id) === wanted && !START.includes(Number(id.slice("item-".length))));
const isOf = (wanted: number) => (snapshot: FeedSnapshot) =>
  snapshot.entries.length > 0 && snapshot.entries.every(({ id }) => cluster(id) === wanted);

function visit(options: Parameters<typeof open>[1] = {}) {
  const edge = testEdge(release, START);
  const caches: (RequestCache | undefined)[] = [];
  const fetch: typeof globalThis.fetch = (url, init) => {
    if (String(url).includes("/pools/")) caches.push(init?.cache);
    return edge.fetch(url, init);
  };
  const namespace = freshNamespace();
  const openAgain = () => open(edge, { fetch, consent: "local", retrieval: "pool", ...options, namespace });
  const cells = () => edge.requests.flatMap(({ line }) => /\/pools\/(\d+)$/.exec(line)?.[1] ?? []).map(Number);
  return { edge, caches, cells, openAgain, ...openAgain() };
}

/** Likes the first `count` items of a cluster, each on a list of its own. */
function like({ recommender }: ReturnType<typeof open>, wanted: number, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) {
    const item = { id: `item-${wanted * IN_CLUSTER + i}`, categories: [] };
    recommender.track("like", { id: item.id, item, list: `list-${wanted}-${i}`, position: 0, score: 0, sources: [] });
  }
}

test("below 20 liked items no cell is asked for, then those nearest to the profile are", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES - 1);
  // Twenty likes of nineteen items are nineteen items.
  like(page, 3, 1);
  await page.recommender.recommend({ surface: "home" });
  await page.recommender.profile.get();
  expect(page.cells()).toEqual([]);
  like(page, 3, 1, LEAST_POSITIVES - 1);
  const list = await shown(feed, reaches(3));
  expect(list.entries[0]!.sources).toContain("nearest");
  const asked = page.cells();
  expect(asked.filter((cell) => Math.floor(cell / 4) === 3)).toHaveLength(4);
  expect(asked).toEqual([...asked].sort((a, b) => a - b));
  expect(asked.length * (ITEMS / CELLS)).toBeLessThanOrEqual(poolBudget(ITEMS));
  expect(new Set(page.caches)).toEqual(new Set(["no-store"]));
  expect(page.edge.requests.filter(({ body }) => body !== "")).toEqual([]);
  expect(page.errors).toEqual([]);
});

test("a pool is kept while the interests stay, and what is held is not asked for again when they move", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES);
  await shown(feed, isOf(3));
  await until(() => page.cells().length > 0);
  const first = page.cells().length;
  like(page, 3, 8, LEAST_POSITIVES);
  const more = await page.recommender.recommend({ surface: "home" });
  expect(more.entries.every(({ id }) => cluster(id) === 3)).toBe(true);
  await page.recommender.profile.get();
  expect(page.cells()).toHaveLength(first);
  like(page, 6, LEAST_POSITIVES);
  await until(() => page.cells().filter((cell) => Math.floor(cell / 4) === 6).length === 4);
  expect(new Set(page.cells()).size, "each cell is fetched once").toBe(page.cells().length);
  expect(page.errors).toEqual([]);
});

test("neighbours come with the pool: a signal of an item that the start pool had gets them later", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 2, LEAST_POSITIVES);
  await shown(feed, isOf(2));
  await until(() => page.cells().length > 0);
  const list = await page.recommender.recommend({ surface: "home", count: 40 });
  const next = list.entries.find(({ id }) => id === `item-${2 * IN_CLUSTER + LEAST_POSITIVES}`);
  expect(next, "the next item of the last one liked").toBeDefined();
  const explained = await page.recommender.explain(next!);
  expect(JSON.stringify(explained)).toContain(`item-${2 * IN_CLUSTER + LEAST_POSITIVES - 1}`);
});

test("the pool comes back from the device's own store, without a request", async () => {
  const page = visit();
  like(page, 3, 0);
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES);
  await shown(feed, isOf(3));
  const wanted = await page.recommender.recommend({ surface: "home", count: 60 });
  const asked = page.cells().length;
  await page.recommender.close();
  page.edge.stop();
  const again = page.openAgain();
  const offline = await again.recommender.recommend({ surface: "home", count: 60 });
  expect(idsOf(offline)).toEqual(idsOf(wanted));
  expect(page.cells()).toHaveLength(asked);
});

test("erase leaves the start pool and no byte of the cells, an answer under way included", async () => {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const edge = testEdge(release, START);
  let asked = 0;
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const answer = await edge.fetch(url, init);
    if (String(url).includes("/pools/")) {
      asked++;
      await gate;
    }
    return answer;
  };
  const page = open(edge, { fetch, consent: "local", retrieval: "pool" });
  const feed = page.recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES);
  await until(() => asked > 0);
  expect(await page.recommender.erase()).toMatchObject({ local: "erased" });
  letGo();
  await shown(feed, (snapshot) => String(idsOf(snapshot)) === String(idsOf(start)));
  const list = await page.recommender.recommend({ surface: "home", count: 200 });
  expect(list.entries.every(({ id }) => START.includes(Number(id.slice(5))))).toBe(true);
  const names = (await indexedDB.databases()).map(({ name }) => name);
  expect(names.filter((name) => name?.includes(page.namespace))).toEqual([]);
});

test("lowering consent to denied stops asking and ranks the start pool again", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES);
  await shown(feed, reaches(3));
  const asked = page.cells().length;
  await page.recommender.setConsent("denied");
  await page.recommender.sync();
  like(page, 6, LEAST_POSITIVES);
  const list = await page.recommender.recommend({ surface: "home", count: 200 });
  expect(list.entries.every(({ id }) => START.includes(Number(id.slice(5))))).toBe(true);
  expect(page.cells()).toHaveLength(asked);
});

test("cells that cannot be fetched leave the start pool in use, and are asked for at the next event", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  await page.recommender.sync();
  page.edge.stop();
  like(page, 3, LEAST_POSITIVES);
  await until(() => page.errors.some(({ code }) => code === "offline"));
  const list = await page.recommender.recommend({ surface: "home", count: 200 });
  expect(list.entries.map(({ id }) => Number(id.slice(5))).filter((i) => !START.includes(i))).toEqual([]);
  expect(list.entries.slice(0, 5).map(({ id }) => cluster(id))).toEqual([3, 3, 3, 3, 3]);
  page.edge.start();
  like(page, 3, 1, LEAST_POSITIVES);
  await shown(feed, reaches(3));
});

test("a stored pool that no longer fits beside the start pool costs nothing but itself", async () => {
  const page = visit();
  const feed = page.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  like(page, 3, LEAST_POSITIVES);
  await shown(feed, reaches(3));
  await page.recommender.close();
  const db = await openDB(databaseName(page.namespace));
  const near = (await db.get("state", "near")) as StateValues["near"];
  // A category got another name: every number still fits, and only the two pools together show it.
  const parts = near.parts.map(({ cell, bytes }) => {
    const pool = decodeCandidates(bytes, text);
    const categories = pool.dictionaries.categories.map((name, i) => (i === 3 ? "damaged" : name));
    return { cell, bytes: encodeCandidates({ ...pool, dictionaries: { ...pool.dictionaries, categories } }, text) };
  });
  await db.put("state", { ...near, parts }, "near");
  db.close();
  const fetched = page.cells().length;
  const later = page.openAgain();
  // The first list of a visit may be one that was made ahead.
  for (const surface of ["home", "home", "detail"]) {
    expect(await later.recommender.recommend({ surface })).toMatchObject({ status: "ready" });
  }
  await until(() => later.errors.length > 0);
  expect(later.errors[0]).toMatchObject({ code: "bad_release", path: "dictionaries" });
  await until(() => page.cells().length > fetched);
  expect(later.errors).toHaveLength(1);
}, 20_000);
