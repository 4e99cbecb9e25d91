import { expect, test } from "vitest";
import { FEATURES } from "../../shared/features.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { linearGraphs } from "../harness/synthetic/graphs.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { clusterOf, idsOf, open, shown } from "./open.ts";

const DIM = 16;
const ITEMS = 400;
const graphs = linearGraphs(
  DIM,
  Float32Array.from({ length: FEATURES.length }, (_, i) => Math.cos(i) / 50),
);
const linear = await syntheticRelease({ items: ITEMS, dim: DIM });
const deep = await syntheticRelease({ items: ITEMS, dim: DIM, models: { ...graphs, heads: ["like"] } });
const floors = [
  ["linear", linear],
  ["deep", deep],
] as const;

async function openOn([floor, release]: (typeof floors)[number]) {
  const opened = open(testEdge(release), { consent: "local" });
  const feed = opened.recommender.feed({ surface: "home" });
  await shown(feed, (each) => each.floor === floor);
  await opened.recommender.sync();
  return opened;
}

test.for(floors)("on the %s floor rank orders the app's own candidates by their scores", async (floor) => {
  const { recommender, errors } = await openOn(floor);
  for (const id of ["item-3", "item-11", "item-19"]) recommender.track("like", id);
  const ids = Array.from({ length: 60 }, (_, i) => `item-${i}`);
  const list = await recommender.rank(ids, { surface: "search" });
  expect(list.status).toBe("ready");
  expect(list.floor).toBe(floor[0]);
  expect(new Set(idsOf(list)), "liked ones are among them: the app asked for them").toEqual(new Set(ids));
  expect(list.entries.map(({ score }) => score)).toEqual(list.entries.map(({ score }) => score).sort((a, b) => b - a));
  const scores = new Map(list.entries.map(({ id, score }) => [id, score]));
  const again = await recommender.rank([...ids].reverse(), { surface: "search", count: 5 });
  expect(idsOf(again), "whatever the order they come in").toEqual(idsOf(list).slice(0, 5));
  for (const entry of again.entries) {
    expect(entry.score).toBeCloseTo(scores.get(entry.id)!, 6);
    const why = (await recommender.explain(entry))!;
    expect(Math.abs(why.terms.reduce((sum, { value }) => sum + value, 0) - entry.score)).toBeLessThan(1e-5);
  }
  expect(errors).toEqual([]);
});

test("rank leaves out what the device does not know, what is excluded and what is deleted, and says partial", async () => {
  const edge = testEdge(linear);
  edge.tombstones = ["item-2"];
  const { recommender } = open(edge, { consent: "local" });
  await recommender.sync();
  const ids = ["item-1", "item-2", "no such item", "item-3", "item-3", "item-4"];
  const list = await recommender.rank(ids, { surface: "search", exclude: ["item-4"] });
  expect(new Set(idsOf(list))).toEqual(new Set(["item-1", "item-3"]));
  expect(list.entries).toHaveLength(2);
  expect(list.status).toBe("partial");
  const none = await recommender.rank([], { surface: "search" });
  expect(none.status).toBe("empty");
});

test("rank without taste is the order for a stranger", async () => {
  const { recommender } = await openOn(floors[0]);
  const ids = Array.from({ length: 40 }, (_, i) => `item-${i}`);
  const stranger = await recommender.rank(ids, { surface: "search" });
  for (const id of ["item-3", "item-11", "item-19"]) recommender.track("like", id);
  const mine = await recommender.rank(ids, { surface: "search" });
  const unmoved = await recommender.rank(ids, { surface: "search", personalized: false });
  expect(idsOf(mine)).not.toEqual(idsOf(stranger));
  expect(idsOf(unmoved)).toEqual(idsOf(stranger));
});

test.for(floors)(
  "on the %s floor similar items are of the item's cluster, without itself and what was seen",
  async (floor) => {
    const { recommender, errors } = await openOn(floor);
    recommender.track("like", "item-11");
    const list = await recommender.similar("item-3", { count: 10 });
    expect(list.entries).toHaveLength(10);
    expect(idsOf(list)).not.toContain("item-3");
    expect(idsOf(list)).not.toContain("item-11");
    const alike = idsOf(list).filter((id) => clusterOf(id) === 3).length;
    // By chance one in eight would be.
    expect(alike).toBeGreaterThanOrEqual(8);
    expect(list.entries.every(({ sources }) => sources.includes("similar"))).toBe(true);
    const why = (await recommender.explain(list.entries[0]!))!;
    expect(Math.abs(why.terms.reduce((sum, { value }) => sum + value, 0) - list.entries[0]!.score)).toBeLessThan(1e-5);
    expect(why.terms.some((term) => term.kind === "event" && term.item === "item-3")).toBe(true);
    expect(errors).toEqual([]);
  },
);

test.for(floors)(
  "on the %s floor what cannot be ranked is a failed list with its path, and no model is blamed",
  async (floor) => {
    const { recommender, errors, releases } = await openOn(floor);
    const missing = await recommender.similar("no such item");
    expect(missing.status).toBe("failed");
    expect(missing.error).toMatchObject({ code: "unknown_item", path: "id" });
    const wrong = [
      await recommender.rank("item-1" as unknown as string[], { surface: "search" }),
      await recommender.rank([7 as unknown as string], { surface: "search" }),
      await recommender.rank(undefined as unknown as string[], { surface: "search" }),
      await recommender.similar(undefined as unknown as string),
      await recommender.rank(["item-1"], undefined as unknown as { surface: string }),
    ];
    for (const list of wrong) {
      expect(list.status).toBe("failed");
      expect(list.error).toBeDefined();
    }
    expect(errors).toEqual([]);
    expect(releases.at(-1)!.floor).toBe(floor[0]);
    expect((await recommender.recommend({ surface: "home" })).floor).toBe(floor[0]);
  },
);
