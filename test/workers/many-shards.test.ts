// A release that is divided among as many shards as ten million items need, at a size that a test can hold: what is found is
// what one plain scan of all rows finds, ids come from the shards, and a shard that is late, dead or killed costs its rows.

import { reset, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { catalogueOf } from "../../edge/catalogue/catalogue.ts";
import { createLiveReleases } from "../../edge/catalogue/live-release.ts";
import type { LiveView } from "../../edge/catalogue/live-view.ts";
import { createReleaseItems } from "../../edge/catalogue/release-items.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { neighboursOf } from "../../edge/retrieval/neighbours-of.ts";
import { retrieve } from "../../edge/retrieval/retrieve.ts";
import type { ServedRelease } from "../../edge/retrieval/served.ts";
import { similar } from "../../edge/retrieval/similar.ts";
import { openSharded } from "../../edge/shards/open-sharded.ts";
import type { Waiting } from "../../edge/shards/sharded-index.ts";
import { divide } from "../../edge/shards/plan.ts";
import { shardStub } from "../../edge/shards/slots.ts";
import { decodeCandidates } from "../../shared/candidates-file.ts";
import { servedReleases } from "../../shared/channel.ts";
import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import { dequantize } from "../../shared/item-columns.ts";
import type { Item } from "../../shared/item.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import { seeded, smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { activate, expectError, ORIGIN, uploadBlobs } from "./edge.ts";
import { openRelease } from "./open-release.ts";

const ITEMS = 20_000;
const DIM = 8;
const SHARDS = 40;
const COUNT = 1_000;
/** The shard that something befalls. */
const HURT = 7;
/** The others answer within it also where this machine is busy. */
const LATE_MS = 3_000;
const QUOTAS = { similar: 0, trending: 0, fresh: 0, popular: 0, explore: 0 };
/** By the share that passes: all, about a half, a tenth, and a handful. */
const FILTERS: readonly Filter[] = [
  {},
  { language: "de" },
  { language: "de", categories: { all: ["Drama", "Comedy"] } },
  { language: "de", region: "JP", categories: { all: ["Drama", "Comedy"] }, publishedAfter: 1_735_000_000_000 },
];

let small: SmallRelease;
const plan = divide(ITEMS, SHARDS);
const hurt = plan[HURT]!;

beforeAll(async () => {
  await reset();
  small = await smallRelease({ items: ITEMS, dim: DIM, seed: 4, cells: 60 });
  for (const [sha256, bytes] of small.blobs) await env.BUCKET.put(blobKey(sha256), bytes);
  await env.BUCKET.put(releaseKey(small.release.id), small.json);
});

/** Waits for all, unless told otherwise: this machine may be busy. */
async function open(waiting: Waiting = { deadlineMs: 30_000 }): Promise<ServedRelease> {
  const { tables, index } = await openSharded(env, small.release, { plan, ...waiting });
  return { tables, index, orders: index, hydrator: index };
}

function query(seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: DIM }, () => random() - 0.5);
}

/** One flat scan of all rows, in order. */
function flat(asked: readonly number[], filter: Filter, lacking?: { from: number; to: number }): number[] {
  const scores = scan(small.columns, asked);
  const mask = passingRows(small.columns, small.dictionaries, filter);
  for (let row = 0; row < ITEMS; row++) {
    const isLacking = lacking !== undefined && row >= lacking.from && row < lacking.to;
    if (isLacking || (mask !== null && mask[row] === 0)) scores[row] = -Infinity;
  }
  return [...topK(scores, COUNT)];
}

async function nearest(served: ServedRelease, filter: Filter = {}, asked = query(1)) {
  const { space } = small.release;
  const body = JSON.stringify({ space, queries: [asked], count: COUNT, quotas: QUOTAS, filter, catalog: true });
  const answer = await retrieve(served, new Request(ORIGIN, { method: "POST", body }));
  const found = decodeCandidates(new Uint8Array(await answer.arrayBuffer()), text);
  return { ...found, missing: answer.headers.get("Nearfeed-Missing") };
}

function shardAt(slot: number) {
  return shardStub(env, plan[slot]!, small.release.id)!;
}

/** Lets an object answer nobody until it is told to. */
function asleep(slot: number): () => Promise<unknown> {
  let isAwake = false;
  const ended = runInDurableObject(shardAt(slot), (_, state) =>
    state.blockConcurrencyWhile(async () => {
      while (!isAwake) await new Promise((resolve) => setTimeout(resolve, 20));
    }),
  );
  return () => {
    isAwake = true;
    return ended;
  };
}

/** Ends an object in the middle of whatever it does. */
function kill(slot: number): Promise<unknown> {
  return runInDurableObject(shardAt(slot), (_, state) => state.abort("killed")).catch(() => undefined);
}

describe("a release in forty shards", () => {
  test("is searched as one flat scan of its rows is, to the bit, whatever passes; ids and display data are of the rows", async () => {
    const served = await open();
    const shares = FILTERS.map((filter) => flat(query(1), filter).length);
    expect(shares.map((found) => found === COUNT)).toEqual([true, true, true, false]);
    expect(shares.at(-1)).toBeGreaterThan(0);
    for (const filter of FILTERS) {
      for (const seed of [1, 2, 3]) {
        const expected = flat(query(seed), filter);
        const found = await nearest(served, filter, query(seed));
        expect([...found.row]).toEqual(expected);
        expect(found.ids).toEqual(expected.map((row) => small.ids[row]));
        expect(found.catalog!.map((each) => (JSON.parse(each) as { id: string }).id)).toEqual(found.ids);
        expect(found.missing).toBeNull();
      }
    }
  });

  test("finds the rows of ids and the neighbours of items as an edge with room does", async () => {
    const [sharded, roomy] = [await open(), await openRelease(small)];
    const ids = [0, 19_999, 500, 501, 7_777].map((row) => small.ids[row]!);
    const asked = [...ids, "nobody"];
    expect(Array.from(await sharded.tables.rowsOf(asked))).toEqual(Array.from(await roomy.tables.rowsOf(asked)));
    const neighbours = await neighboursOf(sharded.tables, ids);
    expect(neighbours.length).toBeGreaterThan(0);
    expect(neighbours).toEqual(await neighboursOf(roomy.tables, ids));
    const [one, other] = [await similar(sharded, ids[4]!), await similar(roomy, ids[4]!)];
    expect(new Uint8Array(await one.arrayBuffer())).toEqual(new Uint8Array(await other.arrayBuffer()));
  });
});

describe("one shard of forty", () => {
  const without = () => ({ rows: flat(query(1), {}, hurt), missing: `shard-${HURT}` });
  const found = async (served: ServedRelease) => {
    const { row, missing } = await nearest(served);
    return { rows: [...row], missing };
  };

  test("that is slow costs its rows and is named; the answer does not wait for it", async () => {
    await nearest(await open());
    const wake = asleep(HURT);
    expect(await found(await open({ deadlineMs: LATE_MS }))).toEqual(without());
    await wake();
    expect(await found(await open())).toEqual({ rows: flat(query(1), {}), missing: null });
  });

  test("that was killed reads its rows again: the next answer is whole", async () => {
    await nearest(await open());
    await kill(HURT);
    expect(await found(await open())).toEqual({ rows: flat(query(1), {}), missing: null });
  });

  test("that is killed in the middle of loading costs its rows and is named, and the next answer is whole", async () => {
    await kill(HURT);
    let isReading = false;
    await runInDurableObject(shardAt(HURT), (shard) => {
      const own = shard as unknown as { env: EdgeEnv };
      // Its first read of the index begins, and never ends.
      const get = () => {
        isReading = true;
        return new Promise(() => undefined);
      };
      own.env = { ...env, BUCKET: { get } as unknown as R2Bucket };
    });
    const answer = found(await open());
    while (!isReading) await new Promise((resolve) => setTimeout(resolve, 10));
    await kill(HURT);
    expect(await answer).toEqual(without());
    expect(await found(await open())).toEqual({ rows: flat(query(1), {}), missing: null });
  });

  test("that is dead leaves its items neither unknown nor found: an answer about one of them is unavailable", async () => {
    const served = await open({ deadlineMs: LATE_MS });
    const wake = asleep(HURT);
    await expect(similar(served, small.ids[hurt.from]!)).rejects.toMatchObject({ code: "unavailable" });
    await wake();
    await expect(similar(served, "nobody")).rejects.toMatchObject({ code: "unknown_item" });
  });
});

describe("what was changed since, while one shard of forty does not answer", () => {
  const [deleted, twice, other] = [hurt.from, hurt.from + 1, hurt.to].map((row) => `item-${row}`);

  /** One item is deleted, and one was put that this release has, because the one before it has not. */
  function changed(): LiveView {
    const item: Item = { id: twice!, categories: ["Drama"] };
    return {
      version: 1,
      tombstonesVersion: 1,
      items: [{ item, added: 1, body: JSON.stringify(item) }],
      has: (id) => id === twice,
      tombstones: [deleted!, other!],
      isDeleted: (id) => id === deleted || id === other,
    };
  }

  test("no item is in an answer twice and none that was deleted, and the answer says what was missing", async () => {
    let nowMs = 0;
    const withLive = createLiveReleases({ read: async () => changed(), forget: () => undefined }, { now: () => nowMs });
    const served = await open({ deadlineMs: LATE_MS });
    await nearest(served);
    const wake = asleep(HURT);
    const live = await withLive(env, served);
    await wake();
    // It answers again, and has rows of both.
    for (const asked of [deleted, twice, other].map((id) => vectorOf(id!))) {
      const found = await nearest(live, {}, asked);
      expect(found.missing).toBe(`shard-${HURT}`);
      expect(found.ids).not.toContain(deleted);
      expect(found.ids).not.toContain(other);
      expect([...found.row]).not.toContain(hurt.from + 1);
    }
    await expect(similar(live, deleted!)).rejects.toMatchObject({ code: "unknown_item" });
    const like = await similar(live, small.ids[hurt.from + 2]!);
    expect(like.headers.get("Cache-Control")).toBe("no-store");
    // Within a second nobody waits for it again; after that it is asked again, and nothing is missing.
    expect(await withLive(env, served)).toBe(live);
    nowMs += 1_000;
    const whole = await withLive(env, served);
    const [after, own] = [await nearest(whole, {}, vectorOf(deleted!)), await nearest(whole, {}, vectorOf(twice!))];
    expect([after.missing, after.ids.includes(deleted!)]).toEqual([null, false]);
    expect(own.ids.filter((id) => id === twice)).toEqual([twice]);
    expect([...own.row]).toContain(hurt.from + 1);
  });

  /** The vector of an item, which is then among the nearest of the release. */
  function vectorOf(id: string): number[] {
    return [...dequantize(small.columns, small.ids.indexOf(id))];
  }
});

describe("who asks what items there are", () => {
  const authorized = { headers: { Authorization: `Bearer ${env.PUBLISH_SECRET}` } };
  /** As who has no room for either release. */
  const asking = createReleaseItems({ now: Date.now, of: servedReleases, roomBytes: 10_000 });
  let before: SmallRelease;
  let active: SmallRelease;

  /** The one before has three hundred items, the active one a hundred of them, each in a shard. */
  beforeAll(async () => {
    await reset();
    before = await smallRelease({ items: 300, dim: DIM });
    active = await smallRelease({ items: 100, dim: DIM });
    for (const [at, each] of [before, active].entries()) {
      await uploadBlobs(each);
      await env.BUCKET.put(releaseKey(each.release.id), each.json);
      await activate(each.release.id, at);
    }
  });

  /** What it would read its rows of, and the rows themselves. */
  async function bury({ release }: SmallRelease): Promise<void> {
    await env.BUCKET.delete(blobKey(release.files.index.sha256));
    const [rows] = divide(release.items, 1);
    await runInDurableObject(shardStub(env, rows!, release.id)!, (_, state) => state.abort("killed")).catch(() => 0);
  }

  test("asks the shards where the ids are too many", async () => {
    const { has, allHave } = await (await asking.read(env)).among(["item-7", "item-200", "nobody"]);
    expect(["item-7", "item-200", "nobody"].map(has)).toEqual([true, true, false]);
    expect(["item-7", "item-200", "nobody"].map(allHave)).toEqual([true, false, false]);
  });

  test("gets no answer rather than a wrong one, and one where what does not answer makes no difference", async () => {
    await bury(before);
    const { has, allHave } = await (await asking.read(env)).among(["item-7", "nobody"]);
    expect([has("item-7"), allHave("nobody")]).toEqual([true, false]);
    for (const ask of [() => has("nobody"), () => allHave("item-7")])
      expect(ask).toThrow(expect.objectContaining({ code: "unavailable" }));
  });

  test("can delete an item all the same, and is told to come again where it cannot be known", async () => {
    await runInDurableObject(catalogueOf(env.CATALOGUE), (catalogue) => {
      Object.assign(catalogue, { releaseItems: asking });
    });
    const remove = (id: string) =>
      exports.default.fetch(`${ORIGIN}/v1/items/${id}`, { method: "DELETE", ...authorized });
    expect((await remove("item-7")).status).toBe(200);
    const refused = await remove("nobody");
    await expectError(refused, 503, "unavailable");
    expect(refused.headers.get("Retry-After")).toBe("10");
  });
});
