import { openDB } from "idb";
import { expect, test } from "vitest";
import { ANSWER_MS, SILENCE_MS } from "../../../client-sdk/tabs/election.ts";
import { databaseName } from "../../../client-sdk/storage/schema.ts";
import { parseEnvelope } from "../../../shared/event.ts";
import { testEdge } from "../../harness/synthetic/edge.ts";
import type { TestEdge } from "../../harness/synthetic/edge.ts";
import { seeded } from "../../harness/small-release.ts";
import { syntheticRelease } from "../../harness/synthetic/release.ts";
import { freshNamespace, idsOf, open, shown, until } from "../open.ts";
import type { Opened } from "../open.ts";
import { openTwin } from "../twin.ts";

// Tabs here are recommenders of one page, each with a worker of its own: they share what tabs share, and nothing else.

const release = await syntheticRelease({ items: 300 });
const full = { consent: "full", publicKey: "key-1" } as const;
/** Items of one cluster, so that a like of one moves the others. */
const liked = [3, 11, 19, 27, 35].map((i) => `item-${i}`);

function lines(edge: TestEdge, start: string): string[] {
  return edge.requests.filter(({ line }) => line.startsWith(start)).map(({ line }) => line);
}

/** Has a tab ready: a release in use, and a feed of it. */
async function ready(tab: Opened) {
  const feed = tab.recommender.feed({ surface: "home", count: 20 });
  await shown(feed, ({ floor, entries }) => floor !== "start" && entries.length > 0);
  return feed;
}

test("a like in one tab re-ranks the feeds of the others, and all tabs rank alike from then on", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const tabs = [0, 1, 2].map(() => open(edge, { consent: "local", namespace }));
  const feeds = [];
  for (const tab of tabs) feeds.push(await ready(tab));
  const took: number[] = [];
  for (const [turn, item] of liked.entries()) {
    const from = turn % 3;
    const others = feeds.filter((_, i) => i !== from);
    const before = others.map((feed) => feed.getSnapshot());
    const startedAt = performance.now();
    tabs[from]!.recommender.track("like", item);
    await Promise.all(others.map((feed, i) => shown(feed, (now) => now !== before[i])));
    took.push(performance.now() - startedAt);
  }
  console.info(
    `a like in one tab is in the feeds of the others after ${took.map((ms) => ms.toFixed(0)).join(", ")} ms`,
  );
  const lists = await Promise.all(tabs.map(({ recommender }) => recommender.recommend({ surface: "home" })));
  for (const list of lists) {
    expect(idsOf(list)).toEqual(idsOf(lists[0]!));
    expect(idsOf(list)).not.toEqual(expect.arrayContaining([liked[0]]));
  }
  const twin = openTwin(release);
  const expected = await twin.list(await twin.stored(namespace), { count: 20 });
  expect(idsOf(lists[0]!)).toEqual(expected.map(({ id }) => id));
  expect(tabs.flatMap(({ errors }) => errors)).toEqual([]);
});

test("an undo in one tab takes back what another one did", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [a, b] = [open(edge, { consent: "local", namespace }), open(edge, { consent: "local", namespace })];
  const feeds = [await ready(a), await ready(b)];
  const start = idsOf(feeds[1]!.getSnapshot());
  const id = a.recommender.track("like", "item-3");
  await shown(feeds[1]!, (now) => idsOf(now).join() !== start.join());
  b.recommender.undo(id);
  await shown(feeds[1]!, (now) => idsOf(now).join() === start.join());
  await shown(feeds[0]!, (now) => idsOf(now).join() === start.join());
});

test("the events of all tabs go out once, from one tab, under one id", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const tabs = [0, 1, 2].map(() => open(edge, { ...full, namespace }));
  // At once: each of them wants an id.
  await Promise.all(tabs.map(({ recommender }) => recommender.sync()));
  const ids = tabs.flatMap(({ recommender }) => liked.map((item) => recommender.track("like", item)));
  await until(() => edge.received.length >= ids.length);
  expect([...edge.received].sort()).toEqual([...ids].sort());
  const posts = edge.requests.filter(({ line }) => line === "POST /v1/events");
  const subjects = posts.map(({ body }) => parseEnvelope(JSON.parse(body), { now: Date.now() }).head.subject);
  expect(new Set(subjects).size).toBe(1);
  expect(posts.length).toBeLessThanOrEqual(2);
  const db = await openDB(databaseName(namespace));
  await expect.poll(() => db.count("outbox")).toBe(0);
  db.close();
});

test("what a tab leaves behind is sent by another one, also when it was the one that sends", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const tabs = [0, 1, 2].map(() => open(edge, { ...full, namespace }));
  const ids: string[] = [];
  for (const { recommender } of tabs) {
    await recommender.sync();
    ids.push(recommender.track("like", liked[ids.length]!));
    await recommender.profile.get();
    // Gone before anything has gathered.
    if (ids.length < 3) await recommender.close();
  }
  await until(() => edge.received.length === 3);
  expect([...edge.received].sort()).toEqual(ids.sort());
});

test("a tab that is frozen while it leads is replaced within the stated time, and goes on as another one when it thaws", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  let worker: Worker | undefined;
  const start = () => (worker = new Worker(new URL("./hangable-worker.ts", import.meta.url), { type: "module" }));
  const frozen = open(edge, { ...full, namespace, worker: start });
  await frozen.recommender.sync();
  const next = open(edge, { ...full, namespace });
  await next.recommender.sync();
  const hangMs = SILENCE_MS + ANSWER_MS + 4_000;
  worker!.postMessage({ hangMs });
  const thawsAt = performance.now() + hangMs;
  const ofNext = next.recommender.track("like", "item-3");
  const ofFrozen = frozen.recommender.track("like", "item-11");
  await until(() => edge.received.includes(ofNext), hangMs);
  expect(performance.now()).toBeLessThan(thawsAt);
  await until(() => edge.received.includes(ofFrozen));
  for (const { recommender } of [frozen, next]) {
    await expect.poll(async () => (await recommender.profile.get()).events).toBe(2);
  }
  expect([...edge.received].sort()).toEqual([ofNext, ofFrozen].sort());
  expect([...frozen.errors, ...next.errors]).toEqual([]);
}, 40_000);

test("a release that one tab has fetched the others take from the store", async () => {
  const [first, second] = [release, await syntheticRelease({ items: 320, seed: 2 })];
  const edge = testEdge(first);
  const namespace = freshNamespace();
  const tabs = [0, 1, 2].map(() => open(edge, { consent: "local", namespace }));
  for (const tab of tabs) await ready(tab);
  // What a tab looks for by itself when it starts is over; else it may find the new release before it is told.
  for (const { recommender } of tabs) expect((await recommender.sync()).status).toBe("unchanged");
  edge.activate(second);
  const before = lines(edge, "GET /v1/blobs/").length;
  expect(await tabs[1]!.recommender.sync()).toMatchObject({ status: "updated" });
  for (const { releases } of tabs) await until(() => releases.some((each) => each.release === second.release.id));
  const fetched = lines(edge, "GET /v1/blobs/").slice(before);
  expect(fetched.length).toBeGreaterThan(0);
  expect(new Set(fetched).size).toBe(fetched.length);
  edge.tombstones = ["item-3"];
  await tabs[0]!.recommender.sync();
  await expect
    .poll(async () => idsOf(await tabs[2]!.recommender.recommend({ surface: "home", count: 200 })), { timeout: 5_000 })
    .not.toContain("item-3");
});

test("lowering consent in one tab lowers it in all, and nothing of the higher level is left or comes back", async () => {
  for (const to of ["local", "denied"] as const) {
    const edge = testEdge(release);
    const namespace = freshNamespace();
    const tabs = [0, 1, 2].map(() => open(edge, { ...full, namespace }));
    const heard: string[] = [];
    for (const tab of tabs) {
      tab.recommender.on("consent", ({ consent }) => heard.push(consent));
      await ready(tab);
      tab.recommender.track("like", "item-3");
      await tab.recommender.profile.get();
    }
    edge.refusals.push(...Array<number>(50).fill(503));
    // In the middle of writing.
    for (const { recommender } of tabs)
      for (let i = 0; i < 50; i++) recommender.track("view", "item-5", { dwellMs: 900 });
    await tabs[0]!.recommender.setConsent(to);
    await until(() => tabs.every(({ recommender }) => recommender.consent === to));
    expect(heard).toEqual([to, to]);
    for (const { recommender } of tabs) await recommender.setConsent(to);
    const posts = lines(edge, "POST /v1/events").length;
    for (const { recommender } of tabs) recommender.track("like", "item-11");
    await Promise.all(tabs.map(({ recommender }) => recommender.profile.get()));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const names = (await indexedDB.databases()).map(({ name }) => name);
    if (to === "denied") expect(names).not.toContain(databaseName(namespace));
    else {
      const db = await openDB(databaseName(namespace));
      expect([await db.count("outbox"), await db.get("state", "token")]).toEqual([0, undefined]);
      expect(await db.count("events")).toBe(156);
      db.close();
    }
    expect(lines(edge, "POST /v1/events").length).toBe(posts);
    for (const { recommender } of tabs) await recommender.close();
  }
}, 30_000);

test("raising consent in one tab raises no other", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [a, b] = [
    open(edge, { ...full, consent: "local", namespace }),
    open(edge, { ...full, consent: "local", namespace }),
  ];
  await ready(a);
  await ready(b);
  await a.recommender.setConsent("full");
  const [ofA, ofB] = [a.recommender.track("like", "item-3"), b.recommender.track("like", "item-11")];
  await until(() => edge.received.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(edge.received).toContain(ofA);
  expect(edge.received).not.toContain(ofB);
  expect([a.recommender.consent, b.recommender.consent]).toEqual(["full", "local"]);
});

test("an erasure in one tab empties the others", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const tabs = [0, 1, 2].map(() => open(edge, { consent: "local", namespace }));
  const feeds = [];
  for (const tab of tabs) feeds.push(await ready(tab));
  const start = idsOf(feeds[2]!.getSnapshot());
  tabs[1]!.recommender.track("like", "item-3");
  await shown(feeds[2]!, (now) => idsOf(now).join() !== start.join());
  expect(await tabs[0]!.recommender.erase()).toMatchObject({ local: "erased" });
  for (const { recommender } of tabs) await expect.poll(async () => (await recommender.profile.get()).events).toBe(0);
  await shown(feeds[2]!, (now) => idsOf(now).join() === start.join());
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName(namespace));
});

test("what a tab did at denied reaches the others once its consent is raised", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [denied, local] = [open(edge, { namespace }), open(edge, { consent: "local", namespace })];
  await ready(denied);
  await ready(local);
  denied.recommender.track("like", "item-3");
  await denied.recommender.setConsent("local");
  await expect.poll(async () => (await local.recommender.profile.get()).events, { timeout: 5_000 }).toBe(1);
});

test("at denied a tab hears nothing of the others, and they nothing of it", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [denied, local] = [open(edge, { namespace }), open(edge, { consent: "local", namespace })];
  await ready(denied);
  await ready(local);
  denied.recommender.track("like", "item-3");
  local.recommender.track("like", "item-11");
  local.recommender.track("like", "item-19");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await denied.recommender.profile.get()).events).toBe(1);
  expect((await local.recommender.profile.get()).events).toBe(2);
});

test("who takes consent back in a tab at denied takes it back in the others too", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [denied, sharing] = [open(edge, { namespace }), open(edge, { ...full, namespace })];
  await ready(denied);
  await ready(sharing);
  await denied.recommender.setConsent("denied");
  await until(() => sharing.recommender.consent === "denied");
  sharing.recommender.track("like", "item-3");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(lines(edge, "POST /v1/events")).toEqual([]);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName(namespace));
});

test.for([1, 2])(
  "whatever tabs are killed and whenever the edge is away (seed %i), what was stored is in every profile and at the edge",
  { timeout: 40_000 },
  async (seed) => {
    const random = seeded(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const edge = testEdge(release);
    const namespace = freshNamespace();
    // Time passes with what is done, so that every list is read as of the same moment.
    let clock = Date.now();
    const now = () => clock;
    const track = (tab: Opened) => {
      clock += 1_000;
      tab.recommender.track("like", `item-${pick(300)}`);
    };
    /** A killed tab does nothing any more; only its page is told, so that it waits for nothing. */
    function openKillable() {
      let worker: Worker | undefined;
      const start = () =>
        (worker = new Worker(new URL("../../../client-sdk/worker.ts", import.meta.url), { type: "module" }));
      const tab = open(edge, { ...full, namespace, now, worker: start });
      const kill = () => {
        worker?.terminate();
        void tab.recommender.close();
      };
      return { ...tab, kill };
    }
    const tabs = [openKillable(), openKillable(), openKillable()];
    await Promise.all(tabs.map(({ recommender }) => recommender.sync()));
    for (let round = 0; round < 40; round++) {
      const at = pick(3);
      for (let i = pick(6); i >= 0; i--) track(tabs[at]!);
      const what = random();
      if (what < 0.15) {
        tabs[at]!.kill();
        tabs[at] = openKillable();
        void tabs[at]!.recommender.sync();
      } else if (what < 0.3) edge.stop();
      else if (what < 0.5) {
        edge.start();
        void tabs[at]!.recommender.sync();
      } else await new Promise((resolve) => setTimeout(resolve, pick(40)));
    }
    edge.start();
    track(tabs[0]!);
    await Promise.all(tabs.map(({ recommender }) => recommender.sync()));
    const db = await openDB(databaseName(namespace));
    await expect.poll(() => db.count("outbox"), { timeout: 15_000 }).toBe(0);
    const stored = (await db.getAllKeys("events")) as string[];
    db.close();
    expect(stored.length).toBeGreaterThan(50);
    expect([...new Set(edge.received)].sort()).toEqual(stored);
    const lists = await Promise.all(tabs.map(({ recommender }) => recommender.recommend({ surface: "home" })));
    const twin = openTwin(release);
    const expected = (await twin.list(await twin.stored(namespace), { count: 20 })).map(({ id }) => id);
    for (const list of lists) expect(idsOf(list)).toEqual(expected);
    for (const { recommender } of tabs) expect((await recommender.profile.get()).events).toBe(stored.length);
  },
);
