// Garbage collection beside publishing, activating and rolling back, in every order of their steps in a real bucket.
// Three things hold after every step: what a channel serves is there, what a release names is there, and so is what an edge
// has said it stored.

import { createExecutionContext, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createEdge } from "../../edge/index.ts";
import { SPARED_MS } from "../../edge/publish/collect-garbage.ts";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { parseChannel, servedReleases } from "../../shared/channel.ts";
import type { Channel } from "../../shared/channel.ts";
import { parseRelease, releaseFiles } from "../../shared/release.ts";
import { seeded, smallRelease } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { goLive, ORIGIN, publish } from "./edge.ts";

const RUNS = 80;
const NOW = 1_800_000_000_000;

const [before, active, old] = await Promise.all(
  [1, 2, 3].map((seed) => smallRelease({ createdAt: seed, seed, items: 8 })),
);
/** Another release than `old`, of the same files. */
const fresh = await smallRelease({ createdAt: 4, seed: 3, items: 8 });

/** When something was stored, by key; what is not in it is older than a day. */
let stored: Map<string, number>;
/** Keys of what was said to be stored in this run. */
let acknowledged: Set<string>;
let seeds: { key: string; bytes: ArrayBuffer }[];

beforeAll(async () => {
  await reset();
  await goLive(before!);
  await goLive(active!, 1);
  await publish(old!);
  const { objects } = await env.BUCKET.list();
  seeds = await Promise.all(
    objects.map(async ({ key }) => ({ key, bytes: await (await env.BUCKET.get(key))!.arrayBuffer() })),
  );
});
beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});

type Turn = <T>(operation: () => Promise<T>) => Promise<T>;

/** Calls to the bucket, one at a time, in an order that is drawn. */
function lottery(random: () => number) {
  const waiting: (() => Promise<unknown>)[] = [];
  return {
    turn: <T>(operation: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        waiting.push(() => operation().then(resolve, reject));
      }),
    /** Until all is done and nobody waits: what somebody who was killed had begun may still land. */
    async run(all: Promise<unknown>): Promise<void> {
      let over = false;
      const end = () => (over = true);
      all.then(end, end);
      while (!over || waiting.length > 0) {
        // So that everybody has come to their next call.
        await new Promise((resolve) => setTimeout(resolve, 0));
        const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
        await next?.();
      }
    },
  };
}

/** The bucket with a clock of its own, and with every call made when its turn comes. */
function bucketOf(turn: Turn): R2Bucket {
  const real = env.BUCKET;
  const withAge = (object: R2Object) => ({
    key: object.key,
    size: object.size,
    etag: object.etag,
    uploaded: new Date(stored.get(object.key) ?? NOW - SPARED_MS - 1),
  });
  const bucket = {
    head: (key: string) => turn(() => real.head(key)),
    get: (key: string, options?: R2GetOptions) => turn(() => real.get(key, options)),
    put: (key: string, value: string, options?: R2PutOptions) =>
      turn(async () => {
        const written = await real.put(key, value, options);
        if (written !== null) stored.set(key, NOW);
        await checkAll();
        return written;
      }),
    delete: (keys: string | string[]) =>
      turn(async () => {
        for (const key of [keys].flat()) {
          expect(acknowledged, "is young").not.toContain(key);
        }
        await real.delete(keys);
        await checkAll();
      }),
    list: (options: R2ListOptions) =>
      turn(async () => {
        const page = await real.list(options);
        return { ...page, objects: page.objects.map(withAge) };
      }),
  };
  return bucket as unknown as R2Bucket;
}

/** The first two of the things that always hold. */
async function checkAll(): Promise<void> {
  const keys = new Set((await env.BUCKET.list()).objects.map(({ key }) => key));
  const read = async (key: string): Promise<unknown> => (await env.BUCKET.get(key))!.json();
  for (const key of keys) {
    if (key.startsWith("channels/")) {
      for (const id of servedReleases(parseChannel(await read(key)))) expect(keys).toContain(releaseKey(id));
    } else if (key.startsWith("releases/")) {
      for (const { sha256, name } of releaseFiles(parseRelease(await read(key)))) {
        expect(keys, `${name} of ${key}`).toContain(blobKey(sha256));
      }
    }
  }
}

type Ask = (method: string, path: string, body?: string | Uint8Array) => Promise<Response>;

function asking(bucket: R2Bucket, now = NOW): Ask {
  const edge = createEdge({ now: () => now });
  return async (method, path, body) => {
    const headers = { Authorization: `Bearer ${env.PUBLISH_SECRET}` };
    const request = new Request(ORIGIN + path, { method, headers, ...(body !== undefined && { body }) });
    const answer = await edge.fetch(request, { ...env, BUCKET: bucket }, createExecutionContext());
    if (method === "PUT" && answer.ok) {
      const key = path.startsWith("/v1/blobs/") ? path.slice("/v1/".length) : `${path.slice("/v1/".length)}.json`;
      acknowledged.add(key);
      expect(await env.BUCKET.head(key), key).not.toBeNull();
    }
    return answer;
  };
}

const channelOf = async (ask: Ask): Promise<Channel> => (await ask("GET", "/v1/channels/stable")).json();

async function change(ask: Ask, action: object): Promise<void> {
  const { sequence } = await channelOf(ask);
  await ask("POST", "/v1/channels/stable", JSON.stringify({ ...action, expect: sequence }));
}

/** As `nearfeed publish` does it. */
async function publishing(ask: Ask, { release, json, blobs }: SmallRelease): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    for (const { sha256 } of releaseFiles(release)) {
      const there = await ask("HEAD", `/v1/blobs/${sha256}`);
      if (there.status !== 200) await ask("PUT", `/v1/blobs/${sha256}`, blobs.get(sha256)!);
    }
    if ((await ask("PUT", `/v1/releases/${release.id}`, json)).ok) break;
  }
  await change(ask, { action: "activate", release: release.id });
}

async function collecting(ask: Ask): Promise<void> {
  for (let after: string | null | undefined; after !== null;) {
    const answer = await ask("POST", "/v1/gc", JSON.stringify(after === undefined ? {} : { after }));
    if (!answer.ok) return;
    ({ next: after } = await answer.json<{ next: string | null }>());
  }
}

const ACTORS = {
  collect: collecting,
  "collect again": collecting,
  "activate the old": (ask) => change(ask, { action: "activate", release: old!.release.id }),
  "try the old": (ask) => change(ask, { action: "canary", release: old!.release.id, percent: 5 }),
  "roll back": (ask) => change(ask, { action: "rollback" }),
  "publish the old": (ask) => publishing(ask, old!),
  "publish the fresh": (ask) => publishing(ask, fresh),
} satisfies Record<string, (ask: Ask) => Promise<void>>;
type Actor = keyof typeof ACTORS;

async function startOver(): Promise<void> {
  stored = new Map();
  acknowledged = new Set();
  const keys = new Set((await env.BUCKET.list()).objects.map(({ key }) => key));
  const known = new Set(seeds.map(({ key }) => key));
  const others = [...keys].filter((key) => !known.has(key));
  if (others.length > 0) await env.BUCKET.delete(others);
  for (const { key, bytes } of seeds)
    if (!keys.has(key) || key.startsWith("channels/")) await env.BUCKET.put(key, bytes);
}

test("in whichever order the steps of collecting, publishing and changing channels come, nothing that is needed is missing", async () => {
  let refused = 0;
  const deleted = new Set<string>();
  const others = Object.keys(ACTORS).filter((name) => name !== "collect") as Actor[];
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.subarray(others, { minLength: 1, maxLength: 3 }),
      // After so many calls to the bucket the first collection is killed.
      fc.option(fc.integer({ min: 1, max: 40 }), { freq: 3 }),
      async (seed, beside, killedAfter) => {
        await startOver();
        const draw = lottery(seeded(seed));
        let failure: unknown;
        const actor = (name: Actor, limit: number | null): Promise<void> => {
          let calls = 0;
          const turn: Turn = (operation) => {
            // One that was killed makes no further call and gets no further answer.
            if (limit !== null && ++calls > limit) return Promise.reject(new Error("killed"));
            return draw.turn(() => operation().catch((error: unknown) => Promise.reject((failure ??= error))));
          };
          return ACTORS[name](asking(bucketOf(turn)));
        };
        const all = [actor("collect", killedAfter), ...beside.map((name) => actor(name, null))];
        const done = Promise.all(all);
        await draw.run(done);
        await done;
        if (failure !== undefined) throw failure as Error;

        // Two hours later nobody is under way any more: what is left is what is needed, and what is young.
        await collecting(
          asking(
            bucketOf((operation) => operation()),
            NOW + 2 * 3_600_000,
          ),
        );
        const channel = parseChannel(await (await env.BUCKET.get("channels/stable.json"))!.json());
        const served = new Set(servedReleases(channel).map(releaseKey));
        const left = (await env.BUCKET.list()).objects.map(({ key }) => key);
        for (const key of left.filter((each) => each.startsWith("releases/"))) {
          expect(served.has(key) || stored.has(key), key).toBe(true);
        }
        if (!left.includes(releaseKey(old!.release.id))) deleted.add("old");
        if (servedReleases(channel).includes(old!.release.id)) refused++;
      },
    ),
    { numRuns: RUNS },
  );
  // Both outcomes were seen: it went before it was wanted, and it was wanted in time.
  expect(deleted).toContain("old");
  expect(refused).toBeGreaterThan(0);
}, 240_000);
