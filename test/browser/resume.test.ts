import { openDB } from "idb";
import { expect, test } from "vitest";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StoredPart } from "../../client-sdk/storage/schema.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, idsOf, open } from "./open.ts";

const small = await syntheticRelease({ items: 200, seed: 1 });
const large = await syntheticRelease({ items: 20_000, dim: 64, seed: 2 });
const { sha256: index, bytes: size } = large.release.files.index;

/** The ranges that were asked of a file, in order; undefined for all of it. */
function rangesOf(edge: TestEdge, hash: string): (string | undefined)[] {
  return edge.requests.filter(({ line }) => line.includes(hash)).map(({ range }) => range);
}

async function partsOf(namespace: string): Promise<StoredPart[]> {
  const db = await openDB(databaseName(namespace));
  const parts = (await db.getAll("parts")) as StoredPart[];
  db.close();
  return parts;
}

/** A visit that ends when a large part of the index has come. @returns how many bytes of it */
async function interrupted(edge: TestEdge, namespace: string): Promise<number> {
  const came = size - 100_000;
  // Once at the start, and once more when it is asked to sync.
  edge.breaks.set(index, [came, 0, 0]);
  const { recommender } = open(edge, { consent: "local", namespace });
  expect(await recommender.sync()).toMatchObject({ status: "offline" });
  await recommender.close();
  expect(rangesOf(edge, index)).toEqual([undefined, `bytes=${came}-`, `bytes=${came}-`]);
  edge.requests.length = 0;
  return came;
}

test("the index of the test is a large file", () => {
  expect(size).toBeGreaterThan(1.5 * 1024 * 1024);
});

test("a small file goes on from where it broke within the visit, through the page's own fetch", async () => {
  const edge = testEdge(small);
  const { sha256, bytes } = small.release.files.index;
  edge.breaks.set(sha256, [bytes >> 1]);
  const { recommender, errors } = open(edge, { consent: "local" });
  expect((await recommender.sync()).release).toBe(small.release.id);
  expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
  expect(rangesOf(edge, sha256)).toEqual([undefined, `bytes=${bytes >> 1}-`]);
  expect(errors).toEqual([]);
});

test("at the next sync only what is missing is asked for, also of the other files", async () => {
  const edge = testEdge(large);
  edge.breaks.set(index, [size - 100_000, 0, 0]);
  const { recommender } = open(edge, { consent: "local" });
  expect(await recommender.sync()).toMatchObject({ status: "offline" });
  edge.requests.length = 0;
  expect(await recommender.sync()).toMatchObject({ status: "updated", release: large.release.id });
  expect(edge.requests.map(({ line, range }) => [line, range])).toEqual([
    ["GET /v1/manifest?channel=stable", undefined],
    [`GET /v1/blobs/${index}`, `bytes=${size - 100_000}-`],
  ]);
});

test("after a reload a large file goes on from where it broke, and nothing of it is left behind", async () => {
  const edge = testEdge(large);
  const namespace = freshNamespace();
  const came = await interrupted(edge, namespace);
  const parts = await partsOf(namespace);
  const stored = parts.filter(({ sha256 }) => sha256 === index).reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(stored).toBe(came);
  const { recommender } = open(edge, { consent: "local", namespace });
  expect((await recommender.sync()).release).toBe(large.release.id);
  expect(rangesOf(edge, index)).toEqual([`bytes=${came}-`]);
  expect(await partsOf(namespace)).toEqual([]);
  const twin = open(testEdge(large), { consent: "local" });
  await twin.recommender.sync();
  const [resumed, fresh] = [recommender, twin.recommender].map((each) => each.recommend({ surface: "home" }));
  expect(idsOf(await resumed!)).toEqual(idsOf(await fresh!));
});

test("parts that were damaged in the store are caught by the hash, and the file is fetched whole", async () => {
  const edge = testEdge(large);
  const namespace = freshNamespace();
  const came = await interrupted(edge, namespace);
  const db = await openDB(databaseName(namespace));
  const [part] = (await db.getAll("parts")) as StoredPart[];
  part!.bytes[500]! ^= 1;
  await db.put("parts", part);
  db.close();
  const { recommender } = open(edge, { consent: "local", namespace });
  expect((await recommender.sync()).release).toBe(large.release.id);
  expect(rangesOf(edge, part!.sha256).at(-1)).toBe(undefined);
  expect(rangesOf(edge, index)).toEqual(part!.sha256 === index ? [`bytes=${came}-`, undefined] : [`bytes=${came}-`]);
});

test("a gap in the stored parts ends what can be used of them", async () => {
  const edge = testEdge(large);
  const namespace = freshNamespace();
  await interrupted(edge, namespace);
  const first = (await partsOf(namespace)).filter(({ sha256 }) => sha256 === index)[0]!;
  const db = await openDB(databaseName(namespace));
  await db.delete("parts", [index, first.offset]);
  db.close();
  const { recommender } = open(edge, { consent: "local", namespace });
  expect((await recommender.sync()).release).toBe(large.release.id);
  expect(rangesOf(edge, index)).toEqual([undefined]);
});

test("parts of a release that is no longer wanted are deleted", async () => {
  const edge = testEdge(large);
  const namespace = freshNamespace();
  await interrupted(edge, namespace);
  expect((await partsOf(namespace)).length).toBeGreaterThan(0);
  edge.activate(small);
  const { recommender } = open(edge, { consent: "local", namespace });
  expect((await recommender.sync()).release).toBe(small.release.id);
  expect(await partsOf(namespace)).toEqual([]);
});

test("where nothing may be stored nothing is, and what broke is fetched within the visit", async () => {
  const edge = testEdge(small);
  const { sha256, bytes } = small.release.files.constants;
  edge.breaks.set(sha256, [bytes >> 1]);
  const { recommender, namespace } = open(edge, { consent: "denied" });
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({ status: "ready", floor: "linear" });
  expect(rangesOf(edge, sha256)).toEqual([undefined, `bytes=${bytes >> 1}-`]);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName(namespace));
});

test("a file that the edge has in parts goes on after a reload in the part where it broke, and is stored whole", async () => {
  const parted = await syntheticRelease({ items: 20_000, dim: 64, seed: 2, partBytes: 1_200_000 });
  const { parts } = parted.release.files.index;
  expect(parts!.length).toBeGreaterThan(1);
  const edge = testEdge(parted);
  const namespace = freshNamespace();
  const second = parts![1]!;
  edge.breaks.set(second.sha256, [300_000, 0, 0]);
  const first = open(edge, { consent: "local", namespace });
  expect(await first.recommender.sync()).toMatchObject({ status: "offline" });
  await first.recommender.close();
  edge.requests.length = 0;
  const again = open(edge, { consent: "local", namespace });
  expect((await again.recommender.sync()).release).toBe(parted.release.id);
  expect(rangesOf(edge, parts![0]!.sha256)).toEqual([]);
  expect(rangesOf(edge, second.sha256)).toEqual(["bytes=300000-"]);
  expect(await partsOf(namespace)).toEqual([]);
  const wanted = idsOf(await again.recommender.recommend({ surface: "home" }));
  await again.recommender.close();
  edge.stop();
  const offline = open(edge, { consent: "local", namespace });
  expect(idsOf(await offline.recommender.recommend({ surface: "home" }))).toEqual(wanted);
  expect((await offline.recommender.inspect())!.candidates).toBe(20_000);
});
