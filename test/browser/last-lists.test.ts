// What a visit shows before anything is read: the list that the last visit made ahead, where it still holds.
import { expect, test } from "vitest";
import type { Query } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, idsOf, open, shown } from "./open.ts";

const release = await syntheticRelease({ items: 400 });
const HOME: Query = { surface: "home" };
const LIKED = ["item-3", "item-11", "item-19", "item-27"];

/** A visit that likes some items of one cluster and ends. @returns what it would have shown next */
async function visit(namespace: string, edge = testEdge(release)) {
  const opened = open(edge, { consent: "local", namespace });
  const { recommender } = opened;
  await recommender.sync();
  const feed = recommender.feed(HOME);
  await shown(feed, ({ floor }) => floor === "linear");
  for (const id of LIKED) await after(opened, feed, () => recommender.track("like", id));
  const next = feed.getSnapshot();
  await recommender.close();
  return { edge, next };
}

/** The first list of another visit, and whether anything was in use by then. */
async function begin(namespace: string, edge: ReturnType<typeof testEdge>, query: Query = HOME) {
  const opened = open(edge, { consent: "local", namespace });
  const list = await opened.recommender.recommend(query);
  return { ...opened, list, early: opened.releases.length === 0 };
}

test("the first list of a visit is the one the last visit would have shown next, before a release is read", async () => {
  const namespace = freshNamespace();
  const { edge, next } = await visit(namespace);
  const { list, early, recommender, errors } = await begin(namespace, edge);
  expect(early).toBe(true);
  expect(list.status).toBe("ready");
  expect(idsOf(list)).toEqual(idsOf(next));
  expect(list.entries.map(({ score }) => score)).toEqual(next.entries.map(({ score }) => score));
  expect(idsOf(list).filter((id) => LIKED.includes(id))).toEqual([]);
  // What it says of an entry is true of the item now, and says so.
  const why = (await recommender.explain(list.entries[0]!))!;
  expect(why.current).toBe(false);
  expect(why.score).toBeCloseTo(list.entries[0]!.score, 3);
  const later = await recommender.recommend(HOME);
  expect(idsOf(later).slice(0, 5)).toEqual(idsOf(list).slice(0, 5));
  expect(errors).toEqual([]);
});

test("a feed begins with it and goes on by itself; what is liked on it counts", async () => {
  const namespace = freshNamespace();
  const { edge, next } = await visit(namespace);
  const opened = open(edge, { consent: "local", namespace });
  const feed = opened.recommender.feed(HOME);
  const first = await shown(feed, ({ entries }) => entries.length > 0);
  expect(opened.releases).toEqual([]);
  expect(idsOf(first)).toEqual(idsOf(next));
  const liked = first.entries[0]!;
  const then = await after(opened, feed, () => opened.recommender.track("like", liked));
  expect(then.pinned).toBe(1);
  expect(then.entries[0]).toEqual(liked);
  expect((await opened.recommender.profile.get()).positives).toBe(LIKED.length + 1);
});

test.for<[string, Query]>([
  ["a filter", { ...HOME, filter: { categories: { any: ["c3"] } } }],
  ["exclusions", { ...HOME, exclude: ["item-35"] }],
  ["a diversity of its own", { ...HOME, diversity: 0 }],
  ["nobody in particular", { ...HOME, personalized: false }],
  ["another surface", { surface: "sidebar" }],
  ["more than was made", { ...HOME, count: 60 }],
])("a list for %s is made when it is asked for", async ([, query]) => {
  const namespace = freshNamespace();
  const { edge } = await visit(namespace);
  const { list, early } = await begin(namespace, edge, query);
  expect(early).toBe(false);
  expect(list.status).toBe("ready");
});

test("a list of another log than the stored one is not shown: what another tab has stored since counts", async () => {
  const namespace = freshNamespace();
  const { edge, next } = await visit(namespace);
  const taken = next.entries[0]!.id;
  await change(namespace, ["events"], (transaction) => {
    const store = transaction.objectStore("events");
    const all = store.getAll();
    all.addEventListener("success", () => {
      const last = (all.result as { id: string; event: object }[]).at(-1)!;
      const id = `7${last.id.slice(1)}`;
      store.put({ ...last, id, event: { ...last.event, id, type: "hide", item: taken } });
    });
  });
  const { list, early } = await begin(namespace, edge);
  expect(early).toBe(false);
  expect(idsOf(list)).not.toContain(taken);
});

test("a damaged one is not shown, and costs nothing else", async () => {
  const namespace = freshNamespace();
  const { edge, next } = await visit(namespace);
  await change(namespace, ["state"], (transaction) => {
    const store = transaction.objectStore("state");
    const lists = store.get("lists");
    lists.addEventListener("success", () => {
      const value = lists.result as { lists: { ranked: { entries: { score: unknown }[] } }[] };
      value.lists[0]!.ranked.entries[3]!.score = "<script>";
      store.put(value, "lists");
    });
  });
  const { list, early, errors } = await begin(namespace, edge);
  expect(early).toBe(false);
  expect(idsOf(list).slice(0, 5)).toEqual(idsOf(next).slice(0, 5));
  expect(errors.map(({ code }) => code)).toEqual(["storage"]);
});

test("after an erasure and at consent denied there is none", async () => {
  const namespace = freshNamespace();
  const { edge } = await visit(namespace);
  const denied = open(edge, { consent: "denied", namespace });
  const stranger = await denied.recommender.recommend(HOME);
  expect((await denied.recommender.profile.get()).events).toBe(0);
  const { recommender } = await begin(namespace, edge);
  await recommender.erase();
  await recommender.close();
  const again = await begin(namespace, edge);
  expect(again.early).toBe(false);
  expect((await again.recommender.profile.get()).events).toBe(0);
  expect(stranger.status).toBe("ready");
});

/** Changes the database past the SDK. */
async function change(namespace: string, stores: string[], use: (transaction: IDBTransaction) => void): Promise<void> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(`nearfeed:${namespace}`);
    opening.addEventListener("success", () => resolve(opening.result));
    opening.addEventListener("error", () => reject(new Error("not opened")));
  });
  const transaction = db.transaction(stores, "readwrite");
  use(transaction);
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(new Error("not written")));
  });
  db.close();
}
