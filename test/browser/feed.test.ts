import { expect, test } from "vitest";
import type { Entry, Query } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, clusterOf, idsOf, open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 400 });

async function openFeed(query: Query = { surface: "home" }, options = {}) {
  const notices = open(testEdge(release), { consent: "local", ...options });
  const feed = notices.recommender.feed(query);
  await shown(feed, ({ entries }) => entries.length > 0);
  await until(() => notices.releases.length > 0);
  await notices.recommender.sync();
  const start = await shown(feed, ({ floor }) => floor === "linear");
  return { ...notices, notices, feed, start };
}

test("likes of one cluster bring its share of the feed up, and no liked item returns", async () => {
  const { recommender, notices, feed, start } = await openFeed();
  const share = (ids: readonly string[]) => ids.filter((id) => clusterOf(id) === 3).length / ids.length;
  const liked = [3, 11, 19, 27, 35].map((i) => `item-${i}`);
  let last = start;
  for (const id of liked) last = await after(notices, feed, () => recommender.track("like", id));
  expect(share(idsOf(last))).toBeGreaterThan(share(idsOf(start)) + 0.3);
  expect(idsOf(last).filter((id) => liked.includes(id))).toEqual([]);
});

test("entries before pinned never move, and the tail keeps its length behind them", async () => {
  const { recommender, notices, feed, start } = await openFeed({ surface: "home", count: 12 });
  const one = await after(notices, feed, () => recommender.track("like", start.entries[3]!));
  expect(one.pinned).toBe(4);
  expect(idsOf(one).slice(0, 4)).toEqual(idsOf(start).slice(0, 4));
  expect(one.entries).toHaveLength(16);
  expect(one.entries.slice(0, 4)).toEqual(start.entries.slice(0, 4));
  expect(one.entries.map(({ position }) => position)).toEqual([...one.entries.keys()]);
  expect(new Set(idsOf(one)).size).toBe(16);
  const two = await after(notices, feed, () => recommender.track("impression", one.entries[8]!));
  expect(two.pinned).toBe(9);
  expect(idsOf(two).slice(0, 9)).toEqual(idsOf(one).slice(0, 9));
  const three = await after(notices, feed, () => recommender.track("skip", one.entries[0]!));
  expect(three.pinned).toBe(9);
});

test("an impression pins, and is no evidence and no reason to hide the item", async () => {
  const { recommender, notices, feed, start } = await openFeed();
  const seen = await after(notices, feed, () => recommender.track("impression", start.entries[4]!));
  expect(seen.pinned).toBe(5);
  expect(idsOf(seen).slice(0, start.entries.length), "what follows goes on as it was").toEqual(idsOf(start));
  expect((await recommender.profile.get()).positives).toBe(0);
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toContain(start.entries[4]!.id);
});

test("undo restores the previous order exactly: ids, scores and positions", async () => {
  const { recommender, notices, feed } = await openFeed();
  await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[2]!));
  await after(notices, feed, () => recommender.track("skip", feed.getSnapshot().entries[5]!));
  const before = feed.getSnapshot();
  for (const kind of ["like", "hide", "skip"] as const) {
    let id = "";
    const changed = await after(notices, feed, () => (id = recommender.track(kind, feed.getSnapshot().entries[9]!)));
    expect(changed.entries).not.toEqual(before.entries);
    recommender.undo(id);
    await until(() => notices.reactions.length % 2 === 0);
    expect(feed.getSnapshot().entries).toEqual(before.entries);
    expect(feed.getSnapshot().pinned).toBe(before.pinned);
  }
});

test("an undo of nothing is reported and changes nothing", async () => {
  const { recommender, errors, feed, start } = await openFeed();
  recommender.undo("01HF7YAT00TMB5S1RNMA4JBVHQ");
  await until(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: "unknown_event" });
  expect(idsOf(feed.getSnapshot())).toEqual(idsOf(start));
});

test("events of one turn are ranked together", async () => {
  const { recommender, reactions, feed, start } = await openFeed();
  let updates = 0;
  feed.subscribe(() => updates++);
  const ids = start.entries.slice(0, 5).map((entry) => recommender.track("like", entry));
  await until(() => reactions.length === 5);
  expect(updates).toBe(1);
  expect(reactions.map(({ event }) => event)).toEqual(ids);
  expect(reactions[0]).toMatchObject({ floor: "linear", ranked: 400 });
  expect(reactions.every(({ ms }) => ms > 0 && ms < 5_000)).toBe(true);
});

test("the snapshot is the same object until something changed", async () => {
  const { recommender, notices, feed } = await openFeed();
  const first = feed.getSnapshot();
  expect(feed.getSnapshot()).toBe(first);
  const next = await after(notices, feed, () => recommender.track("like", "item-3"));
  expect(next).not.toBe(first);
  expect(feed.getSnapshot()).toBe(next);
});

test("more makes the feed longer and leaves what is there in its place", async () => {
  const { feed } = await openFeed({ surface: "home", count: 10 });
  const before = idsOf(feed.getSnapshot());
  await feed.more(15);
  expect(feed.getSnapshot().entries).toHaveLength(25);
  expect(idsOf(feed.getSnapshot()).slice(0, 3)).toEqual(before.slice(0, 3));
});

test("more while more is under way adds to it", async () => {
  const { feed, start } = await openFeed({ surface: "home", count: 10 });
  expect(start.entries).toHaveLength(10);
  await Promise.all([feed.more(30), feed.more(5)]);
  expect(feed.getSnapshot().entries).toHaveLength(45);
});

test("what was done where no feed was open is not reported as how long a feed took", async () => {
  const notices = open(testEdge(release), { consent: "local" });
  await notices.recommender.sync();
  notices.recommender.track("like", "item-3");
  await notices.recommender.profile.get();
  const reactions: string[] = [];
  notices.recommender.on("reaction", ({ event }) => reactions.push(event));
  const feed = notices.recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  const like = notices.recommender.track("like", "item-11");
  await until(() => reactions.length > 0);
  expect(reactions).toEqual([like]);
});

test("exclude, filter and personalized hold", async () => {
  const { recommender, notices, feed } = await openFeed();
  for (const id of ["item-3", "item-11", "item-19"]) await after(notices, feed, () => recommender.track("like", id));
  const filtered = await recommender.recommend({ surface: "home", count: 5, filter: { categories: { any: ["c2"] } } });
  expect(filtered.entries.map(({ id }) => clusterOf(id))).toEqual([2, 2, 2, 2, 2]);
  const without = await recommender.recommend({ surface: "home", exclude: [filtered.entries[0]!.id] });
  expect(idsOf(without)).not.toContain(filtered.entries[0]!.id);
  const plain = await recommender.recommend({ surface: "home", personalized: false, diversity: 0 });
  // Nothing is known of nobody: the most popular unseen items, in order.
  expect(idsOf(plain).slice(0, 4)).toEqual(["item-0", "item-1", "item-2", "item-4"]);
  const none = await recommender.recommend({ surface: "home", filter: { categories: { all: ["c1", "c2"] } } });
  expect(none).toMatchObject({ status: "empty", entries: [] });
  const few = await recommender.recommend({ surface: "home", count: 60, filter: { categories: { any: ["c2"] } } });
  expect(few).toMatchObject({ status: "partial" });
});

test("a bad query is a failed list with its path, and never a rejection", async () => {
  const { recommender } = await openFeed();
  const broken = { surface: "home", diversity: 7 };
  const list = await recommender.recommend(broken);
  expect(list).toMatchObject({ status: "failed", error: { path: "query.diversity" } });
  const nothing = await recommender.recommend(undefined as unknown as Query);
  expect(nothing.status).toBe("failed");
  const feed = recommender.feed({ surface: "" });
  await shown(feed, ({ status }) => status === "failed");
});

test("an aborted call resolves with a list that says so", async () => {
  const { recommender } = await openFeed();
  const list = await recommender.recommend({ surface: "home" }, { signal: AbortSignal.abort() });
  expect(list).toMatchObject({ status: "failed", error: { code: "aborted" } });
});

test("bad events are reported with their path and leave the feed alone", async () => {
  const { recommender, errors, start } = await openFeed();
  recommender.track("view", start.entries[0]!, { dwellMs: -1 });
  recommender.track("rating", "item-1", { value: 11 });
  recommender.track("love" as "like", "item-1");
  recommender.track("like", undefined as unknown as string);
  recommender.track("like", "x".repeat(200));
  await until(() => errors.length === 5);
  expect(errors.map(({ path }) => path)).toEqual([
    "event.dwellMs",
    "event.value",
    "event.type",
    "event.item",
    "event.item",
  ]);
  expect((await recommender.profile.get()).events).toBe(0);
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(idsOf(start));
});

test("an item that nobody knows is reported and gives no evidence", async () => {
  const { recommender, notices, errors, feed, start } = await openFeed();
  const odd = `"quoted" 🐈 <b>bold</b> \\ ' ; drop`;
  const now = await after(notices, feed, () => recommender.track("like", odd));
  expect(errors).toMatchObject([{ code: "unknown_item" }]);
  expect(idsOf(now)).toEqual(idsOf(start));
  expect(await recommender.profile.get()).toMatchObject({ events: 1, positives: 0 });
});

test("a title of markup and an event from the future are harmless", async () => {
  const title = `<img src=x onerror="alert(1)">`;
  const edge = testEdge(await syntheticRelease({ items: 60, title: () => title }));
  let now = Date.now();
  const notices = open(edge, { now: () => now });
  const feed = notices.recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  expect(start.entries[0]!.item.title).toBe(title);
  now += 40 * 365 * 86_400_000;
  await after(notices, feed, () => notices.recommender.track("like", start.entries[0]!));
  now -= 40 * 365 * 86_400_000;
  const last = await after(notices, feed, () => notices.recommender.track("like", start.entries[1]!));
  expect(last.entries.every(({ score }) => Number.isFinite(score))).toBe(true);
  expect(notices.errors).toEqual([]);
});

test("a subscriber that throws stops neither the feed nor the others", async () => {
  const { recommender, notices, feed } = await openFeed();
  const caught: unknown[] = [];
  const seen = (event: ErrorEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    caught.push(event.error);
  };
  addEventListener("error", seen, { capture: true });
  const end = feed.subscribe(() => {
    throw new Error("the app's own");
  });
  let called = 0;
  feed.subscribe(() => called++);
  await after(notices, feed, () => recommender.track("like", "item-3"));
  await until(() => caught.length > 0);
  end();
  removeEventListener("error", seen, { capture: true });
  expect(called).toBe(1);
});

test("a closed recommender answers with failed lists", async () => {
  const { recommender } = await openFeed();
  await recommender.close();
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({
    status: "failed",
    error: { code: "closed" },
  });
  expect(() => recommender.track("like", "item-1")).not.toThrow();
  const entry = { id: "item-1", list: "none", position: 0 } as Entry;
  expect(await recommender.explain(entry)).toBeUndefined();
});
