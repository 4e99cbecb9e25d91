import { evictAllDurableObjects, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { EdgeEnv, EventMessage } from "../../edge/index.ts";
import { splitIntoMessages } from "../../edge/events/event-message.ts";
import { storeEvents } from "../../edge/events/store-events.ts";
import { EVENT_LIMITS, parseEnvelope } from "../../shared/event.ts";
import type { Event } from "../../shared/event.ts";
import type { EventsAnswer } from "../../shared/protocol.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded } from "../harness/small-release.ts";
import { call, eventStores, expectError, knownEvents, loggedParts, post, postDirect, runAlarms } from "./edge.ts";

beforeEach(reset);

const head = { v: 1, key: "dev", release: "r", surface: "home" } as const;
const ulid = createUlid(() => Date.now(), seeded(1));

function likes(count: number): Event[] {
  return Array.from({ length: count }, (_, i) => ({ id: ulid(), type: "like", item: `item-${i}`, at: Date.now() }));
}

async function loggedIds(): Promise<string[]> {
  return [...(await loggedParts()).values()].flat().map(({ id }) => id);
}

describe("an accepted event", () => {
  test("is in the bucket once the queue drains, and once only however often it was sent", async () => {
    const events = likes(40);
    for (let i = 0; i < 3; i++) {
      const answer = await post("/v1/events", { ...head, subject: "s1", language: "de", utcOffsetMinutes: 60, events });
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({ accepted: 40, refused: 0 });
    }
    await vi.waitUntil(async () => (await knownEvents()) === 40, { timeout: 10_000, interval: 50 });
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // the repetitions drain too
    expect(await knownEvents()).toBe(40);
    await runAlarms();
    const logged = [...(await loggedParts()).values()].flat();
    expect(logged.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
    expect(logged[0]).toMatchObject({
      type: "like",
      release: "r",
      surface: "home",
      subject: "s1",
      utcOffsetMinutes: 60,
    });
    expect(logged[0]).not.toHaveProperty("key");
    expect(Math.abs(logged[0].received - Date.now())).toBeLessThan(60_000);
  });

  test("lies in a part of its receipt hour", async () => {
    await postDirect("/v1/events", { ...head, events: likes(3) });
    await runAlarms();
    const now = new Date().toISOString();
    for (const key of (await loggedParts()).keys()) {
      expect(key).toMatch(/^events\/dt=\d{4}-\d\d-\d\d\/hour=\d\d\/[0-9a-f]{8}-\d{12}\.ndjson\.gz$/);
      expect(key).toContain(`dt=${now.slice(0, 10)}/`);
    }
  });

  test("is written by the store's own alarm, without anybody asking", async () => {
    await postDirect("/v1/events", { ...head, events: likes(2) });
    await vi.waitUntil(async () => (await loggedIds()).length === 2, { timeout: 15_000, interval: 250 });
  }, 20_000);

  test("without a queue is durable before the answer", async () => {
    const events = likes(20);
    expect((await postDirect("/v1/events", { ...head, events })).status).toBe(202);
    expect(await knownEvents()).toBe(20);
  });

  test("keeps every field of its kind", async () => {
    const at = Date.now();
    const base = { item: "i", at, list: "l", position: 3 };
    const events: Event[] = [
      {
        ...base,
        id: ulid(),
        type: "impression",
        sources: ["nearest", "explore"],
        policy: "p",
        explored: true,
        propensity: 0.25,
      },
      { ...base, id: ulid(), type: "view", dwellMs: 1200.5, fraction: 0.5 },
      { ...base, id: ulid(), type: "rating", value: 4.5 },
      { ...base, id: ulid(), type: "undo", event: ulid() },
    ];
    await postDirect("/v1/events", { ...head, events });
    await runAlarms();
    const logged = [...(await loggedParts()).values()].flat();
    for (const event of events) expect(logged).toContainEqual(expect.objectContaining(event));
  });
});

describe("verdicts", () => {
  test("are given for each event: a bad one does not refuse the others", async () => {
    const [good, ...rest] = likes(4);
    const events: unknown[] = [
      good,
      { ...rest[0], type: "adore" },
      { ...rest[1], at: Date.now() - EVENT_LIMITS.maxAgeMs - 60_000 },
      { ...rest[2], type: "view" },
      { ...rest[2], item: "x".repeat(129) },
      { ...rest[2], extra: 1 },
      "no event",
      null,
    ];
    const answer = await postDirect("/v1/events", { ...head, events });
    expect(answer.status).toBe(202);
    const { accepted, refused, verdicts } = await answer.json<EventsAnswer>();
    expect({ accepted, refused }).toEqual({ accepted: 1, refused: 7 });
    expect(verdicts[0]).toEqual({ index: 0, id: good.id, accepted: true });
    const errors = verdicts.slice(1).map((each) => (each.accepted ? null : [each.error.code, each.error.path]));
    expect(errors).toEqual([
      ["bad_value", "events[1].type"],
      ["too_old", "events[2].at"],
      ["missing_field", "events[3].dwellMs"],
      ["id_too_long", "events[4].item"],
      ["unknown_field", "events[5].extra"],
      ["wrong_type", "events[6]"],
      ["wrong_type", "events[7]"],
    ]);
    expect(await knownEvents()).toBe(1);
  });
});

describe("a bad envelope is refused whole", () => {
  const good = { ...head, events: [] };
  test.each([
    ["another version", { ...good, v: 2 }, 400, "wrong_version", "v"],
    ["a wrong key", { ...good, key: "other" }, 401, "bad_key", "key"],
    ["no surface", { ...good, surface: undefined }, 400, "missing_field", "surface"],
    ["no events", { ...good, events: undefined }, 400, "missing_field", "events"],
    ["events that are no list", { ...good, events: {} }, 400, "wrong_type", "events"],
    ["an unknown field", { ...good, userId: 1 }, 400, "unknown_field", "userId"],
    ["a subject that is too long", { ...good, subject: "s".repeat(129) }, 400, "id_too_long", "subject"],
    ["an impossible offset", { ...good, utcOffsetMinutes: 1_000 }, 400, "bad_value", "utcOffsetMinutes"],
    ["too many events", { ...good, events: Array(501).fill(0) }, 400, "too_many", "events"],
    ["no object", [], 400, "wrong_type", undefined],
  ])("with %s", async (_, body, status, code, path) => {
    expect(await expectError(await post("/v1/events", body), status, code)).toBe(path);
  });

  test.each([
    ["that is not JSON", "{", 400, "bad_json"],
    ["that is empty", "", 400, "bad_json"],
    ["that is too large", JSON.stringify({ ...good, pad: "x".repeat(EVENT_LIMITS.bodyBytes) }), 413, "too_large"],
  ])("%s", async (_, body, status, code) => {
    await expectError(await post("/v1/events", body), status, code);
  });

  test("that is not UTF-8", async () => {
    const body = new Uint8Array([...new TextEncoder().encode('{"v":1,"key":"'), 0xc3, 0x28, 0x22, 0x7d]);
    await expectError(await call("/v1/events", { method: "POST", body }), 400, "bad_json");
  });
});

describe("the queue", () => {
  test("gets messages of at most 120 kB that hold every event once", () => {
    const long = "ü".repeat(128);
    const events = likes(500).map((event, i): Event => ({ ...event, item: `${i}${long}`.slice(0, 128), list: long }));
    const body = JSON.stringify({ ...head, events });
    expect(new TextEncoder().encode(body).length).toBeGreaterThan(250_000);
    const parsed = parseEnvelope(JSON.parse(body), { now: Date.now() });
    const messages = splitIntoMessages(parsed.head, parsed.events, Date.now());
    expect(messages.length).toBeGreaterThan(1);
    for (const message of messages) {
      expect(new TextEncoder().encode(JSON.stringify(message)).length).toBeLessThanOrEqual(120_000);
      expect(message.events.length).toBeGreaterThan(0);
    }
    expect(messages.flatMap((message) => message.events)).toEqual(parsed.events);
    expect(splitIntoMessages(parsed.head, [], Date.now())).toEqual([]);
  });

  test("that refuses makes the caller come again: 503 with Retry-After, and nothing is lost", async () => {
    const EVENT_QUEUE = { send: () => Promise.reject(new Error("full")) } as unknown as Queue<EventMessage>;
    const events = likes(2);
    const refused = await postDirect("/v1/events", { ...head, events }, { bindings: { EVENT_QUEUE } });
    expect(refused.headers.get("Retry-After")).toMatch(/^\d+$/);
    await expectError(refused, 503, "unavailable");
    expect((await postDirect("/v1/events", { ...head, events })).status).toBe(202);
    expect(await knownEvents()).toBe(2);
  });
});

describe("the store", () => {
  const logged = (events: Event[], received = Date.now()) =>
    events.map((event) => ({ ...event, release: "r", surface: "s", received }));

  test("does not double what it wrote when it dies between the write and the mark", async () => {
    const first = likes(60);
    await storeEvents(env.EVENT_STORE, logged(first));
    for (const stub of await eventStores()) {
      // The bucket has the part, the table does not know it.
      await runInDurableObject(stub, async (store, state) => {
        const before = state.storage.sql.exec("SELECT sequence, body FROM events").toArray();
        await store.flush();
        for (const { sequence, body } of before) {
          state.storage.sql.exec("UPDATE events SET body = ? WHERE sequence = ?", body, sequence);
        }
      });
    }
    await evictAllDurableObjects();
    const more = likes(20);
    await storeEvents(env.EVENT_STORE, logged(more));
    await runAlarms();
    const ids = await loggedIds();
    expect(ids.length).toBe(80);
    expect(new Set(ids)).toEqual(new Set([...first, ...more].map(({ id }) => id)));
  });

  test("keeps what the bucket refused and writes it later", async () => {
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    await stub.insert(logged(likes(5)));
    await runInDurableObject(stub, async (store, state) => {
      const inner = store as unknown as { env: EdgeEnv };
      const whole = inner.env;
      inner.env = { ...whole, BUCKET: { put: () => Promise.reject(new Error("away")) } as unknown as R2Bucket };
      await state.storage.deleteAlarm();
      await store.alarm();
      inner.env = whole;
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now());
    });
    expect(await loggedIds()).toEqual([]);
    await runAlarms();
    expect((await loggedIds()).length).toBe(5);
  });

  test("separates the hours of receipt", async () => {
    const noon = Date.UTC(2026, 5, 1, 12, 59, 59);
    const [stub] = [env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"))];
    const [a, b, c] = likes(3);
    await stub.insert([...logged([a], noon), ...logged([b], noon + 2_000), ...logged([c], noon)]);
    await runInDurableObject(stub, (store) => store.flush());
    const parts = await loggedParts();
    expect([...parts.keys()].map((key) => /hour=(\d\d)/.exec(key)![1]).sort()).toEqual(["12", "12", "13"]);
    expect(
      [...parts.values()]
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([a.id, b.id, c.id].sort());
  });

  test("ends a part where its text gets long, and writes the rest into the next ones, each once", async () => {
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    const events = likes(3_000);
    // Control characters are six in JSON, and every event has the words of its envelope.
    const long = { surface: "\u0001".repeat(128), release: "\u0002".repeat(128), subject: "\u0003".repeat(128) };
    for (let at = 0; at < events.length; at += 500) {
      await stub.insert(logged(events.slice(at, at + 500)).map((event) => ({ ...event, ...long })));
    }
    await runInDurableObject(stub, (store) => store.flush());
    const parts = [...(await loggedParts()).values()];
    expect(parts.length).toBeGreaterThan(1);
    for (const lines of parts) expect(JSON.stringify(lines).length).toBeLessThan(4_100_000);
    const ids = parts.flat().map(({ id }) => id);
    expect(ids.length).toBe(3_000);
    expect(new Set(ids)).toEqual(new Set(events.map(({ id }) => id)));
  });

  test("knows an id as long as an event of that age would be accepted, and forgets it then", async () => {
    const now = Date.now();
    const old = now - EVENT_LIMITS.maxAgeMs;
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    const [fresh, expired, waiting] = likes(3);
    expect(await stub.insert(logged([{ ...expired, at: old - 1_000 }], old - 1_000))).toBe(1);
    expect(await stub.insert(logged([fresh], now))).toBe(1);
    await runDurableObjectAlarm(stub);
    await runInDurableObject(stub, async (_store, state) => {
      const ids = state.storage.sql.exec<{ id: string }>("SELECT id FROM events").toArray();
      expect(ids.map(({ id }) => id)).toEqual([fresh.id]);
      expect(await state.storage.getAlarm()).toBeGreaterThan(now + 60_000);
    });
    expect(await stub.insert(logged([fresh, waiting], now))).toBe(1);
  });

  test("made anew never writes over the parts of an older one", async () => {
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    await stub.insert(logged(likes(2)));
    await runInDurableObject(stub, (store) => store.flush());
    await runInDurableObject(stub, async (_, state) => {
      await state.storage.deleteAll();
      await state.storage.deleteAlarm();
    });
    await evictAllDurableObjects();
    await stub.insert(logged(likes(2)));
    await runInDurableObject(stub, (store) => store.flush());
    expect((await loggedIds()).length).toBe(4);
  });
});
