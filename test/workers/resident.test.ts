import { env } from "cloudflare:workers";
import { reset } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { blobKey, releaseKey } from "../../edge/publish/keys.ts";
import { neighboursOf } from "../../edge/retrieval/neighbours-of.ts";
import { createServedReleases, RELEASES_BYTES } from "../../edge/retrieval/served.ts";
import { loadTables, tablesBytes } from "../../edge/retrieval/tables.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { smallRelease } from "../harness/small-release.ts";
import type { SmallRelease } from "../harness/small-release.ts";
import { activate, goLive, publish } from "./edge.ts";

beforeEach(reset);

async function store({ blobs, release, json }: SmallRelease): Promise<void> {
  for (const [sha256, bytes] of blobs) await env.BUCKET.put(blobKey(sha256), bytes);
  await env.BUCKET.put(releaseKey(release.id), json);
}

/** The bucket, a list of the files that are read of it, and how many bytes each of them had. */
function watchedBucket(): { bucket: R2Bucket; read: string[]; bytes: number[] } {
  const read: string[] = [];
  const bytes: number[] = [];
  const bucket = new Proxy(env.BUCKET, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const got: unknown = Reflect.apply(value, target, args);
        if (name !== "get") return got;
        read.push(String(args[0]));
        return (got as Promise<R2ObjectBody | null>).then((object) => {
          const range = (args[1] as { range?: { length: number } } | undefined)?.range;
          bytes.push(range?.length ?? object?.size ?? 0);
          return object;
        });
      };
    },
  });
  return { bucket, read, bytes };
}

describe("what a release holds in memory", () => {
  test(
    "is at most 96 MB at 400,000 items of 64 numbers, its vectors once, with neighbours in use",
    { timeout: 240_000 },
    async () => {
      const small = await smallRelease({ items: 400_000, dim: 64, cells: 632 });
      await store(small);
      const { bucket, read, bytes } = watchedBucket();
      const tables = await loadTables(bucket, small.release);
      // The lookup is made when it is first used.
      expect(await tables.rowsOf([small.ids[399_999]!, "nobody"])).toEqual([399_999, -1]);
      expect(tables.catalog(7)).toContain("Title 7");
      read.length = bytes.length = 0;
      const items = Array.from({ length: REQUEST_LIMITS.items }, (_, i) => small.ids[i * 39_999]!);
      const found = await neighboursOf(tables, items);
      expect(found).toEqual(neighboursTwin(small, items));
      // The head of the pack, and a block an item: of all lists together a small part is read, and of that nothing stays.
      expect(read.length).toBeLessThanOrEqual(1 + items.length);
      const { neighbours } = small.release.files;
      expect(read).not.toContain(blobKey(neighbours.sha256));
      expect(bytes.reduce((a, b) => a + b)).toBeLessThan(0.1 * neighbours.bytes);

      expect(RELEASES_BYTES).toBeLessThanOrEqual(96_000_000);
      expect(tablesBytes(small.release)).toBeLessThanOrEqual(RELEASES_BYTES);
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
      const rest = tablesBytes(small.release) - files.index.bytes - files.ids.bytes - files.catalog.bytes;
      expect(rest).toBeLessThan(28 * 400_000);
    },
  );
});

/** By the definition, from the lists that the release was made of. */
function neighboursTwin({ ids, neighbours }: SmallRelease, items: readonly string[]): number[] {
  const { perItem, neighbour, weight, scale } = neighbours;
  const own = items.map((id) => ids.indexOf(id));
  const sums = new Map<number, number>();
  for (const row of own) {
    for (let slot = row * perItem; slot < (row + 1) * perItem; slot++) {
      if (weight[slot]! <= 0) continue;
      sums.set(neighbour[slot]!, (sums.get(neighbour[slot]!) ?? 0) + scale[row]! * weight[slot]!);
    }
  }
  for (const row of own) sums.delete(row);
  return [...sums].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB).map(([row]) => row);
}

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
    expect((await served.open({ BUCKET: env.BUCKET }, first.release.id)).tables.release.id).toBe(first.release.id);
  });

  test("make room for one that is being published", async () => {
    const [first] = await twoLive();
    const { bucket, read } = watchedBucket();
    const served = createServedReleases({ now: () => 0, roomBytes: tablesBytes(first.release) });
    await served.open({ BUCKET: bucket }, first.release.id);
    served.makeRoom(0);
    read.length = 0;
    await served.open({ BUCKET: bucket }, first.release.id);
    expect(read).toEqual([]);
    served.makeRoom(1);
    await served.open({ BUCKET: bucket }, first.release.id);
    expect(read).toContain(releaseKey(first.release.id));
  });
});
