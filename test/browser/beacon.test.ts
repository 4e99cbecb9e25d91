/** What the page hands to the browser when it goes. Here nothing of the edge can be reached but by beacons. */
import { openDB } from "idb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRecommender } from "../../client-sdk/index.ts";
import type { Notices, Options, Recommender } from "../../client-sdk/index.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { parseEnvelope } from "../../shared/event.ts";
import { SUBJECT } from "../../shared/subject.ts";
import { freshNamespace } from "./open.ts";

const ENDPOINT = `${location.origin}/no-edge-here`;

interface Beacon {
  readonly url: string;
  readonly body: string;
}

let beacons: Beacon[] = [];
let room = Infinity;
let recommender: Recommender | undefined;

beforeEach(() => {
  beacons = [];
  room = Infinity;
  // The browser sends beacons where no page can see them: what it is given is what is sent.
  vi.spyOn(navigator, "sendBeacon").mockImplementation((url, body) => {
    room -= (body as string).length;
    if (room < 0) return false;
    beacons.push({ url: String(url), body: body as string });
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await recommender?.erase();
  await recommender?.close();
});

function start(options: Partial<Options> = {}) {
  const sent: Notices["sent"][] = [];
  const namespace = freshNamespace();
  const full = { consent: "full", publicKey: "key-1" } as const;
  recommender = createRecommender({ endpoint: ENDPOINT, ...full, namespace, language: "de", ...options });
  recommender.on("sent", (notice) => sent.push(notice));
  return { recommender, namespace, sent };
}

/** Until the page knows who it is to the edge: it does once the engine has stored the first event. */
async function identified(leave = leavePage): Promise<void> {
  await expect.poll(() => (leave(), beacons.length), { timeout: 10_000 }).toBeGreaterThan(0);
}

function leavePage(): void {
  window.dispatchEvent(new PageTransitionEvent("pagehide"));
}

function hidePage(): void {
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  Reflect.deleteProperty(document, "visibilityState");
}

const parsed = () => beacons.map(({ body }) => parseEnvelope(JSON.parse(body), { now: Date.now() }));

test.for([
  ["left", leavePage],
  ["hidden", hidePage],
] as const)("when the page is %s, its unsent events go out in envelopes that the edge takes", async ([, leave]) => {
  const { recommender: app, namespace, sent } = start();
  const ids = [app.track("like", "item-1"), app.track("view", "item-2", { dwellMs: 1_200 })];
  await identified(leave);
  const [{ head, events, verdicts }] = parsed() as [ReturnType<typeof parseEnvelope>];
  expect(head).toMatchObject({ v: 1, key: "key-1", release: "none", surface: "none", language: "de" });
  expect(head.utcOffsetMinutes).toBe(0 - new Date().getTimezoneOffset());
  expect(head.subject).toMatch(SUBJECT);
  expect(events.map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(verdicts.every(({ accepted }) => accepted)).toBe(true);
  expect(beacons[0]!.url).toBe(`${ENDPOINT}/v1/events`);
  expect(sent).toContainEqual({ url: beacons[0]!.url, method: "POST", bytes: beacons[0]!.body.length, events: 2 });
  // Sent once by this page, and kept for a later visit all the same.
  leave();
  expect(beacons).toHaveLength(1);
  const db = await openDB(databaseName(namespace));
  expect((await db.getAllKeys("outbox")).sort()).toEqual(ids.sort());
  db.close();
});

test("an event that the page itself tells of while it goes is still in time", async () => {
  const { recommender: app } = start();
  app.track("like", "item-1");
  await identified();
  const tell = () => void app.track("view", "item-2", { dwellMs: 900 });
  document.addEventListener("visibilitychange", tell, { once: true });
  hidePage();
  expect(parsed().at(-1)!.events).toMatchObject([{ type: "view", item: "item-2" }]);
});

test("many events go out in beacons of at most 60 KiB, the newest first, as far as the browser takes them", async () => {
  const { recommender: app } = start();
  app.track("like", "item-0");
  await identified();
  beacons = [];
  room = 64 * 1024;
  const long = "ü".repeat(120);
  const ids = Array.from({ length: 300 }, (_, i) => app.track("like", `${i}${long}`));
  leavePage();
  expect(beacons.length).toBeGreaterThan(1);
  for (const { body } of beacons) expect(new Blob([body]).size).toBeLessThanOrEqual(60 * 1024);
  const out = parsed().flatMap(({ events }) => events.map(({ id }) => id));
  expect(out.length).toBeGreaterThan(100);
  expect(out).toEqual(ids.slice(-out.length).reverse());
});

test("what the person takes back before it is sent goes out with the store, not with the page", async () => {
  const { recommender: app } = start();
  const like = app.track("like", "item-1");
  await identified();
  app.undo(like);
  leavePage();
  expect(parsed().flatMap(({ events }) => events.map(({ type }) => type))).toEqual(["like"]);
});

test("what is taken back before the page goes is not sent by it, and neither is what nobody may know of", async () => {
  const { recommender: app } = start();
  app.track("like", "item-0");
  await identified();
  beacons = [];
  app.undo(app.track("like", "item-1"));
  let refused = 0;
  app.on("error", ({ code }) => (refused += Number(code === "unknown_field")));
  const details = { value: 12, orderId: "A-77" } as { value: number };
  app.track("purchase", "item-2", details);
  app.track("like", "item-3");
  // At once, before the engine can have looked at it.
  leavePage();
  expect(beacons.map(({ body }) => body).join()).not.toMatch(/item-1|A-77|orderId/);
  expect(parsed().flatMap(({ events }) => events.map(({ item }) => item))).toEqual(["item-3", "item-2"]);
  // And where it has looked, what it refused is not sent at all.
  beacons = [];
  app.track("purchase", "item-4", details);
  await expect.poll(() => refused).toBe(2);
  leavePage();
  expect(beacons).toEqual([]);
});

test.for(["denied", "local"] as const)("at %s no beacon is sent, before or after consent was full", async (consent) => {
  const { recommender: app, sent } = start({ consent });
  app.track("like", "item-1");
  await app.profile.get();
  leavePage();
  hidePage();
  await app.setConsent("full");
  app.track("like", "item-2");
  await identified();
  const before = beacons.length;
  app.track("like", "item-3");
  void app.setConsent(consent);
  leavePage();
  await app.profile.get();
  app.track("like", "item-4");
  leavePage();
  hidePage();
  expect(beacons).toHaveLength(before);
  expect(parsed().flatMap(({ events }) => events.map(({ item }) => item))).toEqual(["item-2"]);
  expect(sent.filter(({ events }) => events > 0).length).toBe(before);
});

test("under Global Privacy Control no beacon is sent, also when it is turned on while the page is open", async () => {
  const { recommender: app } = start();
  const lowered: string[] = [];
  app.on("consent", ({ consent }) => lowered.push(consent));
  app.track("like", "item-1");
  await identified();
  const before = beacons.length;
  app.track("like", "item-2");
  Object.defineProperty(navigator, "globalPrivacyControl", { value: true, configurable: true });
  try {
    leavePage();
    expect(beacons).toHaveLength(before);
    document.dispatchEvent(new Event("visibilitychange"));
    expect([app.consent, lowered]).toEqual(["local", ["local"]]);
  } finally {
    Reflect.deleteProperty(navigator, "globalPrivacyControl");
  }
  leavePage();
  expect(beacons).toHaveLength(before);
});

test("after an erasure nothing of before goes out, and what follows goes out under another id", async () => {
  const { recommender: app } = start();
  app.track("like", "item-1");
  await identified();
  const [{ head }] = parsed() as [ReturnType<typeof parseEnvelope>];
  app.track("like", "item-2");
  await app.erase();
  beacons = [];
  leavePage();
  expect(beacons).toEqual([]);
  app.track("like", "item-3");
  await identified();
  expect(parsed().flatMap(({ events }) => events.map(({ item }) => item))).toEqual(["item-3"]);
  expect(parsed()[0]!.head.subject).not.toBe(head.subject);
});

test("where the app gives a fetch of its own, nothing goes around it", async () => {
  const { recommender: app } = start({ fetch: () => Promise.reject(new TypeError("offline")) });
  app.track("like", "item-1");
  await app.sync();
  await app.profile.get();
  leavePage();
  hidePage();
  await app.profile.get();
  leavePage();
  expect(beacons).toEqual([]);
});
