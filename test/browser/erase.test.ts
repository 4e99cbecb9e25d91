/** `erase()`: what is left on the device, and how the edge is asked to delete what was uploaded. */
import { openDB } from "idb";
import { expect, test } from "vitest";
import { createEngine } from "../../client-sdk/engine/engine.ts";
import type { FeedUpdate } from "../../client-sdk/messages.ts";
import { checkOptions } from "../../client-sdk/options.ts";
import { pageFetch } from "../../client-sdk/page-fetch.ts";
import { sha256 } from "../../client-sdk/runtime.ts";
import { erasureDatabaseName } from "../../client-sdk/storage/erasure-store.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { fromBase64url } from "../../shared/base64url.ts";
import { subjectOf } from "../../shared/subject.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, open, quietPage, until } from "./open.ts";
import type { Opened } from "./open.ts";

const release = await syntheticRelease({ items: 300 });
const full = { consent: "full", publicKey: "key-1" } as const;

/** Does something that is uploaded. */
async function upload(edge: TestEdge, tab: Opened): Promise<string> {
  await tab.recommender.sync();
  const before = edge.received.length;
  tab.recommender.track("like", "item-3");
  await until(() => edge.received.length > before);
  return subjectOfLast(edge);
}

function subjectOfLast(edge: TestEdge): string {
  const { body } = edge.requests.findLast(({ line }) => line === "POST /v1/events")!;
  return (JSON.parse(body) as { subject: string }).subject;
}

/** Everything that any page of this origin could read of a namespace. */
async function onDevice(namespace: string): Promise<Map<string, unknown[]>> {
  const found = new Map<string, unknown[]>();
  for (const { name } of await indexedDB.databases()) {
    if (!name!.includes(namespace)) continue;
    const db = await openDB(name!);
    for (const store of db.objectStoreNames) found.set(`${name}/${store}`, await db.getAll(store));
    db.close();
  }
  for (const key of [...Object.keys(localStorage), ...Object.keys(sessionStorage)]) {
    if (key.includes("nearfeed")) found.set(`storage/${key}`, [key]);
  }
  for (const name of await caches.keys()) if (name.includes("nearfeed")) found.set(`caches/${name}`, [name]);
  expect(document.cookie).not.toContain("nearfeed");
  return found;
}

test("online, the edge is asked to forget the subject of the uploads, and nothing is left here", async () => {
  const edge = testEdge(release);
  const tab = open(edge, full);
  const subject = await upload(edge, tab);
  expect((await onDevice(tab.namespace)).size).toBeGreaterThan(3);
  expect(await tab.recommender.erase()).toEqual({ local: "erased", remote: "sent" });
  expect(edge.forgotten).toHaveLength(1);
  expect(await subjectOf(fromBase64url(edge.forgotten[0]!, 32, ""), sha256)).toBe(subject);
  expect(await onDevice(tab.namespace)).toEqual(new Map());
  // Asked again there is nothing to ask for.
  expect(await tab.recommender.erase()).toEqual({ local: "erased", remote: "none" });
  expect(edge.forgotten).toHaveLength(1);
  expect(tab.errors).toEqual([]);
});

test("offline, only the token stays, until a later visit at any consent has had the edge confirm", async () => {
  for (const consent of ["denied", "local", "full"] as const) {
    const edge = testEdge(release);
    const namespace = freshNamespace();
    const tab = open(edge, { ...full, namespace });
    const subject = await upload(edge, tab);
    edge.stop();
    tab.recommender.track("like", "item-11");
    expect(await tab.recommender.erase()).toEqual({ local: "erased", remote: "pending" });
    const left = await onDevice(namespace);
    expect([...left.keys()]).toEqual([`${erasureDatabaseName(namespace)}/tokens`]);
    const [token] = left.values().next().value as [Uint8Array];
    expect(await subjectOf(token, sha256)).toBe(subject);
    expect(left.values().next().value).toHaveLength(1);
    await tab.recommender.close();
    // A visit that is offline too changes nothing.
    const offline = open(edge, { publicKey: "key-1", consent, namespace });
    await offline.recommender.sync();
    await offline.recommender.close();
    expect((await onDevice(namespace)).get(`${erasureDatabaseName(namespace)}/tokens`)).toEqual([token]);
    edge.start();
    const later = open(edge, { publicKey: "key-1", consent, namespace });
    await later.recommender.sync();
    await until(() => edge.forgotten.length === 1);
    expect(fromBase64url(edge.forgotten[0]!, 32, "")).toEqual(new Uint8Array(token));
    const erasures = async () =>
      (await indexedDB.databases()).filter(({ name }) => name === erasureDatabaseName(namespace));
    await expect.poll(erasures).toEqual([]);
    await later.recommender.close();
    // Confirmed once, it is not asked again.
    await open(edge, { publicKey: "key-1", consent, namespace }).recommender.sync();
    expect(edge.forgotten).toHaveLength(1);
  }
}, 30_000);

test("an edge that comes back while the page is open is asked then", async () => {
  const edge = testEdge(release);
  const tab = open(edge, full);
  await upload(edge, tab);
  edge.stop();
  expect(await tab.recommender.erase()).toMatchObject({ remote: "pending" });
  await tab.recommender.sync();
  edge.start();
  await tab.recommender.sync();
  await until(() => edge.forgotten.length === 1);
  await expect.poll(() => onDevice(tab.namespace)).toEqual(new Map());
});

test("two erasures offline ask for both subjects", async () => {
  const edge = testEdge(release);
  const tab = open(edge, full);
  const subjects = [await upload(edge, tab)];
  edge.stop();
  await tab.recommender.erase();
  edge.start();
  edge.refuseForget = true;
  subjects.push(await upload(edge, tab));
  expect(subjects[1]).not.toBe(subjects[0]);
  expect(await tab.recommender.erase()).toEqual({ local: "erased", remote: "pending" });
  edge.refuseForget = false;
  expect(await tab.recommender.erase()).toEqual({ local: "erased", remote: "sent" });
  const forgotten = edge.forgotten.map((token) => subjectOf(fromBase64url(token, 32, ""), sha256));
  expect((await Promise.all(forgotten)).sort()).toEqual(subjects.sort());
  expect(await onDevice(tab.namespace)).toEqual(new Map());
});

test("at local and denied there is nothing to forget, and no request", async () => {
  for (const consent of ["local", "denied"] as const) {
    const edge = testEdge(release);
    const { recommender, namespace } = open(edge, { consent });
    await recommender.sync();
    recommender.track("like", "item-3");
    expect(await recommender.erase()).toEqual({ local: "erased", remote: "none" });
    expect(edge.requests.filter(({ line }) => line.startsWith("POST"))).toEqual([]);
    expect(await onDevice(namespace)).toEqual(new Map());
  }
});

test("a visit at denied can erase what one at full has uploaded", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { ...full, namespace });
  const subject = await upload(edge, first);
  await first.recommender.close();
  expect(await open(edge, { namespace }).recommender.erase()).toEqual({ local: "erased", remote: "sent" });
  expect(await subjectOf(fromBase64url(edge.forgotten[0]!, 32, ""), sha256)).toBe(subject);
  expect(await onDevice(namespace)).toEqual(new Map());
});

test("while another tab goes on, its later events are under another id", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [a, b] = [open(edge, { ...full, namespace }), open(edge, { ...full, namespace })];
  await b.recommender.sync();
  const subject = await upload(edge, a);
  expect(await a.recommender.erase()).toEqual({ local: "erased", remote: "sent" });
  await expect.poll(async () => (await b.recommender.profile.get()).events).toBe(0);
  const before = edge.received.length;
  b.recommender.track("like", "item-11");
  await until(() => edge.received.length > before);
  expect(subjectOfLast(edge)).not.toBe(subject);
  const db = await openDB(databaseName(namespace));
  expect(await db.count("events")).toBe(1);
  db.close();
});

test("what the page does while an erasure waits for the store is answered after it", async () => {
  const edge = testEdge(release);
  const updates: FeedUpdate[] = [];
  const options = checkOptions({ endpoint: "http://edge.test", consent: "local", namespace: freshNamespace() });
  const engine = createEngine(
    { ...options, pageFetch: true },
    {
      ...quietPage,
      error() {},
      feed: (update) => updates.push(update),
      fetch: pageFetch(edge.fetch),
    },
  );
  engine.openFeed(1, { surface: "home", count: 5 }, { now: Date.now(), utcOffsetMinutes: 0, draw: "feed" });
  const erased = engine.erase(1);
  engine.track({ seq: 2, events: [], changes: [], utcOffsetMinutes: 0 });
  await erased;
  const next = await syntheticRelease({ items: 200, seed: 2 });
  edge.activate(next);
  await engine.sync();
  await until(() => updates.at(-1)?.release === next.release.id);
  // The page takes no ranking that is older than what it has sent last.
  expect(updates.at(-1)!.seq).toBe(2);
  await engine.erase(3);
  await engine.close();
});

test("what a listener of the notice does is erased with the rest, in this tab and in another", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [here, there] = [open(edge, { ...full, namespace }), open(edge, { ...full, namespace })];
  const feeds = [here, there].map(({ recommender }) => recommender.feed({ surface: "home" }));
  await upload(edge, here);
  await there.recommender.sync();
  await until(() => feeds.every((feed) => feed.getSnapshot().entries.length > 0));
  for (const [i, { recommender }] of [here, there].entries()) {
    recommender.on("erased", () => {
      const [first] = feeds[i]!.getSnapshot().entries;
      if (first) recommender.track("like", first);
    });
  }
  expect((await here.recommender.erase()).local).toBe("erased");
  await until(() => feeds.every((feed) => feed.getSnapshot().pinned === 0));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(feeds.map((feed) => feed.getSnapshot().pinned)).toEqual([0, 0]);
  for (const { recommender } of [here, there]) expect((await recommender.profile.get()).events).toBe(0);
  expect(await onDevice(namespace)).toEqual(new Map());
});
