import { expect, test } from "vitest";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import type { SyntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, idsOf, open, shown, until } from "./open.ts";

const first = await syntheticRelease({ items: 200, seed: 1 });
const second = await syntheticRelease({ items: 240, seed: 2 });
const otherSpace = await syntheticRelease({ items: 240, seed: 3, space: "space-2" });

/** The release with the bytes of one file changed behind its hash. */
function tampered(whole: SyntheticRelease, role: "index" | "neighbours", change: (bytes: Uint8Array) => Uint8Array) {
  const blobs = new Map(whole.blobs);
  const { sha256 } = whole.release.files[role];
  blobs.set(sha256, change(blobs.get(sha256)!.slice()));
  return { ...whole, blobs };
}

const CHANGES: [string, (bytes: Uint8Array) => Uint8Array][] = [
  ["a flipped byte", (bytes) => ((bytes[bytes.length - 9]! ^= 1), bytes)],
  ["a missing tail", (bytes) => bytes.subarray(0, bytes.length - 100)],
  ["an appended byte", (bytes) => Uint8Array.of(...bytes, 0)],
];

test.for(CHANGES)("a file with %s is refused, and the release in use goes on", async ([, change]) => {
  const edge = testEdge(first);
  const namespace = freshNamespace();
  const { recommender, errors } = open(edge, { namespace, consent: "local" });
  await recommender.sync();
  const before = await recommender.recommend({ surface: "home" });
  edge.activate(tampered(second, "neighbours", change));
  expect(await recommender.sync()).toMatchObject({
    status: "refused",
    release: first.release.id,
    error: { code: "bad_release", path: "files.neighbours.safetensors" },
  });
  expect(errors).toMatchObject([{ code: "bad_release" }]);
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(idsOf(before));
  await recommender.close();
  edge.stop();
  const again = open(edge, { namespace, consent: "local" });
  expect((await again.recommender.recommend({ surface: "home" })).floor).toBe("linear");
  expect(await again.recommender.sync()).toMatchObject({ status: "offline", release: first.release.id });
});

test("a release that was refused is not fetched again by a poll, but by a sync", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const whole = new Map(second.blobs);
  edge.activate(tampered(second, "index", (bytes) => ((bytes[bytes.length - 9]! ^= 1), bytes)));
  expect((await recommender.sync()).status).toBe("refused");
  const fetched = () => edge.requests.filter(({ line }) => line.includes(second.release.files.index.sha256)).length;
  expect(fetched()).toBe(1);
  const polls = () => edge.requests.filter(({ line }) => line.includes("manifest")).length;
  const before = polls();
  await until(() => polls() > before, 20_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(fetched()).toBe(1);
  edge.activate({ ...second, blobs: whole });
  expect(await recommender.sync()).toMatchObject({ status: "updated", release: second.release.id });
}, 30_000);

test("a sync sees what was activated before it was asked for, even while another is under way", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  edge.finish = async (manifest) => (await held, manifest);
  edge.requests.length = 0;
  const earlier = recommender.sync();
  await until(() => edge.requests.length === 1);
  edge.activate(second);
  const asked = [recommender.sync(), recommender.sync()];
  goOn();
  expect(await earlier).toMatchObject({ status: "unchanged", release: first.release.id });
  for (const answer of asked) expect(await answer).toMatchObject({ status: "updated", release: second.release.id });
  expect(edge.requests.filter(({ line }) => line.includes("manifest"))).toHaveLength(2);
});

test("a manifest whose release was changed behind its id is refused", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  edge.activate({ ...second, release: { ...second.release, dim: 32 } });
  expect(await recommender.sync()).toMatchObject({
    status: "refused",
    release: first.release.id,
    error: { code: "bad_release", path: "release.id" },
  });
});

test("files of two releases are refused, whatever their hashes", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const { releaseId } = await import("../../shared/release.ts");
  const { digest, text } = await import("../harness/small-release.ts");
  const { id: _, ...draft } = { ...second.release, files: { ...second.release.files, ids: first.release.files.ids } };
  const mixed = { ...draft, id: await releaseId(draft, { digest, text }) };
  edge.activate({ ...second, release: mixed });
  expect(await recommender.sync()).toMatchObject({ status: "refused", error: { code: "bad_release" } });
});

test("an open feed swaps to a new release and keeps what is pinned", async () => {
  const edge = testEdge(first);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await shown(feed, ({ floor }) => floor === "linear");
  const liked = await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[1]!));
  edge.activate(second);
  expect(await recommender.sync()).toEqual({ status: "updated", release: second.release.id });
  const swapped = await shown(feed, ({ id }) => id !== liked.id);
  expect(swapped.entries.slice(0, 2)).toEqual(liked.entries.slice(0, 2));
  expect(swapped.pinned).toBe(2);
  expect(notices.releases.at(-1)).toEqual({
    release: second.release.id,
    previous: first.release.id,
    floor: "linear",
    verified: "hash",
    bytes: expect.any(Number),
    swapMs: expect.any(Number),
  });
});

test("only files that are not held are fetched for a new release", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const { releaseId } = await import("../../shared/release.ts");
  const { digest, text } = await import("../harness/small-release.ts");
  const { id: _, ...draft } = {
    ...first.release,
    files: { ...first.release.files, neighbours: second.release.files.neighbours },
  };
  edge.activate({ ...first, release: { ...draft, id: await releaseId(draft, { digest, text }) } });
  edge.requests.length = 0;
  // The neighbours are of another release, so it is refused; what was fetched for that is the point here.
  await recommender.sync();
  expect(edge.requests.map(({ line }) => line)).toEqual([
    "GET /v1/manifest?channel=stable",
    `GET /v1/blobs/${second.release.files.neighbours.sha256}`,
  ]);
});

test("in a new space the profile is rebuilt from the items' new vectors", async () => {
  const edge = testEdge(first);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  for (const id of ["item-5", "item-13"]) await after(notices, feed, () => recommender.track("like", id));
  edge.activate(otherSpace);
  await recommender.sync();
  const moved = await recommender.recommend({ surface: "home" });
  // Somebody who liked the same in the new space from the start.
  const fresh = open(testEdge(otherSpace), { consent: "local" });
  await fresh.recommender.sync();
  const other = fresh.recommender.feed({ surface: "home" });
  for (const id of ["item-5", "item-13"]) await after(fresh, other, () => fresh.recommender.track("like", id));
  expect(idsOf(moved)).toEqual(idsOf(await fresh.recommender.recommend({ surface: "home" })));
});

test("a tombstone hides an item from the next list on", async () => {
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const before = await recommender.recommend({ surface: "home" });
  const [hidden] = idsOf(before);
  edge.tombstones = [hidden!];
  await recommender.sync();
  expect(idsOf(await recommender.recommend({ surface: "home" }))).not.toContain(hidden);
});

test("without any edge a first visit is a failed list, and the first sync that works brings the feed", async () => {
  const edge = testEdge(first);
  edge.stop();
  const { recommender, errors } = open(edge, { consent: "local" });
  const feed = recommender.feed({ surface: "home" });
  expect(await recommender.recommend({ surface: "home" })).toMatchObject({
    status: "failed",
    offline: true,
    error: { code: "offline" },
  });
  await shown(feed, ({ status }) => status === "failed");
  expect(errors.map(({ code }) => code)).toEqual(["offline"]);
  edge.start();
  await recommender.sync();
  await shown(feed, ({ status, floor }) => status === "ready" && floor === "linear");
});

test("constants that are missing leave the start pool in its order", async () => {
  const blobs = new Map(first.blobs);
  blobs.delete(first.release.files.constants.sha256);
  const edge = testEdge({ ...first, blobs });
  const { recommender } = open(edge);
  const list = await recommender.recommend({ surface: "home", count: 5 });
  expect(list).toMatchObject({ status: "ready", floor: "start" });
  expect(idsOf(list)).toEqual(["item-0", "item-1", "item-2", "item-3", "item-4"]);
});

test("a worker that cannot be loaded leaves an engine on the page's thread", async () => {
  const edge = testEdge(first);
  const { recommender, notices } = withWorker(edge, () => new Worker("/there-is-no-such-worker.js"));
  const list = await recommender.recommend({ surface: "home" });
  expect(list).toMatchObject({ status: "ready", floor: "linear" });
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ entries }) => entries.length > 0);
  await after(notices, feed, () => recommender.track("like", list.entries[0]!.id));
  await until(() => notices.reactions.length === 1);
});

test("so does a worker that may not be started", async () => {
  const { recommender } = withWorker(testEdge(first), () => {
    throw new DOMException("refused", "SecurityError");
  });
  expect((await recommender.recommend({ surface: "home" })).status).toBe("ready");
});

function withWorker(edge: ReturnType<typeof testEdge>, worker: () => Worker) {
  const notices = open(edge, { worker });
  return { recommender: notices.recommender, notices };
}
