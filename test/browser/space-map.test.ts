import { openDB } from "idb";
import { expect, test } from "vitest";
import { createMapper, withMap } from "../../client-sdk/engine/space-maps.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StoredEvent } from "../../client-sdk/storage/schema.ts";
import { interestAt } from "../../shared/interest.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import { createProfile } from "../../shared/profile.ts";
import type { LoggedEvent } from "../../shared/profile.ts";
import { mapVector } from "../../shared/space-map-file.ts";
import { seeded } from "../harness/small-release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import type { SyntheticRelease } from "../harness/synthetic/release.ts";
import { after, clusterOf, freshNamespace, idsOf, open } from "./open.ts";
import type { Opened } from "./open.ts";
import { openTwin } from "./twin.ts";

const DIM = 16;
const random = seeded(3);
const matrix = () => Float32Array.from({ length: DIM * DIM }, () => (random() - 0.5) / 2);
const [toSecond, toThird] = [matrix(), matrix()];

/** The second and third release have lost the last items of the first, and each has another space. */
const first = await syntheticRelease({ items: 240, dim: DIM, seed: 1 });
const second = await syntheticRelease({
  items: 200,
  dim: DIM,
  seed: 2,
  space: "space-2",
  after: { index: first.index, map: toSecond },
});
const third = await syntheticRelease({
  items: 200,
  dim: DIM,
  seed: 3,
  space: "space-3",
  after: { index: second.index, map: toThird },
});
/** An item that all have, and two of one cluster that only the first has. */
const LIKED = ["item-5", "item-211", "item-219"];

async function likeAll(notices: Opened): Promise<void> {
  const feed = notices.recommender.feed({ surface: "home" });
  for (const id of LIKED) await after(notices, feed, () => notices.recommender.track("like", id));
}

async function eventsIn(namespace: string): Promise<StoredEvent[]> {
  const db = await openDB(databaseName(namespace));
  const events = (await db.getAll("events")) as StoredEvent[];
  db.close();
  return events;
}

/** The order by the linear score alone of a profile made anew in the space of a release: what is gone is mapped by hand. */
async function fromScratch(namespace: string, release: SyntheticRelease, maps: readonly Float32Array[]) {
  const twin = openTwin(release);
  const numbers = new Map(release.index.dictionaries.categories.map((name, number) => [name, number]));
  const log = (await eventsIn(namespace)).map(({ event, known }): LoggedEvent => {
    const row = twin.table.rowOf.get(event.item);
    if (row !== undefined) return twin.event("like", event.item, event.at);
    const original = dequantize(first.index.columns, Number(event.item.slice("item-".length)));
    expect(known!.vector).toEqual(original);
    const vector = maps.reduce((x, map) => mapVector(x, map), original);
    const categories = known!.categories.map((name) => numbers.get(name)!);
    return { event, known: { vector, categories, author: 0, neighbours: known!.neighbours } };
  });
  const now = Math.max(...log.map(({ event }) => event.at));
  const profile = createProfile(twin.model, log);
  const scores = scoreLinear(twin.table, interestAt(profile, twin.model, now), twin.model).total;
  return new Map(release.ids.map((id, row) => [id, scores[row]!]));
}

async function expectScores(notices: Opened, release: SyntheticRelease, maps: readonly Float32Array[]): Promise<void> {
  const list = await notices.recommender.recommend({ surface: "home", count: 50, diversity: 0 });
  expect(list.entries.length).toBe(50);
  const expected = await fromScratch(notices.namespace, release, maps);
  for (const { id, score } of list.entries) expect(Math.abs(score - expected.get(id)!)).toBeLessThan(1e-4);
}

test("after a release of another space the profile is the one made from scratch in it, items that are gone included", async () => {
  const edge = testEdge(first);
  const notices = open(edge, { consent: "local" });
  await notices.recommender.sync();
  await likeAll(notices);
  edge.activate(second);
  expect(await notices.recommender.sync()).toMatchObject({ status: "updated", release: second.release.id });
  await expectScores(notices, second, [toSecond]);
  // The taste is that of the cluster that was liked twice, although both items are gone.
  const top = idsOf(await notices.recommender.recommend({ surface: "home", count: 10, diversity: 0 }));
  expect(top.filter((id) => clusterOf(id) === 3).length).toBeGreaterThan(5);
});

test("a further space is reached through both maps, also after a reload in between", async () => {
  const edge = testEdge(first);
  const namespace = freshNamespace();
  const visit = open(edge, { consent: "local", namespace });
  await visit.recommender.sync();
  await likeAll(visit);
  edge.activate(second);
  await visit.recommender.sync();
  await visit.recommender.close();
  edge.activate(third);
  const next = open(edge, { consent: "local", namespace });
  expect((await next.recommender.sync()).release).toBe(third.release.id);
  await expectScores(next, third, [toSecond, toThird]);
});

test("a rollback finds the vectors as they were", async () => {
  const edge = testEdge(first);
  const notices = open(edge, { consent: "local" });
  await notices.recommender.sync();
  await likeAll(notices);
  edge.activate(second);
  await notices.recommender.sync();
  edge.activate(first);
  await notices.recommender.sync();
  await expectScores(notices, first, []);
});

test("without a map, items that are gone are no evidence", async () => {
  const { spaceMap: _, ...files } = second.release.files;
  const { releaseId } = await import("../../shared/release.ts");
  const { digest, text } = await import("../harness/small-release.ts");
  const { id: __, ...draft } = { ...second.release, files };
  const edge = testEdge(first);
  const notices = open(edge, { consent: "local" });
  await notices.recommender.sync();
  await likeAll(notices);
  edge.activate({ ...second, release: { ...draft, id: await releaseId(draft, { digest, text }) } });
  expect((await notices.recommender.sync()).status).toBe("updated");
  expect(await notices.recommender.profile.get()).toMatchObject({ events: 3, positives: 1 });
});

test("a map that leads elsewhere is refused with its release", async () => {
  const { releaseId } = await import("../../shared/release.ts");
  const { digest, text } = await import("../harness/small-release.ts");
  const files = { ...second.release.files, spaceMap: third.release.files.spaceMap! };
  const { id: _, ...draft } = { ...second.release, files };
  const blobs = new Map([...second.blobs, ...third.blobs]);
  const edge = testEdge(first);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  edge.activate({ ...second, blobs, release: { ...draft, id: await releaseId(draft, { digest, text }) } });
  expect(await recommender.sync()).toMatchObject({
    status: "refused",
    release: first.release.id,
    error: { code: "bad_release", path: "files.spaceMap" },
  });
});

test("vectors go the shortest way, and only as far as maps lead", () => {
  const scaled = (from: string, to: string, by: number) => ({ from, to, map: Float32Array.of(by, 0, 0, by) });
  const maps = [scaled("a", "b", 2), scaled("b", "c", 3), scaled("a", "c", 5)];
  const map = createMapper(maps, "c");
  const x = Float32Array.of(1, -1);
  expect(map(x, "c")).toEqual(x);
  expect(map(x, "b")).toEqual(Float32Array.of(3, -3));
  expect(map(x, "a")).toEqual(Float32Array.of(5, -5));
  expect(map(x, "z")).toBeUndefined();
  expect(createMapper(maps.slice(0, 2), "c")(x, "a")).toEqual(Float32Array.of(6, -6));
  expect(createMapper(maps, "a")(x, "c")).toBeUndefined();
  expect(map(Float32Array.of(1, 2, 3), "b")).toBeUndefined();
  expect(withMap(maps, scaled("b", "c", 4))).toEqual([maps[0], maps[2], scaled("b", "c", 4)]);
});
