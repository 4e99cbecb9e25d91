import { evictAllDurableObjects, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { EdgeEnv, ForgetRecord } from "../../edge/index.ts";
import { forgetSubjects, storeEvents } from "../../edge/events/store-events.ts";
import type { Event } from "../../shared/event.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { subjectOf } from "../../shared/subject.ts";
import { createUlid } from "../../shared/ulid.ts";
import { digest } from "../../edge/runtime.ts";
import { seeded } from "../harness/small-release.ts";
import { call, eventStores, expectError, knownEvents, loggedParts, post, postDirect, runAlarms } from "./edge.ts";

beforeEach(reset);

const DAY_MS = 86_400_000;
const head = { v: 1, key: "dev", release: "r", surface: "home" } as const;
const ulid = createUlid(() => Date.now(), seeded(1));
const token = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const mine = await subjectOf(token, digest);
const theirs = await subjectOf(
  token.map((byte) => byte ^ 1),
  digest,
);

function likes(count: number): Event[] {
  return Array.from({ length: count }, (_, i) => ({ id: ulid(), type: "like", item: `item-${i}`, at: Date.now() }));
}

async function loggedSubjects(): Promise<(string | undefined)[]> {
  await runAlarms();
  return [...(await loggedParts()).values()].flat().map(({ subject }) => subject);
}

async function forgotten(): Promise<Map<string, ForgetRecord>> {
  const { objects } = await env.BUCKET.list({ prefix: "forgotten/" });
  const records = objects.map(async ({ key }) => [key, await (await env.BUCKET.get(key))!.json()] as const);
  return new Map((await Promise.all(records)) as [string, ForgetRecord][]);
}

describe("a request to forget", () => {
  test("deletes what waits of the subject, and nothing of anybody else", async () => {
    await postDirect("/v1/events", { ...head, subject: mine, events: likes(30) });
    await postDirect("/v1/events", { ...head, subject: theirs, events: likes(30) });
    await postDirect("/v1/events", { ...head, events: likes(3) });
    const answer = await post("/v1/forget", { token: toBase64url(token) });
    expect([answer.status, await answer.json()]).toEqual([202, { subject: mine }]);
    for (const stub of await eventStores()) {
      await runInDurableObject(stub, (_, state) => {
        const bodies = state.storage.sql.exec<{ body: string }>("SELECT body FROM events").toArray();
        expect(bodies.length).toBeGreaterThan(0);
        for (const { body } of bodies) expect(body).not.toContain(mine);
      });
    }
    const subjects = await loggedSubjects();
    expect(subjects.filter((each) => each === theirs)).toHaveLength(30);
    expect(subjects.filter((each) => each === undefined)).toHaveLength(3);
    expect(subjects).toHaveLength(33);
  });

  test("leaves a record that names what is to be deleted from the log, and not the token", async () => {
    const now = Date.UTC(2026, 5, 1, 23, 59);
    for (let i = 0; i < 2; i++) await postDirect("/v1/forget", { token: toBase64url(token) }, { now });
    const records = await forgotten();
    expect([...records]).toEqual([
      [`forgotten/dt=2026-06-01/${mine}.json`, { subject: mine, at: now, until: now + 30 * DAY_MS }],
    ]);
  });

  test("drops what comes of the subject for thirty days, answered as if it were kept", async () => {
    const now = Date.now();
    await postDirect("/v1/forget", { token: toBase64url(token) }, { now });
    await evictAllDurableObjects();
    const events = likes(5);
    const late = await postDirect("/v1/events", { ...head, subject: mine, events }, { now: now + 1_000 });
    expect([late.status, await late.json()]).toMatchObject([202, { accepted: 5, refused: 0 }]);
    expect(await knownEvents()).toBe(0);
    const logged = events.map((event) => ({ ...event, release: "r", surface: "s", subject: mine }));
    await storeEvents(
      env.EVENT_STORE,
      logged.map((event) => ({ ...event, received: now + 30 * DAY_MS })),
    );
    expect(await knownEvents()).toBe(0);
    await storeEvents(
      env.EVENT_STORE,
      logged.map((event) => ({ ...event, received: now + 30 * DAY_MS + 1 })),
    );
    expect(await knownEvents()).toBe(5);
  });

  test("also holds for what is still in the queue", async () => {
    await post("/v1/events", { ...head, subject: mine, events: likes(20) });
    await post("/v1/events", { ...head, subject: theirs, events: likes(20) });
    await post("/v1/forget", { token: toBase64url(token) });
    await vi.waitUntil(async () => (await loggedSubjects()).length === 20, { timeout: 10_000, interval: 100 });
    expect(new Set(await loggedSubjects())).toEqual(new Set([theirs]));
  });

  test("does not double the events of others when the store died between a write and its mark", async () => {
    const others = likes(40);
    const logged = (subject: string) => (event: Event) => ({ ...event, ...head, subject, received: Date.now() });
    // The forgotten ones come first, so that they are the first rows of every part.
    await storeEvents(env.EVENT_STORE, likes(40).map(logged(mine)));
    await storeEvents(env.EVENT_STORE, others.map(logged(theirs)));
    for (const stub of await eventStores()) {
      await runInDurableObject(stub, async (store, state) => {
        const before = state.storage.sql.exec("SELECT sequence, body FROM events").toArray();
        await store.flush();
        for (const { sequence, body } of before) {
          state.storage.sql.exec("UPDATE events SET body = ? WHERE sequence = ?", body, sequence);
        }
      });
    }
    expect([...(await loggedParts()).values()].flat()).toHaveLength(80);
    await forgetSubjects(env.EVENT_STORE, [{ subject: mine, at: Date.now() }]);
    await runAlarms();
    const ids = [...(await loggedParts()).values()].flat().map(({ id }) => id);
    expect(ids.sort()).toEqual(others.map(({ id }) => id).sort());
  });

  test("leaves no empty part where everything was of the subject", async () => {
    await postDirect("/v1/events", { ...head, subject: mine, events: likes(20) });
    await post("/v1/forget", { token: toBase64url(token) });
    await runAlarms();
    expect((await loggedParts()).size).toBe(0);
  });

  test("is not answered 202 where it could not be kept, by the bucket or by a shard", async () => {
    const BUCKET = { put: () => Promise.reject(new Error("away")) } as unknown as R2Bucket;
    const EVENT_STORE = {
      idFromName: () => "id",
      get: () => ({ forget: () => Promise.reject(new Error("away")) }),
    } as unknown as EdgeEnv["EVENT_STORE"];
    for (const broken of [{ BUCKET }, { EVENT_STORE }]) {
      const answer = await postDirect("/v1/forget", { token: toBase64url(token) }, { bindings: broken });
      expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
      await expectError(answer, 503, "unavailable");
    }
  });

  test("shows its token in no log line, whatever fails", async () => {
    const lines: string[] = [];
    const spies = (["log", "warn", "error", "info"] as const).map((kind) =>
      vi.spyOn(console, kind).mockImplementation((...line: unknown[]) => void lines.push(line.join(" "))),
    );
    const text = toBase64url(token);
    const BUCKET = { put: () => Promise.reject(new Error(`cannot put ${text} of ${mine}`)) } as unknown as R2Bucket;
    await postDirect("/v1/forget", { token: text }, { bindings: { BUCKET } });
    await postDirect("/v1/forget", { token: text });
    for (const spy of spies) spy.mockRestore();
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(text);
    expect(lines.join()).not.toContain(mine);
  });
});

describe("a bad request to forget", () => {
  const good = toBase64url(token);
  test.each([
    ["no token", {}, "missing_field", "token"],
    ["a token that is no string", { token: 7 }, "wrong_type", "token"],
    ["a token that is too short", { token: good.slice(1) }, "bad_value", "token"],
    ["a token that is too long", { token: `${good}A` }, "bad_value", "token"],
    ["padding", { token: `${good}=` }, "bad_value", "token"],
    ["the other alphabet", { token: `${good.slice(0, 42)}+` }, "bad_value", "token"],
    ["the subject in place of the token", { token: mine }, "bad_value", "token"],
    ["an unknown field", { token: good, subject: mine }, "unknown_field", "subject"],
    ["no object", [good], "wrong_type", undefined],
  ])("with %s", async (_, body, code, path) => {
    const answer = await post("/v1/forget", body);
    expect(await answer.clone().text()).not.toContain(good.slice(1, 42));
    expect(await expectError(answer, 400, code)).toBe(path);
    expect((await forgotten()).size).toBe(0);
  });

  test("that is no JSON, is too large, or comes by another method or with a query", async () => {
    await expectError(await post("/v1/forget", "{"), 400, "bad_json");
    await expectError(await post("/v1/forget", { token: "x".repeat(2_000) }), 413, "too_large");
    await expectError(await call("/v1/forget"), 405, "method_not_allowed");
    await expectError(await post("/v1/forget?now=1", { token: good }), 400, "unknown_query");
  });

  test("from a page of another origin", async () => {
    const headers = { Origin: "https://evil.example" };
    const answer = await call("/v1/forget", { method: "POST", body: JSON.stringify({ token: good }), headers });
    await expectError(answer, 403, "forbidden_origin");
    expect((await forgotten()).size).toBe(0);
  });
});
