/** Databases of other versions, and other tabs that hold one open. */
import { expect, test } from "vitest";
import { createStore } from "../../client-sdk/storage/store.ts";
import { DATABASE_VERSION, databaseName } from "../../client-sdk/storage/schema.ts";
import type { NearfeedError } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, open } from "./open.ts";
import { GOLDEN_V1, GOLDEN_V2, restoreDatabase, result } from "./stored-databases.ts";

const like = { id: "01HF7YAT00TMB5S1RNMA000001", type: "like", item: "item-1", at: 1_700_000_000_000 } as const;

/** An edge that nobody reaches. */
async function noEdge() {
  const edge = testEdge(await syntheticRelease({ items: 20, dim: 8 }));
  edge.stop();
  return edge;
}

test.for([
  [1, GOLDEN_V1],
  [2, GOLDEN_V2],
] as const)("a database that version %i wrote gives the same profile, scores and seen items", async ([, golden]) => {
  const { now, profile, scores, seen } = golden.expected;
  const namespace = freshNamespace();
  (await restoreDatabase(databaseName(namespace), golden)).close();
  const { recommender, errors } = open(await noEdge(), { namespace, consent: "local", now: () => now });
  const list = await recommender.recommend({ surface: "home", count: 60 });
  expect(list).toMatchObject({ floor: "linear" });
  expect(Object.keys(scores).length).toBeGreaterThan(20);
  const got = new Map(list.entries.map(({ id, score }) => [id, score]));
  expect([...got.keys()].sort()).toEqual(Object.keys(scores).sort());
  for (const [id, score] of Object.entries(scores)) expect(got.get(id), id).toBeCloseTo(score, 6);
  for (const id of seen) expect(got.has(id), id).toBe(false);
  const { events, positives, recent, categories, adjustments } = await recommender.profile.get();
  expect(adjustments).toEqual("adjustments" in profile ? profile.adjustments : {});
  expect({ events, positives }).toEqual({ events: profile.events, positives: profile.positives });
  expect(recent.map(({ event }) => event)).toEqual(profile.recent.map(({ event }) => event));
  for (const { name, taste, intent } of profile.categories) {
    const bar = categories.find((each) => each.name === name);
    expect(bar!.taste, name).toBeCloseTo(taste, 6);
    expect(bar!.intent, name).toBeCloseTo(intent, 6);
  }
  expect(errors.filter(({ code }) => code !== "offline")).toEqual([]);
  const all = await indexedDB.databases();
  expect(all.find(({ name }) => name === databaseName(namespace))?.version).toBe(DATABASE_VERSION);
});

test("of a database that version 1 wrote nothing is lost: events, outbox, files and id", async () => {
  const namespace = freshNamespace();
  (await restoreDatabase(databaseName(namespace), GOLDEN_V1)).close();
  const errors: NearfeedError[] = [];
  const store = createStore(namespace, { onError: (error) => errors.push(error), onErased() {} });
  const { events, seen: marked, banned, compactions } = await store.log();
  expect(events.map(({ id }) => id)).toEqual(GOLDEN_V1.stores.events.map(({ id }) => id));
  expect(events.filter(({ known }) => known).length).toBeGreaterThan(8);
  expect({ marked, banned, compactions }).toEqual({ marked: [], banned: [], compactions: 0 });
  expect((await store.outbox()).map(({ id }) => id)).toEqual(GOLDEN_V1.stores.outbox.map(({ id }) => id));
  for (const { sha256 } of GOLDEN_V1.stores.files) expect(await store.file(sha256)).toBeInstanceOf(Uint8Array);
  expect((await store.state("token"))?.length).toBe(32);
  expect((await store.state("installed"))?.release.items).toBe(40);
  expect(await store.state("pool")).toBeDefined();
  expect(errors).toEqual([]);
  await store.erase();
});

test("a tab that holds version 1 open and does not let go: lists come, an error is reported, what was done is stored in the end", async () => {
  const namespace = freshNamespace();
  const stubborn = await restoreDatabase(databaseName(namespace), GOLDEN_V1);
  const errors: NearfeedError[] = [];
  const store = createStore(namespace, { onError: (error) => errors.push(error), onErased() {} });
  const startedAt = performance.now();
  expect((await store.log()).events).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const again = performance.now();
  expect(await store.putEvents([{ id: like.id, event: like }])).toBe(false);
  // Only the first operation waits.
  expect(performance.now() - again).toBeLessThan(500);
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
  stubborn.close();
  await expect.poll(async () => (await store.log()).events.length).toBe(GOLDEN_V1.stores.events.length + 1);
  await store.erase();
});

test("an erasure that another tab holds up fails in time and says so", async () => {
  const namespace = freshNamespace();
  const errors: NearfeedError[] = [];
  const store = createStore(namespace, { onError: (error) => errors.push(error), onErased() {} });
  await store.putEvents([{ id: like.id, event: like }]);
  const stubborn = await result(indexedDB.open(databaseName(namespace)));
  expect(await store.erase()).toBe(false);
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
  stubborn.close();
  await expect
    .poll(async () => (await indexedDB.databases()).map(({ name }) => name))
    .not.toContain(databaseName(namespace));
}, 20_000);
