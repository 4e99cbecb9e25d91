import { createExecutionContext, evictAllDurableObjects, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv, LoggedEvent } from "../../edge/index.ts";
import { forgetSubjects, storeEvents } from "../../edge/events/store-events.ts";
import { activeReleases, createReleaseItems } from "../../edge/catalogue/release-items.ts";
import { shardOf } from "../../edge/trending/votes.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import type { Event } from "../../shared/event.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { TrendingAnswer } from "../../shared/protocol.ts";
import { sourcesOf } from "../../shared/sources.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded, smallRelease, text } from "../harness/small-release.ts";
import { call, eventStores, expectError, goLive, ORIGIN, runAlarms } from "./edge.ts";

const small = await smallRelease({ items: 600 });
const { release } = small;
const ulid = createUlid(() => Date.now(), seeded(3));

// What fails on purpose is logged, as it should be.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
beforeEach(async () => {
  await reset();
  await goLive(small);
});

interface Seen {
  readonly items: readonly string[];
  readonly people: readonly string[];
  readonly surface?: string;
  readonly region?: string;
  readonly type?: "like" | "impression" | "dislike";
  readonly at?: number;
}

/** Everybody does the same with every item. */
function events({ items, people, surface = "home", region, type = "like", at = Date.now() }: Seen): LoggedEvent[] {
  return people.flatMap((subject) =>
    items.map((item): LoggedEvent => {
      const event: Event = { id: ulid(), type, item, at };
      return { ...event, subject, release: release.id, surface, ...(region && { region }), received: Date.now() };
    }),
  );
}

const people = (count: number): string[] => Array.from({ length: count }, (_, i) => `person-${i}`);

/** Of an edge that remembers nothing. */
async function trending(list: { surface?: string; region?: string } = {}): Promise<TrendingAnswer["items"]> {
  const edge = createEdge();
  const answer = await edge.fetch(new Request(ORIGIN + ROUTES.trending(list)), env, createExecutionContext());
  expect(answer.status).toBe(200);
  return ((await answer.json()) as TrendingAnswer).items;
}

async function stored(list: readonly LoggedEvent[]): Promise<void> {
  await storeEvents(env.EVENT_STORE, list);
  await runAlarms();
}

async function startPool(place: { region?: string } = {}, bindings: Partial<EdgeEnv> = {}) {
  const request = new Request(ORIGIN + ROUTES.start(release.id, place));
  const answer = await createEdge().fetch(request, { ...env, ...bindings }, createExecutionContext());
  expect(answer.status).toBe(200);
  const file = decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
  return file.ids.map((id, at) => ({ id, sources: sourcesOf(file.source[at]!) }));
}

describe("what trends", () => {
  test("is what most people wanted, on a surface and on all, in a region and everywhere", async () => {
    await stored([
      ...events({ items: ["item-1"], people: people(5), region: "DE" }),
      ...events({ items: ["item-2"], people: people(4), region: "US" }),
      ...events({ items: ["item-2"], people: people(4).map((id) => `${id}-b`), surface: "sidebar" }),
    ]);
    const [one, two] = [
      { item: "item-1", score: 5 },
      { item: "item-2", score: 4 },
    ];
    expect(await trending({ surface: "home" })).toEqual([one, two]);
    expect(await trending({ surface: "home", region: "DE" })).toEqual([one]);
    expect(await trending({ region: "US" })).toEqual([two]);
    expect(await trending({ surface: "sidebar" })).toEqual([two]);
    expect(await trending()).toEqual([{ item: "item-2", score: 8 }, one]);
    expect(await trending({ surface: "elsewhere", region: "JP" })).toEqual([]);
  });

  test("counts what says that somebody wanted an item, and a person once", async () => {
    const likes = events({ items: ["item-1"], people: people(3) });
    await stored([
      ...likes,
      ...events({ items: ["item-1"], people: people(3) }), // they like it again
      ...events({ items: ["item-2"], people: people(9), type: "impression" }),
      ...events({ items: ["item-2"], people: people(9), type: "dislike" }),
    ]);
    await stored(likes); // and the devices send the first likes again
    expect(await trending()).toEqual([{ item: "item-1", score: 3 }]);
  });

  test("counts an envelope without a subject once an item", async () => {
    const nobody = (received: number) =>
      events({ items: ["item-1"], people: ["x", "y"] }).map((event) => ({ ...event, subject: undefined, received }));
    const now = Date.now();
    await stored([1, 2, 3].flatMap((ago) => nobody(now - ago)));
    expect(await trending()).toEqual([{ item: "item-1", score: 3 }]);
  });

  test("has only items of the catalogue, and regions of it", async () => {
    await stored(events({ items: ["item-1", "junk", "item-600"], people: people(4), region: "XX" }));
    expect(await trending()).toEqual([{ item: "item-1", score: 4 }]);
    expect(await trending({ region: "XX" })).toEqual([]);
  });

  test("never says what one person did, nor two", async () => {
    await stored([
      ...events({ items: ["item-1"], people: people(2) }),
      ...events({ items: ["item-2"], people: people(3) }),
    ]);
    expect((await trending()).map(({ item }) => item)).toEqual(["item-2"]);
  });

  test("follows the channels: the first release counts at once, the next within ten seconds", async () => {
    await reset();
    const clock = { now: 0 };
    const items = createReleaseItems({ now: () => clock.now, of: activeReleases });
    const has = async (item: string) => (await (await items.read(env)).among([item])).has(item);
    expect(await has("item-1")).toBe(false);
    await goLive(small);
    const { hasRegion } = await items.read(env);
    const found = [await has("item-1"), await has("item-600"), hasRegion("DE"), hasRegion("XX")];
    expect(found).toEqual([true, false, true, false]);
    await goLive(await smallRelease({ items: 610, seed: 2, createdAt: 2 }), 1);
    expect(await has("item-600")).toBe(false);
    clock.now = 10_000;
    expect(await has("item-600")).toBe(true);
  });
});

describe("passing on", () => {
  /** Every call arrives, and the answer of the first `lost` of each object is lost, as when one is killed. */
  function forgetful(lost: number): EdgeEnv["TRENDING"] {
    const calls = new Map<string, number>();
    return new Proxy(env.TRENDING, {
      get(target, name) {
        if (name !== "get") return Reflect.get(target, name).bind(target) as unknown;
        return (id: DurableObjectId) => {
          const stub = target.get(id);
          return {
            count: async (...args: Parameters<typeof stub.count>) => {
              await stub.count(...args);
              const called = (calls.get(id.toString()) ?? 0) + 1;
              calls.set(id.toString(), called);
              if (called <= lost) throw new Error("killed");
            },
          };
        };
      },
    });
  }

  test("counts everything once, when it ends between the count and the mark", async () => {
    await storeEvents(env.EVENT_STORE, events({ items: ["item-1", "item-2"], people: people(20), region: "DE" }));
    for (const stub of await eventStores()) {
      await runInDurableObject(stub, async (store) => {
        const own = store as unknown as { env: EdgeEnv };
        const whole = own.env;
        own.env = { ...whole, TRENDING: forgetful(2) };
        await store.alarm();
        await store.alarm();
        own.env = whole;
      });
      expect(await waiting(stub)).toBeGreaterThan(0);
    }
    await storeEvents(env.EVENT_STORE, events({ items: ["item-2"], people: ["late"], region: "DE" }));
    await evictAllDurableObjects();
    await runAlarms();
    for (const list of [{}, { region: "DE" }, { surface: "home" }, { surface: "home", region: "DE" }]) {
      expect(await trending(list)).toEqual([
        { item: "item-2", score: 21 },
        { item: "item-1", score: 20 },
      ]);
    }
    for (const stub of await eventStores()) expect(await waiting(stub)).toBe(0);
  });

  test("takes nothing of somebody who was forgotten before", async () => {
    await storeEvents(env.EVENT_STORE, events({ items: ["item-1"], people: people(4) }));
    await forgetSubjects(env.EVENT_STORE, [{ subject: "person-0", at: Date.now() }]);
    await runAlarms();
    expect(await trending()).toEqual([{ item: "item-1", score: 3 }]);
  });

  test("does not hold up the log", async () => {
    await storeEvents(env.EVENT_STORE, events({ items: ["item-1"], people: people(40) }));
    for (const stub of await eventStores()) {
      await runInDurableObject(stub, async (store, { storage }) => {
        const own = store as unknown as { env: EdgeEnv };
        own.env = { ...own.env, TRENDING: forgetful(Infinity) };
        await store.alarm();
        expect(storage.sql.exec("SELECT 1 FROM events WHERE body IS NOT NULL").toArray()).toEqual([]);
        expect(await storage.getAlarm()).not.toBeNull();
      });
    }
  });
});

describe("the start pool", () => {
  test("has what trends as the third of every five, with its source", async () => {
    const before = await startPool();
    expect(before.flatMap(({ sources }) => sources)).not.toContain("trending");
    const rare = before.slice(-2).map(({ id }) => id);
    await stored([
      ...events({ items: rare, people: people(5) }),
      ...events({ items: [rare[1]!], people: ["one-more"] }),
    ]);
    const pool = await startPool();
    expect([pool[2]!.id, pool[7]!.id]).toEqual([rare[1], rare[0]]);
    expect(pool[2]!.sources).toContain("trending");
    expect(pool.filter(({ sources }) => sources.includes("trending"))).toHaveLength(2);
    expect(new Set(pool.map(({ id }) => id)).size).toBe(400);
  });

  test("has what trends in its region, as far as it may be shown there", async () => {
    const index = small.columns.regionStart;
    const onlyDe = small.ids.findIndex((_, row) => {
      const regions = small.columns.region.slice(index[row], index[row + 1]);
      return regions.length === 1 && regions[0] === 0;
    });
    await stored([
      ...events({ items: [`item-${onlyDe}`], people: people(5), region: "US" }),
      ...events({ items: [`item-${onlyDe}`], people: people(5), region: "DE" }),
    ]);
    expect((await startPool({ region: "US" })).map(({ id }) => id)).not.toContain(`item-${onlyDe}`);
    expect((await startPool({ region: "DE" }))[2]).toMatchObject({ id: `item-${onlyDe}` });
  });

  test("is as it was where nobody can say what trends", async () => {
    const before = await startPool();
    await stored(events({ items: [before.at(-1)!.id], people: people(5) }));
    const broken = new Proxy(env.TRENDING, {
      get: () => () => ({ top: () => Promise.reject(new Error("away")) }),
    });
    expect(await startPool({}, { TRENDING: broken })).toEqual(before);
  });
});

describe("the route", () => {
  test("is for every page and kept for ten seconds, by caches and by the isolate", async () => {
    const clock = { now: Date.now() };
    const edge = createEdge({ now: () => clock.now });
    const get = async () => {
      const answer = await edge.fetch(new Request(ORIGIN + ROUTES.trending()), env, createExecutionContext());
      return { answer, items: ((await answer.json()) as TrendingAnswer).items };
    };
    const { answer } = await get();
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=10");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
    await stored(events({ items: ["item-1"], people: people(3) }));
    clock.now += 9_999;
    expect((await get()).items).toEqual([]);
    clock.now += 1;
    expect((await get()).items).toEqual([{ item: "item-1", score: 3 }]);
  });

  test("refuses other keys, empty and endless names, and other methods", async () => {
    expect(await expectError(await call("/v1/trending?who=me"), 400, "unknown_query")).toBe("?who");
    expect(await expectError(await call("/v1/trending?surface="), 400, "bad_value")).toBe("?surface");
    expect(await expectError(await call(ROUTES.trending({ surface: "x".repeat(129) })), 400, "id_too_long")).toBe(
      "?surface",
    );
    expect(await expectError(await call(ROUTES.trending({ region: "x".repeat(65) })), 400, "too_long")).toBe("?region");
    await expectError(await call("/v1/trending", { method: "POST", body: "{}" }), 405, "method_not_allowed");
  });

  test("says unavailable where the counts cannot be read, and does not remember it", async () => {
    const edge = createEdge();
    const broken = new Proxy(env.TRENDING, { get: () => () => ({ top: () => Promise.reject(new Error("away")) }) });
    const get = (bindings: EdgeEnv) =>
      edge.fetch(new Request(ORIGIN + ROUTES.trending()), bindings, createExecutionContext());
    await expectError(await get({ ...env, TRENDING: broken }), 503, "unavailable");
    expect((await get(env)).status).toBe(200);
  });
});

test("lists are spread over a fixed number of objects", () => {
  const shards = new Set(Array.from({ length: 1_000 }, (_, i) => shardOf({ surface: `s${i}`, region: "" })));
  expect(shards.size).toBe(16);
});

function waiting(stub: DurableObjectStub): Promise<number> {
  return runInDurableObject(
    stub,
    (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM engagement").one().n,
  );
}
