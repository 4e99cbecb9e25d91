import { openDB } from "idb";
import { expect, test } from "vitest";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import { takesCanary } from "../../client-sdk/sync/canary.ts";
import { makeKey } from "../harness/signing.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, open } from "./open.ts";

const active = await syntheticRelease({ items: 200, seed: 1 });
const canary = await syntheticRelease({ items: 240, seed: 2 });
const broken = new Map(canary.blobs);
broken.delete(canary.release.files.index.sha256);

async function storedBucket(namespace: string): Promise<number | undefined> {
  const db = await openDB(databaseName(namespace));
  const bucket = (await db.get("state", "bucket")) as number | undefined;
  db.close();
  return bucket;
}

/** Twenty-four visits, one after the other, on a machine that is busy otherwise. */
const VISITS_TIMEOUT_MS = 60_000;

test(
  "a device takes the canary or not by a number of its own, that it keeps and never sends",
  async () => {
    let taken = 0;
    const edge = testEdge(active);
    edge.setCanary({ of: canary, percent: 50 });
    for (let device = 0; device < 12; device++) {
      const namespace = freshNamespace();
      const first = open(edge, { namespace, consent: "full", publicKey: "k" });
      const { release } = await first.recommender.sync();
      const bucket = (await storedBucket(namespace))!;
      const takes = takesCanary(bucket, { release: canary.release.id, percent: 50 });
      expect(release).toBe((takes ? canary : active).release.id);
      if (takes) taken++;
      await first.recommender.close();
      const again = open(edge, { namespace, consent: "full", publicKey: "k" });
      expect((await again.recommender.sync()).release).toBe(release);
      for (const { line, body } of edge.requests.splice(0))
        expect(line + body).not.toContain(String(bucket).slice(2, 9));
    }
    // All twelve on one side are one case in two thousand.
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(12);
  },
  VISITS_TIMEOUT_MS,
);

test("as the percentage rises everybody comes over, and as the canary ends everybody goes back", async () => {
  const edge = testEdge(active);
  const devices = Array.from({ length: 6 }, () => open(edge, { consent: "local" }).recommender);
  const releases = () => Promise.all(devices.map(async (each) => (await each.sync()).release));
  let before = new Set<number>();
  for (const percent of [20, 60, 100]) {
    edge.setCanary({ of: canary, percent });
    const now = await releases();
    const taking = new Set(now.flatMap((release, i) => (release === canary.release.id ? [i] : [])));
    for (const device of before) expect(taking).toContain(device);
    before = taking;
  }
  expect(before.size).toBe(devices.length);
  edge.setCanary();
  expect(new Set(await releases())).toEqual(new Set([active.release.id]));
});

test("without consent the number lives as long as the page, and nothing is stored", async () => {
  const edge = testEdge(active);
  const namespace = freshNamespace();
  const { recommender } = open(edge, { namespace });
  edge.setCanary({ of: canary, percent: 50 });
  const { release } = await recommender.sync();
  for (let i = 0; i < 4; i++) expect((await recommender.sync()).release).toBe(release);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName(namespace));
  // With consent it is kept as it is.
  await recommender.setConsent("local");
  expect((await recommender.sync()).release).toBe(release);
  const bucket = (await storedBucket(namespace))!;
  expect(takesCanary(bucket, { release: canary.release.id, percent: 50 })).toBe(release === canary.release.id);
});

test("where there is no canary no number is drawn, and an erasure deletes the one there was", async () => {
  const edge = testEdge(active);
  const namespace = freshNamespace();
  const { recommender } = open(edge, { namespace, consent: "local" });
  await recommender.sync();
  expect(await storedBucket(namespace)).toBeUndefined();
  edge.setCanary({ of: canary, percent: 50 });
  await recommender.sync();
  const bucket = await storedBucket(namespace);
  expect(bucket).toBeTypeOf("number");
  await recommender.erase();
  await recommender.sync();
  recommender.track("like", "item-1");
  await recommender.sync();
  expect(await storedBucket(namespace)).not.toBe(bucket);
});

test("a canary that is refused leaves the release in use", async () => {
  const edge = testEdge(active);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  edge.setCanary({ of: { ...canary, blobs: broken }, percent: 100 });
  expect(await recommender.sync()).toMatchObject({ status: "refused", release: active.release.id });
  expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
});

test("a canary that the key has not signed is refused, and one that it has is taken", async () => {
  const key = await makeKey();
  const edge = testEdge(active);
  let signCanary = false;
  edge.finish = async ({ channel, release, canary: beside, ...rest }) => ({
    ...rest,
    channel: await key.sign(channel),
    release: await key.sign(release),
    ...(beside && { canary: signCanary ? await key.sign(beside) : beside }),
  });
  const { recommender } = open(edge, { consent: "local", verifyKey: key.publicKey });
  edge.setCanary({ of: canary, percent: 100 });
  expect(await recommender.sync()).toMatchObject({ status: "refused", error: { path: "release.signed" } });
  signCanary = true;
  expect(await recommender.sync()).toMatchObject({ status: "updated", release: canary.release.id });
});

test("a manifest whose canary is another release than the channel says is refused", async () => {
  const edge = testEdge(active);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  edge.setCanary({ of: canary, percent: 100 });
  edge.finish = (whole) => ({ ...whole, canary: whole.release });
  expect(await recommender.sync()).toMatchObject({ status: "refused", error: { code: "bad_release" } });
});
