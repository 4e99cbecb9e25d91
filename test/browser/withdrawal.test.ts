/** What is under way when consent is lowered, when the profile is erased or when the page leaves. */
import { openDB } from "idb";
import type { IDBPDatabase } from "idb";
import { afterEach, expect, test } from "vitest";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import type { Store } from "../../client-sdk/storage/store.ts";
import { sha256 } from "../../client-sdk/runtime.ts";
import { createIdentity } from "../../client-sdk/sync/identity.ts";
import { createUploads } from "../../client-sdk/sync/uploads.ts";
import { fromBase64url } from "../../shared/base64url.ts";
import { subjectOf, TOKEN_BYTES } from "../../shared/subject.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { freshNamespace, open, until } from "./open.ts";

const release = await syntheticRelease({ items: 300 });
const full = { consent: "full", publicKey: "key-1" } as const;
const waiting = {
  id: "01HF7YAT00TMB5S1RNMA000001",
  event: { id: "01HF7YAT00TMB5S1RNMA000001", type: "like", item: "item-1", at: 1_700_000_000_000 },
  surface: "home",
  release: release.release.id,
  utcOffsetMinutes: 0,
} as const;

let opened: Store | undefined;
afterEach(async () => {
  await opened?.erase();
  opened = undefined;
});

/** Uploads over a real store, where the token is read and then held back until `go`. */
function held() {
  const namespace = freshNamespace();
  const real = createStore(namespace, { onError: (error) => expect.fail(error.message), onErased() {} });
  opened = real;
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const slow: Store = {
    ...real,
    stateOr: (name, make) => real.stateOr(name, make).then((value) => gate.then(() => value)),
  };
  const bodies: string[] = [];
  const device = { allowed: true };
  const identity = createIdentity({ store: () => slow, allowed: () => device.allowed, changed() {} });
  const uploads = createUploads({
    endpoint: "http://edge.test",
    publicKey: "key-1",
    language: null,
    region: null,
    send(_url, { body }) {
      bodies.push(body!);
      const { events } = JSON.parse(body!) as { events: { id: string }[] };
      const verdicts = events.map(({ id }) => ({ id, accepted: true }));
      return Promise.resolve({
        status: 202,
        retryAfter: null,
        bytes: new TextEncoder().encode(JSON.stringify({ accepted: 1, refused: 0, verdicts })),
      });
    },
    store: () => slow,
    identity,
    allowed: () => device.allowed,
    random: () => 0,
    done() {},
    report: (error) => expect.fail(String(error)),
  });
  const forget = () => (uploads.forget(), identity.forget());
  return { store: real, uploads, forget, bodies, device, go };
}

function pause(ms = 50): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function hide(): void {
  for (const state of ["hidden", "visible"] as const) {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
  Reflect.deleteProperty(document, "visibilityState");
}

/** @returns undefined where there is no database */
async function inDatabase<R>(namespace: string, read: (db: Awaited<ReturnType<typeof openDB>>) => Promise<R>) {
  const name = databaseName(namespace);
  if (!(await indexedDB.databases()).some((each) => each.name === name)) return undefined;
  const db = await openDB(name);
  try {
    return await read(db);
  } finally {
    db.close();
  }
}

test("what is being prepared when consent is lowered is not sent, and no random id is made", async () => {
  const { store, uploads, forget, bodies, device, go } = held();
  await store.putEvents([], [waiting]);
  uploads.flush();
  await pause();
  device.allowed = false;
  forget();
  await store.dropUploads();
  go();
  await pause();
  expect(bodies).toEqual([]);
  expect(await store.state("token")).toBeUndefined();
});

test("after an erasure events go out under another id, though the old one was just being read", async () => {
  const { store, uploads, forget, bodies, go } = held();
  const old = new Uint8Array(32).fill(7);
  await store.putState("token", old);
  await store.putEvents([], [waiting]);
  uploads.flush();
  await pause();
  forget();
  await store.erase();
  await store.putEvents([], [waiting]);
  uploads.wake();
  go();
  await pause(100);
  uploads.flush();
  await expect.poll(() => bodies.length).toBe(1);
  const { subject } = JSON.parse(bodies[0]!) as { subject: string };
  expect(subject).toMatch(/^[A-Z2-7]{26}$/);
  expect(subject).not.toBe(await subjectOf(old, sha256));
  expect(await store.state("token")).not.toEqual(old);
});

/** Twenty visits, one after the other, on a machine that is busy otherwise. */
const VISITS_TIMEOUT_MS = 90_000;

test(
  "once setConsent has resolved nothing more is sent, and nothing of the upload is stored",
  async () => {
    for (const next of ["local", "denied"] as const) {
      for (let wait = 0; wait < 10; wait++) {
        const edge = testEdge(release);
        const { recommender, namespace } = open(edge, full);
        await recommender.sync();
        recommender.track("like", "item-5");
        // The event is in the engine before it is asked to send.
        await recommender.profile.get();
        hide();
        if (wait > 0) await pause(wait);
        await recommender.setConsent(next);
        const posts = () => edge.requests.filter(({ line }) => line === "POST /v1/events").length;
        const before = posts();
        await pause();
        expect(posts()).toBe(before);
        expect(await inDatabase(namespace, (db) => db.getAllKeys("state"))).toEqual(
          next === "denied" ? undefined : expect.not.arrayContaining(["token"]),
        );
        await recommender.close();
      }
    }
  },
  VISITS_TIMEOUT_MS,
);

/** The subjects that the edge was asked to forget. */
function forgotten({ forgotten: tokens }: TestEdge): Promise<string[]> {
  return Promise.all(tokens.map((token) => subjectOf(fromBase64url(token, TOKEN_BYTES, ""), sha256)));
}

function subjectsOf(edge: TestEdge): string[] {
  const posts = edge.requests.filter(({ line }) => line === "POST /v1/events");
  return [...new Set(posts.map(({ body }) => (JSON.parse(body) as { subject: string }).subject))];
}

test("when consent is lowered from full the edge deletes what was uploaded, and what follows has another id", async () => {
  for (const next of ["local", "denied"] as const) {
    const edge = testEdge(release);
    const { recommender } = open(edge, full);
    await recommender.sync();
    recommender.track("like", "item-5");
    await until(() => edge.received.length === 1);
    // At once up and down: the id of before must not be taken up again.
    void recommender.setConsent(next);
    await recommender.setConsent("full");
    recommender.track("like", "item-6");
    await until(() => edge.received.length === 2);
    await until(() => edge.forgotten.length > 0);
    const subjects = subjectsOf(edge);
    expect(subjects).toHaveLength(2);
    expect(await forgotten(edge)).toEqual([subjects[0]]);
  }
}, 30_000);

/** An edge to which an earlier visit at `full` has sent one event. */
async function afterSharing() {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { ...full, namespace });
  await first.recommender.sync();
  first.recommender.track("like", "item-5");
  await until(() => edge.received.length === 1);
  await first.recommender.close();
  return { edge, namespace };
}

test("who says no before anything was asked for takes back what an earlier visit has uploaded", async () => {
  const { edge, namespace } = await afterSharing();
  const later = open(edge, { namespace });
  await later.recommender.setConsent("denied");
  await until(() => edge.forgotten.length === 1);
  expect(await forgotten(edge)).toEqual(subjectsOf(edge));
  expect(await inDatabase(namespace, () => Promise.resolve(true))).toBeUndefined();
});

test("who asks for more than before takes nothing back of what an earlier visit has uploaded", async () => {
  const { edge, namespace } = await afterSharing();
  const later = open(edge, { publicKey: "key-1", namespace });
  await later.recommender.setConsent("local");
  await later.recommender.setConsent("full");
  later.recommender.track("like", "item-6");
  await until(() => edge.received.length === 2);
  expect(edge.forgotten).toEqual([]);
  expect(subjectsOf(edge)).toHaveLength(1);
});

test("who shares after an erasure does so under an id that is kept, so that a later erasure takes it back", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { consent: "local", publicKey: "key-1", namespace });
  await first.recommender.sync();
  first.recommender.track("like", "item-5");
  await first.recommender.erase();
  await first.recommender.setConsent("full");
  first.recommender.track("like", "item-6");
  await until(() => edge.received.length === 1);
  first.recommender.track("like", "item-7");
  await until(() => edge.received.length === 2);
  await first.recommender.close();
  expect(subjectsOf(edge)).toHaveLength(1);
  expect(await open(edge, { namespace }).recommender.erase()).toEqual({ local: "erased", remote: "sent" });
  expect(await forgotten(edge)).toEqual(subjectsOf(edge));
});

/** A database that another tab holds open in an older version, with a secret in it. */
async function heldDatabase(namespace: string, token: Uint8Array): Promise<IDBPDatabase> {
  const db = await openDB(databaseName(namespace), 1, {
    upgrade(made) {
      for (const name of ["events", "outbox"]) made.createObjectStore(name, { keyPath: "id" });
      made.createObjectStore("files", { keyPath: "sha256" });
      made.createObjectStore("state");
    },
  });
  await db.put("state", token, "token");
  return db;
}

/** Longer than the store waits for a database to open. */
const BEYOND_LIMIT_MS = 2_500;

test("an erasure that waits for a database which opens late still has the edge delete what was uploaded", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const other = await heldDatabase(namespace, token);
  const { recommender } = open(edge, { namespace });
  const erased = recommender.erase();
  await pause(BEYOND_LIMIT_MS);
  other.close();
  expect(await erased).toEqual({ local: "erased", remote: "sent" });
  expect(await forgotten(edge)).toEqual([await subjectOf(token, sha256)]);
}, 20_000);

test("what only full may hold is deleted also where the database opens late", async () => {
  const namespace = freshNamespace();
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const other = await heldDatabase(namespace, token);
  opened = createStore(namespace, { onError() {}, onErased() {} });
  expect(await opened.state("token")).toBeUndefined();
  const dropped = opened.dropUploads();
  other.close();
  await dropped;
  expect(await inDatabase(namespace, (db) => db.get("state", "token"))).toBeUndefined();
});

test("a sync that is under way does not bring back an erased profile", async () => {
  for (let wait = 0; wait < 12; wait++) {
    const { recommender } = open(testEdge(release), { consent: "local" });
    await recommender.sync();
    for (let i = 0; i < 200; i++) recommender.track("like", `item-${i}`);
    expect((await recommender.profile.get()).events).toBe(200);
    const syncing = recommender.sync();
    await pause(wait);
    expect(await recommender.erase()).toEqual({ local: "erased", remote: "none" });
    await syncing;
    expect((await recommender.profile.get()).events).toBe(0);
    await recommender.close();
  }
}, 30_000);

test("what happened just before close is stored", async () => {
  for (let run = 0; run < 10; run++) {
    const { recommender, namespace } = open(testEdge(release), { consent: "local" });
    await recommender.sync();
    for (let i = 0; i < 200; i++) recommender.track("like", `item-${i}`);
    await recommender.close();
    expect(await inDatabase(namespace, (db) => db.count("events"))).toBe(200);
    await new Promise((resolve) => (indexedDB.deleteDatabase(databaseName(namespace)).onsuccess = resolve));
  }
}, 30_000);

test("a worker that never answers does not hold up close", async () => {
  const script = URL.createObjectURL(new Blob([`postMessage("ready");`], { type: "text/javascript" }));
  const { recommender } = open(testEdge(release), { worker: () => new Worker(script) });
  recommender.track("like", "item-5");
  await recommender.close();
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({ error: { code: "closed" } });
}, 8_000);
