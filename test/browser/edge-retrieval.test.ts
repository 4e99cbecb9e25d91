import { openDB } from "idb";
import { expect, test, vi } from "vitest";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StoredEvent } from "../../client-sdk/storage/schema.ts";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { blockOf } from "../../shared/row-blocks.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import type { FeedSnapshot } from "../../client-sdk/index.ts";
import { clusterOf, freshNamespace, idsOf, open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 400, packs: true });
/** As of an edge that has no row blocks. */
const older = await syntheticRelease({ items: 400 });
/** Thirty of each of the eight clusters. */
const START = Uint32Array.from({ length: 240 }, (_, row) => row);
/** What the edge finds: no more than one cluster has, so that it is all of one. */
const FOUND = 40;

/** A feed of a visitor, with the start pool; `answer` is awaited before a retrieval is answered. */
async function openVisit(answer: () => Promise<void> = async () => {}, served = release) {
  const edge = testEdge(served, START);
  const namespace = freshNamespace();
  let asked = 0;
  let answered = 0;
  const fetch: typeof globalThis.fetch = async (url, init) => {
    if (!String(url).endsWith("/retrieve")) return edge.fetch(url, init);
    asked++;
    const request = JSON.parse(String(init?.body)) as object;
    const found = await edge.fetch(url, { ...init, body: JSON.stringify({ ...request, count: FOUND }) });
    await answer();
    answered++;
    return found;
  };
  const openAgain = () => open(edge, { fetch, consent: "full", publicKey: "pk", retrieval: "edge", namespace });
  const notices = openAgain();
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  await recommender.sync();
  /** Likes the first `count` items of a cluster. */
  const likes = (cluster: number, count = LEAST_POSITIVES, from = 0) => {
    for (let i = from; i < from + count; i++) {
      const id = `item-${cluster + 8 * i}`;
      const entry = { id, list: `list-${id}`, position: 0, score: 0, sources: [] };
      recommender.track("like", { ...entry, item: { id, categories: [] } });
    }
  };
  const blocks = () => edge.requests.flatMap(({ line }) => /\/rows\/(\d+)$/.exec(line)?.[1] ?? []).map(Number);
  return { ...notices, openAgain, feed, start, likes, blocks, asked: () => asked, answered: () => answered };
}

/** Neighbours that the stored likes of an item carry, by the item. */
async function storedNeighbours(namespace: string): Promise<Map<string, string[]>> {
  const db = await openDB(databaseName(namespace));
  const entries = (await db.getAll("events")) as StoredEvent[];
  db.close();
  return new Map(
    entries.flatMap(({ event, known }) =>
      event.type === "undo" || !known ? [] : [[event.item, known.neighbours.map(([item]) => item)]],
    ),
  );
}

const isOfStart = ({ id }: { readonly id: string }) => Number(id.slice("item-".length)) < START.length;
/** Something that only the edge has found. */
const isFound = ({ entries }: FeedSnapshot) => entries.some((entry) => clusterOf(entry.id) === 3 && !isOfStart(entry));

test("erase brings the start pool back, and the edge is asked again for the next person", async () => {
  const { recommender, feed, start, likes, errors } = await openVisit();
  likes(3);
  await shown(feed, isFound);
  expect(await recommender.erase()).toMatchObject({ local: "erased" });
  const list = await recommender.recommend({ surface: "home" });
  expect(idsOf(list)).toEqual(idsOf(start));
  expect(list.entries[0]!.sources).toEqual(["popular"]);
  await shown(feed, (snapshot) => String(idsOf(snapshot)) === String(idsOf(start)));
  likes(3);
  await shown(feed, isFound);
  expect(errors).toEqual([]);
});

test("an answer for a profile that was erased meanwhile is not taken into use", async () => {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const { recommender, start, likes, asked, answered } = await openVisit(() => gate);
  likes(3);
  await until(() => asked() === 1);
  await recommender.erase();
  letGo();
  await until(() => answered() === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(idsOf(start));
});

test("a card that is still shown is evidence after its item has left the pool", async () => {
  const { recommender, feed, likes, errors } = await openVisit();
  likes(3);
  const { entries } = await shown(feed, isFound);
  const card = entries.find((entry) => !isOfStart(entry))!;
  likes(6);
  await shown(feed, (snapshot) => snapshot.entries.some((entry) => clusterOf(entry.id) === 6 && !isOfStart(entry)));
  const pool = await recommender.recommend({ surface: "home", count: 200 });
  expect(idsOf(pool)).not.toContain(card.id);
  const before = await recommender.profile.get();
  recommender.track("like", card);
  const after = await recommender.profile.get();
  expect(errors).toEqual([]);
  expect(after.positives).toBe(before.positives + 1);
  recommender.track("like", "item-399");
  await until(() => errors.length > 0);
  expect(errors, "of what was never shown nothing is known").toMatchObject([{ code: "unknown_item" }]);
});

test("the last liked items get their neighbours by row block, and no other block is asked for", async () => {
  const { recommender, feed, namespace, likes, blocks, errors } = await openVisit();
  likes(3, LEAST_POSITIVES - 1);
  await recommender.recommend({ surface: "home" });
  await recommender.profile.get();
  expect(blocks(), "nineteen likes").toEqual([]);
  likes(3, 1, LEAST_POSITIVES - 1);
  await shown(feed, isFound);
  const liked = Array.from({ length: 10 }, (_, i) => `item-${3 + 8 * (LEAST_POSITIVES - 1 - i)}`);
  const count = release.release.costs!.rows.blocks;
  const expected = [...new Set(liked.map((id) => blockOf(id, count)))].sort((a, b) => a - b);
  await until(() => blocks().length > 0);
  await vi.waitFor(async () => {
    const stored = await storedNeighbours(namespace);
    // The next items of its cluster, as the release was made.
    const next = (id: string) =>
      Array.from({ length: 8 }, (_, k) => `item-${(Number(id.slice(5)) + 8 * (k + 1)) % 400}`);
    for (const id of liked) expect(stored.get(id), id).toEqual(next(id));
    expect(stored.get("item-3"), "one of the first").toEqual([]);
  });
  expect(blocks()).toEqual(expected);
  await recommender.recommend({ surface: "home" });
  expect(blocks(), "what is known is not asked for again").toEqual(expected);
  expect(errors).toEqual([]);
});

test("an item that has left the pool gets its neighbours too", async () => {
  const { recommender, feed, namespace, likes, blocks, errors } = await openVisit();
  likes(3);
  const { entries } = await shown(feed, isFound);
  const card = entries.find((entry) => !isOfStart(entry))!;
  likes(6);
  await shown(feed, (snapshot) => snapshot.entries.some((entry) => clusterOf(entry.id) === 6 && !isOfStart(entry)));
  expect(idsOf(await recommender.recommend({ surface: "home", count: 200 }))).not.toContain(card.id);
  const before = blocks().length;
  recommender.track("like", card);
  await until(() => blocks().length > before);
  await vi.waitFor(async () => expect((await storedNeighbours(namespace)).get(card.id)).toHaveLength(8));
  expect(errors).toEqual([]);
});

test("what was learnt is not asked for again at the next visit", async () => {
  const { recommender, feed, namespace, likes, blocks, openAgain } = await openVisit();
  likes(3);
  await shown(feed, isFound);
  await until(() => blocks().length > 0);
  await vi.waitFor(async () => expect((await storedNeighbours(namespace)).get("item-155")).toHaveLength(8));
  await recommender.close();
  const asked = blocks().length;
  const again = openAgain();
  await again.recommender.recommend({ surface: "home" });
  // Any other event lets it look again.
  again.recommender.track("skip", "item-4");
  await again.recommender.recommend({ surface: "home" });
  await again.recommender.profile.get();
  expect(blocks()).toHaveLength(asked);
  again.recommender.track("like", "item-5");
  await until(() => blocks().length > asked);
  expect(blocks().slice(asked)).toEqual([blockOf("item-5", release.release.costs!.rows.blocks)]);
});

test("of a release without row blocks none is asked for", async () => {
  const { feed, likes, blocks, errors } = await openVisit(undefined, older);
  likes(3);
  await shown(feed, isFound);
  expect(blocks()).toEqual([]);
  expect(errors).toEqual([]);
});

test("the edge is asked again when the interests have moved, not at every event", async () => {
  const { recommender, feed, likes, asked, errors } = await openVisit();
  likes(3, LEAST_POSITIVES - 1);
  likes(3, 1);
  await recommender.recommend({ surface: "home" });
  await recommender.profile.get();
  expect(asked(), "twenty likes of nineteen items").toBe(0);
  likes(3, 1, LEAST_POSITIVES - 1);
  await shown(feed, isFound);
  for (let i = LEAST_POSITIVES; i < LEAST_POSITIVES + 6; i++) {
    likes(3, 1, i);
    await recommender.recommend({ surface: "home" });
  }
  expect(asked()).toBe(1);
  likes(6);
  await until(() => asked() === 2);
  expect(errors).toEqual([]);
});
