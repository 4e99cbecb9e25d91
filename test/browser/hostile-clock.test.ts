import { expect, test } from "vitest";
import type { Options } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { openWatched } from "./hostile/watch.ts";
import { after, clusterOf, freshNamespace, idsOf, shown } from "./open.ts";
import type { Opened } from "./open.ts";

const YEAR_MS = 365 * 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const release = await syntheticRelease({ items: 200 });

async function openFeed(options: Partial<Options>) {
  const notices = openWatched(testEdge(release), { consent: "local", namespace: freshNamespace(), ...options });
  const feed = notices.recommender.feed({ surface: "home" });
  await notices.recommender.sync();
  await shown(feed, ({ floor, entries }) => floor === "linear" && entries.length > 0);
  return { notices, feed };
}

async function like(notices: Opened, feed: Awaited<ReturnType<typeof openFeed>>["feed"], items: readonly number[]) {
  for (const item of items) await after(notices, feed, () => notices.recommender.track("like", `item-${item}`));
  return feed.getSnapshot();
}

function shareOf(cluster: number, list: Parameters<typeof idsOf>[0]): number {
  return idsOf(list).filter((id) => clusterOf(id) === cluster).length / list.entries.length;
}

test.for([
  ["an hour", 3_600_000],
  ["a year", YEAR_MS],
  ["as far as a number goes", Number.MAX_SAFE_INTEGER],
] as const)(
  "a clock that was ahead by %s for one event poisons nothing, now or at the next visit",
  async ([, ahead]) => {
    let now = NOW;
    const namespace = freshNamespace();
    const { notices, feed } = await openFeed({ namespace, now: () => now });
    now = NOW + ahead;
    await like(notices, feed, [1]);
    now = NOW + 60_000;
    const list = await like(notices, feed, [3, 11, 19, 27, 35, 43]);
    expect(shareOf(3, list), "six likes of one cluster lead, by chance one in eight would").toBeGreaterThan(0.4);
    const { recent } = await notices.recommender.profile.get();
    expect(recent.map(({ weight }) => weight > 0.5).slice(0, 6)).toEqual([true, true, true, true, true, true]);
    await notices.recommender.close();

    now = NOW + 3_600_000;
    const again = await openFeed({ namespace, now: () => now });
    expect(shareOf(3, again.feed.getSnapshot())).toBeGreaterThan(0.4);
    await like(again.notices, again.feed, [5, 13, 21, 29, 37, 45]);
    expect(shareOf(5, again.feed.getSnapshot()), "what was liked last counts").toBeGreaterThan(0.3);
    const profile = await again.notices.recommender.profile.get();
    expect(profile.positives).toBe(13);
    const [first] = [...profile.categories].sort((a, b) => b.intent - a.intent);
    expect(first?.name).toBe("c5");
    expect(notices.errors).toEqual([]);
  },
);

test("a clock that was a year behind for a visit takes nothing from what is known once it is right again", async () => {
  let now = NOW;
  const namespace = freshNamespace();
  const { notices, feed } = await openFeed({ namespace, now: () => now });
  await like(notices, feed, [3, 11, 19, 27]);
  const before = await notices.recommender.profile.get();
  await notices.recommender.close();
  now = NOW - YEAR_MS;
  const wrong = await openFeed({ namespace, now: () => now });
  await like(wrong.notices, wrong.feed, [5]);
  expect((await wrong.notices.recommender.profile.get()).positives).toBe(5);
  await wrong.notices.recommender.close();
  now = NOW + 60_000;
  const right = await openFeed({ namespace, now: () => now });
  const { recent } = await right.notices.recommender.profile.get();
  const weights = (of: typeof recent) => of.filter(({ item }) => item !== "item-5").map(({ item, at }) => [item, at]);
  expect(weights(recent)).toEqual(weights(before.recent));
  expect(shareOf(3, right.feed.getSnapshot())).toBeGreaterThan(0.4);
});

test.for<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("no time");
    },
  ],
  ["gives NaN", () => NaN],
  ["gives -1", () => -1],
  ["gives a string", () => "now"],
  ["gives a bigint", () => 1_800_000_000_000n],
  ["gives a date", () => new Date(NaN)],
  ["gives more than an id has room for", () => 2 ** 52],
  ["gives infinity", () => Infinity],
  ["gives nothing", () => undefined],
])("a clock that %s is replaced by the browser's", async ([, wrong]) => {
  const { notices, feed } = await openFeed({ now: wrong as () => number });
  const from = Date.now();
  await like(notices, feed, [3]);
  const { recent } = await notices.recommender.profile.get();
  expect(recent[0]!.at).toBeGreaterThanOrEqual(from);
  expect(recent[0]!.at).toBeLessThanOrEqual(Date.now());
  expect(notices.errors).toEqual([]);
});

test.for<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("no luck");
    },
  ],
  ["gives NaN", () => NaN],
  ["gives 1", () => 1],
  ["gives -0.5", () => -0.5],
  ["gives a bigint", () => 0n],
  ["gives the same always", () => 0.5],
])("a random that %s still gives every event an id of its own", async ([, wrong]) => {
  const { notices, feed } = await openFeed({ random: wrong as () => number, now: () => NOW });
  const ids = [1, 2, 3, 4].map((item) => notices.recommender.track("like", `item-${item}`));
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  await shown(feed, ({ entries }) => !idsOf({ entries }).includes("item-4"));
  expect((await notices.recommender.profile.get()).events).toBe(4);
  expect(notices.errors).toEqual([]);
});

test("details beyond all bounds are refused with their paths, and cost only their own event", async () => {
  const { notices } = await openFeed({});
  const { recommender, errors } = notices;
  const view = (details: object) => recommender.track("view", "item-1", details as { dwellMs: number });
  for (const dwellMs of [NaN, -1, Infinity, 1e308]) view({ dwellMs });
  for (const fraction of [2, -0.1, NaN]) view({ dwellMs: 1_000, fraction });
  for (const value of [1e308, -1, NaN]) recommender.track("purchase", "item-1", { value });
  for (const value of [0, 5.5, Infinity]) recommender.track("rating", "item-1", { value });
  recommender.track("rating", "item-1", { value: 5, at: 5, id: "mine", type: "like" } as { value: number });
  const { events, positives } = await recommender.profile.get();
  expect({ events, positives }).toEqual({ events: 1, positives: 1 });
  expect(errors).toHaveLength(13);
  for (const { path } of errors) expect(path).toMatch(/^event\.(dwellMs|fraction|value)$/);
});
