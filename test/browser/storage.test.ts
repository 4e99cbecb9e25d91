import { openDB } from "idb";
import { expect, test } from "vitest";
import type { Feed } from "../../client-sdk/index.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, idsOf, open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 300 });
const LIKED = ["item-5", "item-13", "item-21"];

/** Likes a few items at `local` and leaves. @returns what the feed showed last */
async function visit(namespace: string, edge = testEdge(release)) {
  const notices = open(edge, { namespace, consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  const start = await shown(feed, ({ floor }) => floor === "linear");
  for (const id of LIKED) await after(notices, feed, () => recommender.track("like", id));
  const last = feed.getSnapshot();
  // What is written is read back through the same connection, so this waits for the writes.
  await until(() => notices.reactions.length === LIKED.length);
  await storedEvents(namespace, LIKED.length);
  await recommender.close();
  return { start, last, edge };
}

async function storedEvents(namespace: string, count: number) {
  const db = await openDB(databaseName(namespace));
  const deadline = performance.now() + 5_000;
  for (;;) {
    const events = (await db.getAll("events")) as { event: { item: string } }[];
    if (events.length >= count || performance.now() > deadline) {
      db.close();
      expect(events).toHaveLength(count);
      return events;
    }
  }
}

async function databases(): Promise<string[]> {
  return (await indexedDB.databases()).map(({ name }) => name ?? "");
}

test("a reload with the edge stopped shows the same list of the same profile", async () => {
  const namespace = freshNamespace();
  const { last, edge } = await visit(namespace);
  edge.stop();
  const requests = edge.requests.length;
  const { recommender, errors } = open(edge, { namespace, consent: "local" });
  const list = await recommender.recommend({ surface: "home" });
  expect(list).toMatchObject({ status: "ready", floor: "linear" });
  const tail = idsOf(last).slice(last.pinned);
  // The clock has moved on by seconds, against half-lives of a day.
  expect(idsOf(list)).toEqual(tail);
  expect((await recommender.profile.get()).positives).toBe(LIKED.length);
  await until(() => errors.some(({ code }) => code === "offline"));
  expect((await recommender.recommend({ surface: "home" })).offline).toBe(true);
  expect(edge.requests.length).toBeGreaterThan(requests);
});

test("a second visit fetches no file again", async () => {
  const namespace = freshNamespace();
  const { edge } = await visit(namespace);
  edge.requests.length = 0;
  const { recommender } = open(edge, { namespace, consent: "local" });
  expect((await recommender.sync()).status).toBe("unchanged");
  expect(new Set(edge.requests.map(({ line }) => line))).toEqual(new Set(["GET /v1/manifest?channel=stable"]));
});

test("an undone event stays undone after a reload", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const first = open(edge, { namespace, consent: "local" });
  const feed = first.recommender.feed({ surface: "home" });
  await first.recommender.sync();
  const start = await shown(feed, ({ floor }) => floor === "linear");
  let id = "";
  await after(first, feed, () => (id = first.recommender.track("like", "item-5")));
  first.recommender.undo(id);
  await until(() => first.reactions.length === 2);
  await storedEvents(namespace, 2);
  await first.recommender.close();
  const { recommender } = open(edge, { namespace, consent: "local" });
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(idsOf(start));
  expect(await recommender.profile.get()).toMatchObject({ events: 2, positives: 0 });
});

test("an undo that is given before the log is read takes its event back", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const first = open(edge, { namespace, consent: "local" });
  await first.recommender.sync();
  const [id] = ["item-5", "item-13"].map((item) => first.recommender.track("like", item));
  await storedEvents(namespace, 2);
  await first.recommender.close();
  const { recommender, errors } = open(edge, { namespace, consent: "local" });
  recommender.undo(id!);
  expect(await recommender.profile.get()).toMatchObject({ events: 3, positives: 1 });
  expect(errors).toEqual([]);
});

test("an undo takes back what another tab has tracked", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const [here, there] = [open(edge, { namespace, consent: "local" }), open(edge, { namespace, consent: "local" })];
  for (const { recommender } of [here, there]) await recommender.sync();
  const id = here.recommender.track("hide", "item-5");
  await expect.poll(async () => (await there.recommender.profile.get()).events).toBe(1);
  there.recommender.undo(id);
  await expect.poll(async () => (await here.recommender.profile.get()).events).toBe(2);
  const list = await here.recommender.rank(["item-5"], { surface: "home" });
  expect(idsOf(list)).toEqual(["item-5"]);
  expect([...here.errors, ...there.errors]).toEqual([]);
});

test("erase brings back the start feed and leaves no database", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const notices = open(edge, { namespace, consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  const start = await shown(feed, ({ floor }) => floor === "linear");
  for (const id of LIKED) await after(notices, feed, () => recommender.track("like", id));
  await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[4]!));
  expect(idsOf(feed.getSnapshot())).not.toEqual(idsOf(start));
  expect(await databases()).toContain(databaseName(namespace));
  expect(await recommender.erase()).toMatchObject({ local: "erased" });
  const erased = await shown(feed, ({ pinned }) => pinned === 0);
  expect(erased.entries.map(({ id, score }) => [id, score])).toEqual(start.entries.map(({ id, score }) => [id, score]));
  expect(erased.id).not.toBe(start.id);
  await recommender.recommend({ surface: "home" });
  await recommender.sync();
  expect(await databases()).not.toContain(databaseName(namespace));
  expect(await recommender.profile.get()).toMatchObject({ events: 0, positives: 0 });
});

test("after an erasure the next event is stored again, with the release", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const notices = open(edge, { namespace, consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await recommender.erase();
  await after(notices, feed, () => recommender.track("like", "item-5"));
  await storedEvents(namespace, 1);
  await until(() => !notices.errors.length);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await recommender.close();
  edge.stop();
  const again = open(edge, { namespace, consent: "local" });
  expect(await again.recommender.recommend({ surface: "home" })).toMatchObject({ status: "ready", floor: "linear" });
  expect((await again.recommender.profile.get()).positives).toBe(1);
});

test("denied stores nothing at all, and ranks the start pool in memory", async () => {
  const namespace = freshNamespace();
  const notices = open(testEdge(release), { namespace });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  const liked = await after(notices, feed, () => recommender.track("like", start.entries[0]!));
  expect(idsOf(liked)).not.toEqual(idsOf(start));
  await recommender.sync();
  expect(await databases()).not.toContain(databaseName(namespace));
});

test("lowering consent to denied deletes the database and goes on in memory", async () => {
  const namespace = freshNamespace();
  const notices = open(testEdge(release), { namespace, consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await after(notices, feed, () => recommender.track("like", "item-5"));
  await recommender.setConsent("denied");
  expect(recommender.consent).toBe("denied");
  expect(await databases()).not.toContain(databaseName(namespace));
  await after(notices, feed, () => recommender.track("like", "item-13"));
  await recommender.sync();
  expect(await databases()).not.toContain(databaseName(namespace));
  expect((await recommender.profile.get()).positives).toBe(2);
});

test("raising consent to local keeps what was liked before, and brings the whole catalogue", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const notices = open(edge, { namespace });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  await after(notices, feed, () => recommender.track("like", start.entries[0]!));
  expect(notices.reactions.at(-1)).toMatchObject({ ranked: 40 });
  await recommender.setConsent("local");
  await recommender.sync();
  await after(notices, feed, () => recommender.track("like", "item-250"));
  expect(notices.reactions.at(-1)).toMatchObject({ ranked: 300 });
  await storedEvents(namespace, 2);
  await recommender.close();
  edge.stop();
  const again = open(edge, { namespace, consent: "local" });
  expect((await again.recommender.profile.get()).positives).toBe(2);
});

test("two connections that ask for a value at once get the one that was first", async () => {
  const namespace = freshNamespace();
  const watch = { onError() {}, onErased() {} };
  const stores = [createStore(namespace, watch), createStore(namespace, watch)];
  const asked = stores.map((store, i) => store.stateOr("token", () => Uint8Array.of(i)));
  const [here, there] = await Promise.all(asked);
  expect(here).toEqual(there);
  expect(await stores[1]!.stateOr("token", () => Uint8Array.of(2))).toEqual(here);
  await stores[0]!.erase();
  for (const store of stores) await store.close();
});

test("two tabs write one log without losing an event", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const tabs = [open(edge, { namespace, consent: "local" }), open(edge, { namespace, consent: "local" })];
  await Promise.all(tabs.map(({ recommender }) => recommender.sync()));
  for (let i = 0; i < 10; i++) for (const { recommender } of tabs) recommender.track("like", `item-${i}`);
  await Promise.all(tabs.map(({ recommender }) => recommender.profile.get()));
  await storedEvents(namespace, 20);
});

test("what happens in one tab reaches the other with its next sync", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const [here, there] = [open(edge, { namespace, consent: "local" }), open(edge, { namespace, consent: "local" })];
  for (const { recommender } of [here, there]) await recommender.sync();
  const feeds = [here, there].map(({ recommender }) => recommender.feed({ surface: "home" })) as [Feed, Feed];
  for (const feed of feeds) await shown(feed, ({ floor }) => floor === "linear");
  for (const id of LIKED) await after(here, feeds[0], () => here.recommender.track("like", id));
  await storedEvents(namespace, LIKED.length);
  await there.recommender.sync();
  const expected = idsOf(feeds[0].getSnapshot());
  // Likes arrive one by one, and a list made of some of them may begin alike.
  await expect.poll(() => idsOf(feeds[1].getSnapshot()), { timeout: 10_000 }).toEqual(expected);
});

test("erasing in one tab empties the memory of the other", async () => {
  const namespace = freshNamespace();
  const edge = testEdge(release);
  const [here, there] = [open(edge, { namespace, consent: "local" }), open(edge, { namespace, consent: "local" })];
  for (const { recommender } of [here, there]) await recommender.sync();
  const feed = there.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  await after(there, feed, () => there.recommender.track("like", feed.getSnapshot().entries[3]!));
  expect(await here.recommender.erase()).toMatchObject({ local: "erased" });
  await shown(feed, ({ pinned }) => pinned === 0);
  expect((await there.recommender.profile.get()).events).toBe(0);
  expect(await databases()).not.toContain(databaseName(namespace));
});

test("a database of a newer version is left alone, and the page goes on in memory", async () => {
  const namespace = freshNamespace();
  const newer = await openDB(databaseName(namespace), 99, { upgrade: (db) => void db.createObjectStore("later") });
  newer.close();
  const { recommender, errors } = open(testEdge(release), { namespace, consent: "local" });
  const list = await recommender.recommend({ surface: "home" });
  expect(list.status).toBe("ready");
  expect(errors.map(({ code }) => code)).toContain("storage");
  expect((await indexedDB.databases()).find(({ name }) => name === databaseName(namespace))?.version).toBe(99);
});
