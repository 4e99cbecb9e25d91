import { expect, test } from "vitest";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { openDB } from "idb";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { parseEnvelope } from "../../shared/event.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, idsOf, open, shown, until } from "./open.ts";
import type { Notices } from "../../client-sdk/index.ts";
import type { Opened } from "./open.ts";

const release = await syntheticRelease({ items: 300 });
const full = { consent: "full", publicKey: "key-1" } as const;

/** Does a little of everything. */
async function visit({ recommender, reactions }: Opened) {
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  const { entries } = await shown(feed, (each) => each.entries.length > 0);
  recommender.track("impression", entries[0]!);
  const liked = recommender.track("like", entries[1]!);
  recommender.track("view", entries[2]!, { dwellMs: 4_000, fraction: 0.4 });
  recommender.undo(liked);
  await until(() => reactions.length === 4);
  await recommender.explain(entries[3]!);
  await recommender.profile.get();
  return feed;
}

/** Asks for what is unsent to be sent, as leaving the page does. */
function hide(): void {
  const states: DocumentVisibilityState[] = ["hidden", "visible"];
  for (const state of states) {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
  Reflect.deleteProperty(document, "visibilityState");
}

test.for(["denied", "local"] as const)(
  "at %s every request is a public GET without anything of the person",
  async (consent) => {
    const edge = testEdge(release);
    const notices = open(edge, { consent, publicKey: "key-1" });
    await visit(notices);
    hide();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const blobs = Object.values(release.release.files).map(({ sha256 }) => `GET /v1/blobs/${sha256}`);
    const allowed = new Set([...blobs, "GET /v1/manifest?channel=stable", `GET /v1/${release.release.id}/start`]);
    expect(edge.requests.length).toBeGreaterThan(2);
    expect(edge.requests.filter(({ line, body }) => !allowed.has(line) || body !== "")).toEqual([]);
  },
);

test("at full events go out in envelopes that the edge's parser takes, under a random id", async () => {
  const edge = testEdge(release);
  const notices = open(edge, { ...full, language: "en" });
  await visit(notices);
  hide();
  await until(() => edge.received.length === 4);
  const bodies = edge.requests.filter(({ line }) => line === "POST /v1/events").map(({ body }) => body);
  const heads = bodies.map((body) => parseEnvelope(JSON.parse(body), { now: Date.now() }).head);
  expect(heads[0]).toMatchObject({ v: 1, key: "key-1", release: release.release.id, surface: "home", language: "en" });
  expect(new Set(heads.map(({ subject }) => subject)).size).toBe(1);
  expect(heads[0]!.subject).toMatch(/^[A-Z2-7]{26}$/);
  expect(new Set(edge.received).size).toBe(4);
  expect(notices.errors).toEqual([]);
  const other = open(edge, full);
  await visit(other);
  hide();
  await until(() => edge.received.length === 8);
  const last = edge.requests.findLast(({ line }) => line === "POST /v1/events")!;
  expect((JSON.parse(last.body) as { subject: string }).subject).not.toBe(heads[0]!.subject);
});

test("events wait while the edge refuses, and each is taken once by a later visit", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  edge.refusals.push(503, 503, 503, 503);
  const first = open(edge, { ...full, namespace });
  await visit(first);
  hide();
  await until(() => first.errors.some(({ code }) => code === "unavailable"));
  expect(edge.received).toEqual([]);
  await first.recommender.close();
  edge.refusals.length = 0;
  const second = open(edge, { ...full, namespace });
  await second.recommender.sync();
  await until(() => edge.received.length === 4);
  expect(new Set(edge.received).size).toBe(4);
  // Answered events are gone: another visit has nothing to send.
  const db = await openDB(databaseName(namespace));
  await expect.poll(() => db.count("outbox")).toBe(0);
  db.close();
  await second.recommender.close();
  const posts = () => edge.requests.filter(({ line }) => line === "POST /v1/events").length;
  const before = posts();
  const third = open(edge, { ...full, namespace });
  await third.recommender.sync();
  hide();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(posts()).toBe(before);
});

test("an event that the edge refuses by itself is reported and not sent again", async () => {
  const edge = testEdge(release);
  let now = Date.now() - 30 * 86_400_000;
  const notices = open(edge, { ...full, now: () => now });
  const feed = notices.recommender.feed({ surface: "home" });
  await notices.recommender.sync();
  await after(notices, feed, () => notices.recommender.track("like", "item-1"));
  now = Date.now();
  await after(notices, feed, () => notices.recommender.track("like", "item-2"));
  hide();
  await until(() => edge.received.length === 1);
  await until(() => notices.errors.length === 1);
  expect(notices.errors[0]).toMatchObject({ code: "too_old" });
  hide();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(edge.received).toHaveLength(1);
});

test("lowering to local drops unsent events and the random id", async () => {
  const edge = testEdge(release);
  const notices = open(edge, full);
  edge.refusals.push(...Array<number>(20).fill(503));
  await visit(notices);
  hide();
  await until(() => notices.errors.length > 0);
  await notices.recommender.setConsent("local");
  const db = await openDB(databaseName(notices.namespace));
  expect(await db.count("outbox")).toBe(0);
  expect(await db.get("state", "token")).toBeUndefined();
  expect(await db.count("events")).toBe(4);
  db.close();
});

test("Global Privacy Control caps consent at local", async () => {
  Object.defineProperty(navigator, "globalPrivacyControl", { value: true, configurable: true });
  try {
    const { recommender } = open(testEdge(release), full);
    expect(recommender.consent).toBe("local");
    await recommender.setConsent("full");
    expect(recommender.consent).toBe("local");
  } finally {
    Reflect.deleteProperty(navigator, "globalPrivacyControl");
  }
});

test("where Global Privacy Control was turned on since the last visit, what only full may hold is deleted", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { ...full, namespace });
  edge.refusals.push(...Array<number>(20).fill(503));
  await visit(first);
  await first.recommender.close();
  const left = async () => {
    const db = await openDB(databaseName(namespace));
    const found = [
      await db.count("outbox"),
      (await db.getAllKeys("state")).includes("token"),
      await db.count("events"),
    ];
    db.close();
    return found;
  };
  expect(await left()).toEqual([4, true, 4]);
  // Asking for less than before is not yet a withdrawal: many apps ask for more a moment later.
  await open(edge, { consent: "local", namespace }).recommender.sync();
  expect(await left()).toEqual([4, true, 4]);
  const posts = () => edge.requests.filter(({ line }) => line === "POST /v1/events").length;
  const before = posts();
  Object.defineProperty(navigator, "globalPrivacyControl", { value: true, configurable: true });
  try {
    const later = open(edge, { ...full, namespace });
    expect(later.recommender.consent).toBe("local");
    await later.recommender.sync();
    await expect.poll(left, { timeout: 5_000 }).toEqual([0, false, 4]);
    later.recommender.track("like", "item-5");
    hide();
    await later.recommender.profile.get();
  } finally {
    Reflect.deleteProperty(navigator, "globalPrivacyControl");
  }
  expect(posts()).toBe(before);
  // The secret is gone, so this was the last chance to have deleted what was sent under it.
  await until(() => edge.forgotten.length === 1);
});

test.for(["denied", "local", "full"] as const)(
  "at %s the page is told of every request, as it was sent",
  async (consent) => {
    const edge = testEdge(release);
    const notices = open(edge, { consent, publicKey: "key-1" });
    const sent: Notices["sent"][] = [];
    notices.recommender.on("sent", (notice) => sent.push(notice));
    await visit(notices);
    hide();
    if (consent === "full") await until(() => edge.received.length === 4);
    edge.stop();
    await notices.recommender.sync();
    await until(() => sent.length === edge.requests.length);
    const told = sent.map(({ url, method, bytes }) => `${method} ${url.replace("http://edge.test", "")} ${bytes}`);
    const were = edge.requests.map(({ line, body }) => `${line} ${new Blob([body]).size}`);
    expect(told.sort()).toEqual(were.sort());
    expect(sent.reduce((sum, { events }) => sum + events, 0)).toBe(consent === "full" ? 4 : 0);
  },
);

test("consent full without a key is reported and changes nothing", async () => {
  const { recommender, errors } = open(testEdge(release), { consent: "local" });
  await recommender.setConsent("full");
  expect(recommender.consent).toBe("local");
  expect(errors).toMatchObject([{ code: "bad_option", path: "publicKey" }]);
});

test("edge retrieval asks only at full and from twenty positives on, and then ranks what the edge found", async () => {
  const edge = testEdge(
    release,
    Uint32Array.from({ length: 160 }, (_, row) => row),
  );
  const notices = open(edge, { ...full, retrieval: "edge" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  const asked = () => edge.requests.filter(({ line }) => line.endsWith("/retrieve"));
  // Items of the start pool, all of one cluster.
  const liked: string[] = [];
  async function like() {
    const card = { id: `item-${3 + 8 * liked.length}`, list: `list-${liked.length}`, position: 0 };
    liked.push(card.id);
    await after(notices, feed, () =>
      recommender.track("like", { ...card, item: { id: card.id, categories: [] }, score: 0, sources: [] }),
    );
  }
  while (liked.length < LEAST_POSITIVES - 1) await like();
  expect(asked()).toEqual([]);
  expect(notices.reactions.at(-1)).toMatchObject({ ranked: 160 });
  await like();
  await until(() => asked().length === 1);
  const request = JSON.parse(asked()[0]!.body) as { queries: number[][]; items: string[] };
  expect(Object.keys(request).sort()).toEqual(["catalog", "count", "filter", "items", "queries", "space"]);
  expect(request.queries.map((query) => query.length)).toEqual([64, 64]);
  expect([...request.items].sort()).toEqual(liked.slice(-10).sort());
  const found = await shown(feed, ({ entries }) => entries.some(({ sources }) => sources.includes("nearest")));
  expect(found.entries.filter(({ id }) => Number(id.slice(5)) >= 160).length).toBeGreaterThan(10);
  expect(edge.requests.some(({ line }) => line.includes(release.release.files.index.sha256))).toBe(false);
  edge.stop();
  const before = idsOf(feed.getSnapshot());
  await like();
  expect(feed.getSnapshot().entries.length).toBe(before.length);
});

test("at local, retrieval edge is device", async () => {
  const edge = testEdge(release);
  const { recommender } = open(edge, { consent: "local", retrieval: "edge" });
  await recommender.sync();
  expect(edge.requests.some(({ line }) => line.includes(release.release.files.index.sha256))).toBe(true);
  expect(edge.requests.some(({ line }) => line.startsWith("POST"))).toBe(false);
});
