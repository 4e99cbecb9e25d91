/** Sending events over a real store, with an edge that does what a test wants of it. */
import { afterEach, expect, test, vi } from "vitest";
import { openDB } from "idb";
import { createStore } from "../../client-sdk/storage/store.ts";
import type { Store } from "../../client-sdk/storage/store.ts";
import type { OutboxEvent } from "../../client-sdk/storage/schema.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { createIdentity } from "../../client-sdk/sync/identity.ts";
import { createSend } from "../../client-sdk/sync/http.ts";
import { createUploads, MAX_WAITING } from "../../client-sdk/sync/uploads.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { EVENT_LIMITS, parseEnvelope } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded } from "../harness/small-release.ts";
import { freshNamespace, until } from "./open.ts";

const nextId = createUlid(Date.now, seeded(1));

function waiting(more: Partial<OutboxEvent> = {}, event: Partial<Event> = {}): OutboxEvent {
  const id = nextId();
  const base = { id, type: "like", item: "item-1", at: Date.now(), ...event } as Event;
  return { id, event: base, release: "r", surface: "home", utcOffsetMinutes: 0, ...more };
}

const opened: { store: Store; stop(): void }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const { store, stop } of opened.splice(0)) {
    stop();
    await store.erase();
    await store.close();
  }
});

type Answer = (body: string, signal: AbortSignal) => Response | Promise<Response>;

/** @param answer undefined: takes everything */
function start(answer: Answer = (body) => taken(body)) {
  const namespace = freshNamespace();
  const store = createStore(namespace, { onError: (error) => expect.fail(error.message), onErased() {} });
  const device = { allowed: true };
  const bodies: string[] = [];
  const done: string[] = [];
  const errors: NearfeedError[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (_url, init) => {
    const body = init!.body as string;
    bodies.push(body);
    return answer(body, init!.signal!);
  });
  const identity = createIdentity({ store: () => store, allowed: () => true, changed() {} });
  const uploads = createUploads({
    endpoint: "http://edge.test",
    publicKey: "key-1",
    language: null,
    region: null,
    send: createSend(),
    store: () => store,
    identity,
    allowed: () => device.allowed,
    random: seeded(2),
    done: (ids) => done.push(...ids),
    report: (error) => errors.push(error as NearfeedError),
  });
  opened.push({ store, stop: uploads.stop });
  const envelopes = () => bodies.map((body) => parseEnvelope(JSON.parse(body), { now: Date.now() }));
  return { namespace, store, uploads, device, bodies, envelopes, done, errors };
}

function taken(body: string, refused: readonly string[] = []): Response {
  const { events } = JSON.parse(body) as { events: { id: string }[] };
  const error = { code: "too_old", message: "too old" };
  const verdicts = events.map(({ id }, index) =>
    refused.includes(id) ? { index, id, accepted: false, error } : { index, id, accepted: true },
  );
  return new Response(JSON.stringify({ accepted: 0, refused: 0, verdicts }), { status: 202 });
}

function later(status = 503, headers: HeadersInit = {}): Response {
  const error = { code: "unavailable", message: "later" };
  return new Response(JSON.stringify({ error }), { status, headers });
}

test("events of several lists go out in an envelope each, every one once, and are told to be done", async () => {
  const { store, uploads, envelopes, done } = start();
  const events = Array.from({ length: 40 }, (_, i) =>
    waiting({
      surface: i % 2 ? "home" : "side",
      release: i % 4 < 2 ? "r1" : "r2",
      utcOffsetMinutes: i < 30 ? 60 : 120,
    }),
  );
  await store.putEvents([], events);
  uploads.wake();
  await until(() => done.length === 40);
  expect(done.sort()).toEqual(events.map(({ id }) => id).sort());
  const sent = envelopes().flatMap(({ head, events: of }) => of.map(({ id }) => ({ id, ...head })));
  expect(sent).toHaveLength(40);
  for (const { id, surface, release, utcOffsetMinutes } of events) {
    expect(sent.find((each) => each.id === id)).toMatchObject({ surface, release, utcOffsetMinutes });
  }
  expect(await store.outbox()).toEqual([]);
});

test("envelopes stay below the limits of the edge, in events and in bytes", async () => {
  const { store, uploads, bodies, envelopes, done } = start();
  const long = "ü".repeat(128);
  const events = Array.from({ length: 1_200 }, () => waiting({}, { item: long, list: long }));
  await store.putEvents([], events);
  uploads.flush();
  await until(() => done.length === 1_200);
  for (const body of bodies) expect(new Blob([body]).size).toBeLessThanOrEqual(EVENT_LIMITS.bodyBytes);
  for (const { events: of } of envelopes()) expect(of.length).toBeLessThanOrEqual(EVENT_LIMITS.events);
  expect(
    envelopes()
      .flatMap(({ events: of }) => of.map(({ id }) => id))
      .sort(),
  ).toEqual(done.sort());
});

test("a tab that may not send leaves everything where it is, and sends it as soon as it may", async () => {
  const { store, uploads, device, bodies, done } = start();
  device.allowed = false;
  await store.putEvents([], [waiting()]);
  uploads.wake();
  uploads.flush();
  uploads.reachable();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([bodies, (await store.outbox()).length]).toEqual([[], 1]);
  device.allowed = true;
  uploads.flush();
  await until(() => done.length === 1);
});

test("a request that is under way when it is forgotten is called off, and reported by nobody", async () => {
  let aborted = false;
  const { store, uploads, bodies, done, errors } = start(
    (_body, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      }),
  );
  await store.putEvents([], [waiting()]);
  uploads.flush();
  await until(() => bodies.length === 1);
  uploads.forget();
  await until(() => aborted);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([errors, done]).toEqual([[], []]);
});

test("after a refusal nothing is sent before the edge wants it, and then everything", async () => {
  let up = false;
  const { store, uploads, bodies, done, errors } = start((body) =>
    up ? taken(body) : later(503, { "Retry-After": "1" }),
  );
  await store.putEvents([], [waiting()]);
  const startedAt = performance.now();
  uploads.flush();
  await until(() => errors.length === 1);
  expect(errors[0]).toMatchObject({ code: "unavailable" });
  up = true;
  uploads.flush();
  uploads.wake();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(bodies).toHaveLength(1);
  await until(() => done.length === 1);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
});

test("when the edge can be reached again, what waits is not waited for", async () => {
  let up = false;
  const { store, uploads, done, errors } = start((body) => {
    if (!up) throw new TypeError("offline");
    return taken(body);
  });
  await store.putEvents([], [waiting()]);
  uploads.flush();
  await until(() => errors.length === 1);
  up = true;
  const startedAt = performance.now();
  uploads.reachable();
  await until(() => done.length === 1);
  expect(performance.now() - startedAt).toBeLessThan(900);
});

test("an event that is refused by itself is done with, and the others are not held up by it", async () => {
  const bad = waiting();
  const { store, uploads, done, errors } = start((body) => taken(body, [bad.id]));
  await store.putEvents([], [bad, waiting(), waiting()]);
  uploads.flush();
  await until(() => done.length === 3);
  expect(errors.map(({ code }) => code)).toEqual(["too_old"]);
});

test("what the store could not take is sent from memory", async () => {
  const { uploads, done } = start();
  const event = waiting();
  uploads.wake([event]);
  uploads.flush();
  await until(() => done.includes(event.id));
});

test("more than the device keeps: the oldest impressions are dropped, counted and reported once", async () => {
  const { store, namespace, uploads, done, errors } = start(() => later());
  const likes = Array.from({ length: 100 }, () => waiting());
  const seen = Array.from({ length: MAX_WAITING }, () => waiting({}, { type: "impression" }));
  await store.putEvents([], [...likes, ...seen]);
  uploads.flush();
  await until(() => errors.length === 2);
  expect(errors.map(({ code }) => code)).toEqual(["outbox_full", "unavailable"]);
  expect(errors[0]!.message).toContain("100");
  const db = await openDB(databaseName(namespace));
  const left = (await db.getAllKeys("outbox")) as string[];
  db.close();
  expect(left).toHaveLength(MAX_WAITING);
  expect(left).toEqual(expect.arrayContaining(likes.map(({ id }) => id)));
  expect(left.slice(100)).toEqual(seen.slice(100).map(({ id }) => id));
  await store.putEvents([], [waiting()]);
  uploads.reachable();
  await until(() => errors.length === 3);
  expect(errors[2]!.code).toBe("unavailable");
  expect(done).toEqual([]);
}, 30_000);

test("once stopped it sends nothing any more", async () => {
  const { store, uploads, bodies } = start();
  await store.putEvents([], [waiting()]);
  uploads.wake();
  uploads.stop();
  uploads.flush();
  uploads.wake();
  await new Promise((resolve) => setTimeout(resolve, 2_300));
  expect(bodies).toEqual([]);
});
