// A release that is divided among as many shards as ten million items need, at a size that a test can hold: what is found is
// what one plain scan of all rows finds, ids come from the shards, and a shard that is late, dead or killed costs its rows.

import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
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
import { passingRows } from "../../shared/filter-rows.ts";
import type { Filter } from "../../shared/filter.ts";
import { scan } from "../../shared/scan.ts";
import { topK } from "../../shared/top-k.ts";
import { seeded, smallRelease, text } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { activate, ORIGIN, uploadBlobs } from "./edge.ts";
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
  return shardStub(env, slot, small.release.id)!;
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
function kill(slot: number, release = small.release.id): Promise<unknown> {
  return runInDurableObject(shardStub(env, slot, release)!, (_, state) => state.abort("killed")).catch(() => undefined);
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

describe("who asks what items there are", () => {
  test("asks the shards where the ids are too many, and gets no answer rather than a wrong one", async () => {
    await reset();
    const few = await smallRelease({ items: 300, dim: DIM });
    await uploadBlobs(few);
    await env.BUCKET.put(releaseKey(few.release.id), few.json);
    expect((await activate(few.release.id, 0)).status).toBe(200);
    const reader = createReleaseItems({ now: Date.now, of: ({ release }) => [release], roomBytes: 10_000 });
    const ask = async () => (await reader.read(env)).among(["item-7", "nobody"]);
    const { has, allHave } = await ask();
    expect([has("item-7"), allHave("item-7"), has("nobody"), allHave("nobody")]).toEqual([true, true, false, false]);
    // It was a shard that said so: without its rows and what to read them of, nobody can.
    await env.BUCKET.delete(blobKey(few.release.files.index.sha256));
    await kill(0, few.release.id);
    await expect(ask()).rejects.toMatchObject({ code: "unavailable" });
  });
});
