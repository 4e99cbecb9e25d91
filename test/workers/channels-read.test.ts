// How often the channels are read from the bucket: a listing is the dearest operation there is.
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { createServedReleases } from "../../edge/retrieval/served.ts";
import { smallRelease } from "../harness/small-release.ts";
import { goLive } from "./edge.ts";

const small = await smallRelease({ items: 20 });
const { id } = small.release;

beforeEach(async () => {
  await reset();
  await goLive(small);
});

/** The bucket, and how often it was listed; the next listing fails where `failing` says so. */
function countedBucket() {
  const counts = { lists: 0, failing: false };
  const bucket = new Proxy(env.BUCKET, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        if (property === "list") {
          counts.lists++;
          if (counts.failing) return Promise.reject(new Error("the bucket is away"));
        }
        return (value as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  return { bucket, counts };
}

test("many requests at once read them once, and again when five seconds are over", async () => {
  let now = 1_000_000;
  const { bucket, counts } = countedBucket();
  const served = createServedReleases({ now: () => now, roomBytes: 1_000_000 });
  const askAtOnce = () => Promise.all(Array.from({ length: 20 }, () => served.packs(bucket, id)));
  await askAtOnce();
  expect(counts.lists).toBe(1);
  now += 5_000;
  await askAtOnce();
  expect(counts.lists).toBe(1);
  now += 1;
  await askAtOnce();
  expect(counts.lists).toBe(2);
});

test("a reading that failed is not remembered", async () => {
  const { bucket, counts } = countedBucket();
  const served = createServedReleases({ now: () => 1_000_000, roomBytes: 1_000_000 });
  counts.failing = true;
  await expect(served.packs(bucket, id)).rejects.toThrow("the bucket is away");
  counts.failing = false;
  expect((await served.packs(bucket, id)).release.id).toBe(id);
});
