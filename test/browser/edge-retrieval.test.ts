import { expect, test } from "vitest";
import { LEAST_POSITIVES } from "../../client-sdk/sync/retrieve.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { clusterOf, idsOf, open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 400 });
/** What the edge finds: no more than one of the eight clusters has, so that it is all of one. */
const FOUND = 40;

/** A feed of a visitor who likes cluster 3, with the start pool; `answer` is awaited before a retrieval is answered. */
async function openVisit(answer: () => Promise<void> = async () => {}) {
  const edge = testEdge(release);
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
  const notices = open(edge, { fetch, consent: "full", publicKey: "pk", retrieval: "edge" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  const start = await shown(feed, ({ floor }) => floor === "linear");
  const liked = [3, 11, 19, 27, 35].map((i) => `item-${i}`);
  const likes = (from: number) => {
    for (let i = 0; i < LEAST_POSITIVES; i++) {
      const entry = { id: liked[i % 5]!, list: `list-${from + i}`, position: 0, score: 0, sources: [] };
      recommender.track("like", { ...entry, item: { id: entry.id, categories: [] } });
    }
  };
  return { ...notices, feed, start, likes, asked: () => asked, answered: () => answered };
}

test("erase brings the start pool back, and the edge is asked again for the next person", async () => {
  const { recommender, feed, start, likes, errors } = await openVisit();
  likes(0);
  const isFound = ({ entries }: typeof start) => entries.length > 0 && entries.every(({ id }) => clusterOf(id) === 3);
  await shown(feed, isFound);
  expect(await recommender.erase()).toEqual({ local: "erased" });
  const list = await recommender.recommend({ surface: "home" });
  expect(idsOf(list)).toEqual(idsOf(start));
  expect(list.entries[0]!.sources).toEqual(["popular"]);
  await shown(feed, (snapshot) => String(idsOf(snapshot)) === String(idsOf(start)));
  likes(LEAST_POSITIVES);
  await shown(feed, isFound);
  expect(errors).toEqual([]);
});

test("an answer for a profile that was erased meanwhile is not taken into use", async () => {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const { recommender, start, likes, asked, answered } = await openVisit(() => gate);
  likes(0);
  await until(() => asked() === 1);
  await recommender.erase();
  letGo();
  await until(() => answered() === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(idsOf(await recommender.recommend({ surface: "home" }))).toEqual(idsOf(start));
});

test("a card that is still shown is evidence after its item has left the pool", async () => {
  const { recommender, feed, start, likes, errors } = await openVisit();
  const other = start.entries.find(({ id }) => clusterOf(id) === 5)!;
  likes(0);
  await shown(feed, ({ entries }) => entries.length > 0 && entries.every(({ id }) => clusterOf(id) === 3));
  const before = await recommender.profile.get();
  recommender.track("like", other);
  const after = await recommender.profile.get();
  expect(errors).toEqual([]);
  expect(after.positives).toBe(before.positives + 1);
  recommender.track("like", "item-399");
  await until(() => errors.length > 0);
  expect(errors, "of what was never shown nothing is known").toMatchObject([{ code: "unknown_item" }]);
});
