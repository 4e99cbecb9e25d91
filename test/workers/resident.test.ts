import { env } from "cloudflare:workers";
import { reset } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { createServedReleases, RELEASES_BYTES } from "../../edge/retrieval/served.ts";
import { loadTables, tablesBytes } from "../../edge/retrieval/tables.ts";
import { smallRelease } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { activate, goLive, publish } from "./edge.ts";

beforeEach(reset);

async function store({ blobs, release, json }: SmallRelease): Promise<void> {
  for (const [sha256, bytes] of blobs) await env.BUCKET.put(blobKey(sha256), bytes);
  await env.BUCKET.put(releaseKey(release.id), json);
}

/** The bucket, and a list of the files that are read of it. */
function watchedBucket(): { bucket: R2Bucket; read: string[] } {
  const read: string[] = [];
  const bucket = new Proxy(env.BUCKET, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "get") read.push(String(args[0]));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { bucket, read };
}

describe("what a release holds in memory", () => {
  test("is at most 96 MB at 400,000 items of 64 numbers, its vectors once", { timeout: 120_000 }, async () => {
    const small = await smallRelease({ items: 400_000, dim: 64 });
    await store(small);
    const tables = await loadTables(env.BUCKET, small.release);
    // The lookup is made when it is first used.
    expect(tables.rowOf(small.ids[399_999])).toBe(399_999);
    expect(tables.catalog(7)).toContain("Title 7");

    expect(RELEASES_BYTES).toBeLessThanOrEqual(96_000_000);
    expect(tables.bytes()).toBeLessThanOrEqual(RELEASES_BYTES);
    const { memory, index } = tables;
    const buffers = new Set(
      Object.values(index.columns).flatMap((each) => (ArrayBuffer.isView(each) ? each.buffer : [])),
    );
    expect([...buffers]).toEqual([memory.file.buffer]);
    const { files } = small.release;
    // A bit of room for queries and for whole pages; the mask is a byte an item, and there are no stored scores.
    expect(memory.bytes).toBe(memory.file.buffer.byteLength);
    expect(memory.bytes).toBeLessThan(files.index.bytes + 400_000 + 200_000);
    // Index, ids and display data; the rest, the mask, the lookup of ids and the three orders, is at most 28 bytes an item.
    expect(tables.bytes() - files.index.bytes - files.ids.bytes - files.catalog.bytes).toBeLessThan(28 * 400_000);
  });
});

describe("two releases", () => {
  async function twoLive(): Promise<[SmallRelease, SmallRelease]> {
    const both = [await smallRelease({ createdAt: 1 }), await smallRelease({ createdAt: 2 })] as const;
    await goLive(both[0]);
    await publish(both[1]);
    expect((await activate(both[1].release.id, 1)).status).toBe(200);
    return [...both];
  }

  test("are both kept while they fit", async () => {
    const [first, second] = await twoLive();
    const { bucket, read } = watchedBucket();
    const roomBytes = tablesBytes(first.release) + tablesBytes(second.release);
    const served = createServedReleases({ now: () => 0, roomBytes });
    await served.open({ BUCKET: bucket }, first.release.id);
    await served.open({ BUCKET: bucket }, second.release.id);
    read.length = 0;
    await served.open({ BUCKET: bucket }, first.release.id);
    await served.open({ BUCKET: bucket }, second.release.id);
    expect(read).toEqual([]);
  });

  test("do not stay both where they do not fit: the older goes before the newer is read, and comes back when it is asked for", async () => {
    const [first, second] = await twoLive();
    const { bucket, read } = watchedBucket();
    const roomBytes = tablesBytes(first.release) + tablesBytes(second.release) - 1;
    const served = createServedReleases({ now: () => 0, roomBytes });
    await served.open({ BUCKET: bucket }, first.release.id);
    await served.open({ BUCKET: bucket }, second.release.id);
    read.length = 0;
    await served.open({ BUCKET: bucket }, second.release.id);
    expect(read).toEqual([]);
    const again = await served.open({ BUCKET: bucket }, first.release.id);
    expect(read).toContain(releaseKey(first.release.id));
    expect(again.tables.release.id).toBe(first.release.id);
  });

  test("one that needs more than all the room is loaded alone", async () => {
    const [first] = await twoLive();
    const served = createServedReleases({ now: () => 0, roomBytes: 1 });
    expect((await served.open(env, first.release.id)).tables.release.id).toBe(first.release.id);
  });

  test("neighbour lists count from when they are loaded", async () => {
    const [first] = await twoLive();
    const served = createServedReleases({ now: () => 0, roomBytes: RELEASES_BYTES });
    const { tables } = await served.open(env, first.release.id);
    expect(tables.bytes()).toBe(tablesBytes(first.release));
    await tables.neighbours();
    expect(tables.bytes()).toBe(tablesBytes(first.release) + first.release.files.neighbours.bytes);
  });
});
