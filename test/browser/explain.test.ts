import { expect, test } from "vitest";
import { FEATURES } from "../../shared/features.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, clusterOf, open, shown } from "./open.ts";

const DIM = 16;
const graphs = linearGraphs(
  DIM,
  Float32Array.from({ length: FEATURES.length }, (_, i) => Math.sin(i) / 50),
);
const linear = await syntheticRelease({ items: 300, dim: DIM });
const deep = await syntheticRelease({ items: 300, dim: DIM, models: { ...graphs, heads: ["like"] } });

test.for([
  ["linear", linear],
  ["deep", deep],
] as const)("on the %s floor the terms of every entry sum to its score, pinned or not", async ([floor, release]) => {
  const notices = open(testEdge(release), { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, (each) => each.floor === floor);
  await recommender.sync();
  for (const id of ["item-3", "item-11", "item-19"]) await after(notices, feed, () => recommender.track("like", id));
  await after(notices, feed, () => recommender.track("skip", feed.getSnapshot().entries[2]!));
  const { entries } = await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[6]!));
  const list = await recommender.recommend({ surface: "home" });
  for (const entry of [...entries, ...list.entries]) {
    const why = (await recommender.explain(entry))!;
    expect(why.current).toBe(true);
    expect(Math.abs(why.terms.reduce((sum, { value }) => sum + value, 0) - entry.score)).toBeLessThan(1e-5);
    expect(Math.abs(why.score - entry.score)).toBeLessThan(1e-5);
    expect(why.uncertainty).toBeGreaterThan(0);
    expect(why.terms.some(({ kind }) => kind === "deep")).toBe(floor === "deep");
  }
  // What speaks most for an item of the cluster that was liked first is an event of that cluster.
  const near = list.entries.find(({ id }) => clusterOf(id) === 3)!;
  const [first] = (await recommender.explain(near))!.terms.filter((term) => term.kind === "event");
  expect(first!.value).toBeGreaterThan(0);
  expect(clusterOf(first!.item)).toBe(3);
});

test("an entry of a release that is gone is explained by the one in use, and says so", async () => {
  const edge = testEdge(linear);
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const { entries } = await recommender.recommend({ surface: "home" });
  edge.activate(deep);
  await recommender.sync();
  const why = await recommender.explain(entries[0]!);
  expect(why).toMatchObject({ current: false });
});

test("an entry that was never given out is not explained", async () => {
  const { recommender } = open(testEdge(linear), { consent: "local" });
  await recommender.sync();
  const [entry] = (await recommender.recommend({ surface: "home" })).entries;
  expect(await recommender.explain({ ...entry!, list: "another" })).toBeUndefined();
});

test("the profile's bars rise for what is liked, at both time scales, and counts are counts", async () => {
  const notices = open(testEdge(linear), { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  const empty = await recommender.profile.get();
  expect(empty).toMatchObject({ events: 0, positives: 0, recent: [] });
  expect(empty.categories.map(({ taste, intent }) => [taste, intent])).toEqual(Array.from({ length: 8 }, () => [0, 0]));
  for (let i = 0; i < 6; i++) await after(notices, feed, () => recommender.track("like", `item-${3 + 8 * i}`));
  await after(notices, feed, () => recommender.track("skip", "item-4"));
  const profile = await recommender.profile.get();
  expect(profile).toMatchObject({ events: 7, positives: 6 });
  expect(profile.categories[0]).toMatchObject({ name: "c3", items: 38 });
  expect(profile.categories[0]!.taste).toBeGreaterThan(1);
  expect(profile.categories[0]!.intent).toBeGreaterThan(1);
  const mean = profile.categories.reduce((sum, { taste, items }) => sum + taste * items, 0) / 300;
  expect(Math.abs(mean)).toBeLessThan(1e-4);
  expect(profile.recent.map(({ item }) => item)).toEqual([43, 35, 27, 19, 11, 3].map((i) => `item-${i}`));
  expect(profile.recent.every(({ weight }, i, all) => i === 0 || weight < all[i - 1]!.weight)).toBe(true);
});
