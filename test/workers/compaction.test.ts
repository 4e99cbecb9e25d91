import { evictAllDurableObjects, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { EdgeEnv, LogKeeper } from "../../edge/index.ts";
import { encodePart } from "../../edge/events/event-parts.ts";
import { logKeeper, PASS_AFTER_MS } from "../../edge/events/log-keeper.ts";
import { storeEvents } from "../../edge/events/store-events.ts";
import { toBase64url } from "../../shared/base64url.ts";
import { parseCompactStep } from "../../shared/event-log.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { loggedParts, post, publisher, runAlarms } from "./edge.ts";
import { HEAD, likes, loggedLikes, person } from "./people.ts";
import type { Person } from "./people.ts";

beforeEach(reset);

const [me, other, third] = await Promise.all([person(1), person(2), person(3)]);

async function forget({ token }: Person): Promise<void> {
  expect((await post("/v1/forget", { token: toBase64url(token) })).status).toBe(202);
}

/** Asks for steps until nothing is left to do. */
async function compact() {
  const sum = { requests: 0, parts: 0, changed: 0, events: 0, damaged: 0 };
  for (let i = 0; i < 100; i++) {
    const answer = await publisher(ROUTES.compactLogs(), { method: "POST" });
    expect(answer.status).toBe(200);
    const step = parseCompactStep(await answer.json());
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += step[name];
    if (step.done) return sum;
  }
  throw new Error("The compaction does not end.");
}

async function write(subject: string | undefined, count: number) {
  const events = loggedLikes(count, { subject });
  await storeEvents(env.EVENT_STORE, events);
  await runAlarms();
  return events.map(({ id }) => id);
}

async function loggedIds(): Promise<string[]> {
  return [...(await loggedParts()).values()]
    .flat()
    .map(({ id }) => id)
    .sort();
}

async function keysUnder(prefix: string): Promise<string[]> {
  return (await env.BUCKET.list({ prefix })).objects.map(({ key }) => key);
}

/** A keeper whose bucket is `change`d, inside its object. */
async function withBucket(change: (whole: R2Bucket) => R2Bucket, task: (keeper: LogKeeper) => Promise<void>) {
  await runInDurableObject(logKeeper(env.LOG_KEEPER), async (keeper) => {
    const inner = keeper as unknown as { env: EdgeEnv };
    const whole = inner.env;
    inner.env = { ...whole, BUCKET: change(whole.BUCKET) };
    await task(keeper).finally(() => (inner.env = whole));
  });
}

/** As the bucket is, but for one method. */
function bucketWith(whole: R2Bucket, changed: Partial<Record<keyof R2Bucket, unknown>>): R2Bucket {
  return new Proxy(whole, {
    get: (target, name) =>
      (changed as Record<PropertyKey, unknown>)[name] ??
      (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
  });
}

describe("a compaction", () => {
  test("deletes the events of the forgotten from every part, and nothing of anybody else", async () => {
    const kept = [...(await write(other.subject, 40)), ...(await write(undefined, 5))];
    const both = loggedLikes(40, { subject: me.subject });
    const mixed = loggedLikes(40, { subject: other.subject });
    await storeEvents(env.EVENT_STORE, [...both, ...mixed]);
    await runAlarms();
    await forget(me);
    expect(await loggedIds()).toHaveLength(125);
    expect(await compact()).toMatchObject({ requests: 1, events: 40, damaged: 0 });
    expect(await loggedIds()).toEqual([...kept, ...mixed.map(({ id }) => id)].sort());
    expect(await keysUnder("forgotten/")).toEqual([]);
    for (const part of (await loggedParts()).values()) expect(JSON.stringify(part)).not.toContain(me.subject);
  });

  test("leaves what it does not change as it was, to the byte and the hash", async () => {
    await write(other.subject, 40);
    const before = (await env.BUCKET.list({ prefix: "events/" })).objects.map(({ key, version }) => [key, version]);
    await write(me.subject, 3);
    await forget(me);
    await compact();
    const after = (await env.BUCKET.list({ prefix: "events/" })).objects.map(({ key, version }) => [key, version]);
    expect(after).toEqual(before);
  });

  test("with nothing to do is done at once, and wakes nobody", async () => {
    await write(other.subject, 5);
    expect(await compact()).toEqual({ requests: 0, parts: 0, changed: 0, events: 0, damaged: 0 });
    expect(await runDurableObjectAlarm(logKeeper(env.LOG_KEEPER))).toBe(false);
  });

  test("begins by itself, within an hour of the request", async () => {
    await write(me.subject, 20);
    const [id] = await write(other.subject, 1);
    await forget(me);
    await runInDurableObject(logKeeper(env.LOG_KEEPER), async (_, state) => {
      const alarm = (await state.storage.getAlarm())!;
      expect(Math.abs(alarm - Date.now() - PASS_AFTER_MS)).toBeLessThan(10_000);
    });
    // Later requests do not put it off.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + PASS_AFTER_MS / 2 });
    await forget(third);
    vi.useRealTimers();
    await runInDurableObject(logKeeper(env.LOG_KEEPER), async (_, state) => {
      expect((await state.storage.getAlarm())! - Date.now()).toBeLessThan(PASS_AFTER_MS + 10_000);
    });
    while (await runDurableObjectAlarm(logKeeper(env.LOG_KEEPER)));
    expect(await loggedIds()).toEqual([id]);
    expect(await keysUnder("forgotten/")).toEqual([]);
  });

  test("that was killed after any of its calls to the bucket is finished by the next, and doubles nothing", async () => {
    for (let dieAt = 0; dieAt < 40; dieAt++) {
      await reset();
      const kept = [...(await write(other.subject, 12)), ...(await write(third.subject, 12))];
      await write(me.subject, 12);
      const mixed = [...loggedLikes(8, { subject: me.subject }), ...loggedLikes(8, { subject: other.subject })];
      await storeEvents(env.EVENT_STORE, mixed);
      await runAlarms();
      await forget(me);
      let calls = 0;
      let died = false;
      const dying = (whole: R2Bucket, name: "put" | "get" | "list" | "delete") => {
        return async (...args: unknown[]) => {
          const result = await (whole[name] as (...all: unknown[]) => Promise<unknown>).call(whole, ...args);
          if (died || calls++ === dieAt) {
            died = true;
            throw new Error("killed");
          }
          return result;
        };
      };
      await withBucket(
        (whole) =>
          bucketWith(whole, {
            put: dying(whole, "put"),
            get: dying(whole, "get"),
            list: dying(whole, "list"),
            delete: dying(whole, "delete"),
          }),
        async (keeper) => {
          for (let i = 0; i < 10 && !died; i++) await keeper.compact().catch(() => undefined);
        },
      );
      await evictAllDurableObjects();
      await compact();
      const expected = [...kept, ...mixed.slice(8).map(({ id }) => id)].sort();
      expect(await loggedIds(), `killed at call ${dieAt}`).toEqual(expected);
      expect(await keysUnder("forgotten/")).toEqual([]);
      if (!died) return expect(dieAt).toBeGreaterThan(10);
    }
    throw new Error("It was killed at every call, so none was the last.");
  }, 60_000);

  test("does not lose what a part gained while it was read", async () => {
    const key = "events/dt=2026-06-01/hour=00/0badcafe-000000000001.ndjson.gz";
    const lines = (events: object[]) => events.map((event) => JSON.stringify(event));
    const mine = loggedLikes(2, { subject: me.subject });
    const theirs = loggedLikes(3, { subject: other.subject });
    await env.BUCKET.put(key, await encodePart({ lines: lines([...mine, theirs[0]]) }));
    await forget(me);
    let reads = 0;
    await withBucket(
      (whole) =>
        bucketWith(whole, {
          get: async (asked: string) => {
            const object = await whole.get(asked);
            // Somebody writes it between the read and the write.
            if (asked === key && reads++ === 0) {
              await whole.put(key, await encodePart({ lines: lines([...mine, ...theirs]) }));
            }
            return object;
          },
        }),
      async (keeper) => {
        while (!(await keeper.compact()).done);
      },
    );
    expect(await loggedIds()).toEqual(theirs.map(({ id }) => id).sort());
  });

  test("is not kept from the rest by a part that cannot be read, and says so", async () => {
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.BUCKET.put("events/dt=2026-06-01/hour=00/0badcafe-000000000001.ndjson.gz", "not gzip");
    await env.BUCKET.put("events/readme.txt", "not a part");
    await write(me.subject, 12);
    await forget(me);
    expect(await compact()).toMatchObject({ requests: 1, events: 12, damaged: 1 });
    expect(silent).toHaveBeenCalled();
    silent.mockRestore();
    expect(await keysUnder("events/")).toHaveLength(2);
  });

  test("goes on after a failure of the bucket, by itself", async () => {
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await write(me.subject, 12);
    await forget(me);
    await withBucket(
      (whole) => bucketWith(whole, { list: () => Promise.reject(new Error("away")) }),
      async (keeper) => {
        await (keeper as unknown as { ctx: DurableObjectState }).ctx.storage.deleteAlarm();
        await keeper.alarm();
      },
    );
    silent.mockRestore();
    while (await runDurableObjectAlarm(logKeeper(env.LOG_KEEPER)));
    expect(await loggedIds()).toEqual([]);
  });

  test("takes dead letters of the forgotten along", async () => {
    for (const [name, subject] of Object.entries({ mine: me.subject, theirs: other.subject })) {
      const { v: _v, key: _key, ...context } = HEAD;
      const message = { v: 1, head: { ...context, subject }, received: 1, events: likes(3) };
      await env.BUCKET.put(`dead/dt=2026-06-01/${name}.json`, JSON.stringify({ reason: "x", events: 3, message }));
    }
    await forget(me);
    expect(await compact()).toMatchObject({ requests: 1, events: 3 });
    expect(await keysUnder("dead/")).toEqual(["dead/dt=2026-06-01/theirs.json"]);
  });

  test("serves every request that waits, also more than one pass takes", async () => {
    const people = await Promise.all(Array.from({ length: 1_010 }, (_, i) => person(i)));
    const subjects = [...new Set(people.map(({ subject }) => subject))];
    const fakes = Array.from({ length: 1_010 - subjects.length }, (_, i) => `${"A".repeat(20)}${letters(i)}`);
    for (const subject of [...subjects, ...fakes]) {
      await env.BUCKET.put(`forgotten/dt=2026-06-01/${subject}.json`, "{}");
    }
    await write(me.subject, 4);
    const late = (await keysUnder("forgotten/")).length;
    expect(late).toBe(1_000); // one listing shows no more
    expect(await compact()).toMatchObject({ requests: 1_010, events: 4 });
    expect(await loggedIds()).toEqual([]);
  }, 60_000);
});

describe("a part", () => {
  test("never gains a row once it is in the bucket, however the store dies", async () => {
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    const [first, second] = [loggedLikes(5, { subject: "a" }), loggedLikes(5, { subject: "b" })];
    await stub.insert(first);
    await runInDurableObject(stub, async (store) => {
      const inner = store as unknown as { env: EdgeEnv };
      const whole = inner.env;
      const put = async (...args: Parameters<R2Bucket["put"]>) => {
        await whole.BUCKET.put(...args);
        throw new Error("killed");
      };
      inner.env = { ...whole, BUCKET: { put } as unknown as R2Bucket };
      await expect(store.flush()).rejects.toThrow("killed");
      inner.env = whole;
    });
    await evictAllDurableObjects();
    await stub.insert(second);
    await runInDurableObject(stub, (store) => store.flush());
    const parts = [...(await loggedParts()).values()].map((events) => events.map(({ subject }) => subject));
    expect(parts).toEqual([Array(5).fill("a"), Array(5).fill("b")]);
  });

  test("that is being written when its subject is forgotten is in the bucket before the shard says it knows", async () => {
    const stub = env.EVENT_STORE.get(env.EVENT_STORE.idFromName("one shard"));
    await stub.insert(loggedLikes(1, { subject: me.subject }));
    const order: string[] = [];
    await runInDurableObject(stub, async (store) => {
      const inner = store as unknown as { env: EdgeEnv };
      const whole = inner.env;
      const put = async (...args: Parameters<R2Bucket["put"]>) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await whole.BUCKET.put(...args);
        order.push("written");
      };
      inner.env = { ...whole, BUCKET: { put } as unknown as R2Bucket };
      const flushed = store.flush();
      await store.forget([{ subject: me.subject, at: Date.now() }]);
      order.push("forgotten");
      await flushed;
      inner.env = whole;
    });
    expect(order).toEqual(["written", "forgotten"]);
  });
});

test("any sequence of writing, forgetting, compacting and dying ends with nobody's events but those of the rest", async () => {
  const people = [me, other, third];
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), who: fc.nat(2), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant("forget" as const), who: fc.nat(2) }),
    fc.record({ do: fc.constantFrom("flush" as const, "step" as const, "die" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await reset();
      const expected = new Map<string, number>();
      const forgotten = new Set<number>();
      for (const each of steps) {
        if (each.do === "write") {
          const events = loggedLikes(each.count, { subject: people[each.who].subject });
          await storeEvents(env.EVENT_STORE, events);
          if (!forgotten.has(each.who)) for (const { id } of events) expected.set(id, each.who);
        } else if (each.do === "forget") {
          await forget(people[each.who]);
          forgotten.add(each.who);
          for (const [id, who] of expected) if (who === each.who) expected.delete(id);
        } else if (each.do === "flush") await runAlarms();
        else if (each.do === "step") await publisher(ROUTES.compactLogs(), { method: "POST" });
        else await evictAllDurableObjects();
      }
      await runAlarms();
      await compact();
      expect(await loggedIds()).toEqual([...expected.keys()].sort());
    }),
    { numRuns: 25 },
  );
}, 120_000);

function letters(number: number): string {
  return number
    .toString(32)
    .padStart(6, "0")
    .replace(/[0-9a-v]/g, (digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(digit, 32)]);
}
