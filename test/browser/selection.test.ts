import { expect, test } from "vitest";
import type { Entry, List, Moved, Recommender } from "../../client-sdk/index.ts";
import type { Rule } from "../../shared/rules.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import type { TestEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, clusterOf, idsOf, open, shown, until } from "./open.ts";

const DIM = 16;
const exploring = await syntheticRelease({
  items: 300,
  dim: DIM,
  selection: { diversity: 0.1, exploration: { first: 4, every: 10, temperature: 1 } },
});
const still = await syntheticRelease({ items: 300, dim: DIM });
const ROWS = Uint32Array.from({ length: 40 }, (_, row) => row);
const LATER = 8e12;
const SLOTS = [4, 14];

/** The edge's channel has these rules from now on. */
function rule(edge: TestEdge, rules: Rule[]): void {
  edge.finish = (manifest) => ({ ...manifest, channel: { ...manifest.channel, rules } });
}

function exploredIn({ entries }: List): number[] {
  return entries.flatMap(({ explored }, place) => (explored ? [place] : []));
}

function movedIn({ entries }: List): Record<string, Moved> {
  return Object.fromEntries(entries.flatMap(({ id, moved }) => (moved ? [[id, moved]] : [])));
}

async function explained(recommender: Recommender, entry: Entry) {
  return (await recommender.explain(entry))!;
}

test("slots are explored and say so, in lists for somebody and not in lists for nobody", async () => {
  const { recommender } = open(testEdge(exploring, ROWS), { consent: "local" });
  await recommender.sync();
  expect(exploredIn(await recommender.recommend({ surface: "home" })), "somebody who has done nothing yet").toEqual([]);
  recommender.track("like", "item-3");
  const list = await recommender.recommend({ surface: "home" });
  expect(exploredIn(list)).toEqual(SLOTS);
  for (const place of SLOTS) {
    const entry = list.entries[place]!;
    expect(entry.sources).toContain("explore");
    const { sentence, selection, score, terms } = await explained(recommender, entry);
    expect(sentence).toBe("Shown to learn whether you like this.");
    expect(selection).toMatchObject({ explored: true, policy: expect.stringMatching(/^mmr\/2 .*slots=4\+10@1$/) });
    expect(selection.propensity).toBeGreaterThan(0);
    expect(selection.propensity).toBeLessThan(1);
    expect(Math.abs(terms.reduce((sum, { value }) => sum + value, 0) - score)).toBeLessThan(1e-9);
    expect(score).toBeCloseTo(entry.score, 5);
  }
  for (const query of [{ personalized: false }, { diversity: 0 }]) {
    expect(exploredIn(await recommender.recommend({ surface: "home", ...query }))).toEqual([]);
  }
});

test("two lists draw for themselves; a feed keeps what it drew above what its person acts on, and goes on exploring below", async () => {
  const notices = open(testEdge(exploring, ROWS), { consent: "local" });
  const { recommender } = notices;
  await recommender.sync();
  recommender.track("like", "item-3");
  const drawn = new Set<string>();
  for (let n = 0; n < 12; n++) drawn.add((await recommender.recommend({ surface: "home" })).entries[4]!.id);
  expect(drawn.size).toBeGreaterThan(3);
  const feed = recommender.feed({ surface: "home" });
  const opened = await shown(feed, ({ entries }) => entries.length > 0);
  const liked = await after(notices, feed, () => recommender.track("like", opened.entries[6]!));
  expect(liked.entries[4]).toBe(opened.entries[4]);
  expect(exploredIn(liked).slice(0, 2)).toEqual(SLOTS);
});

test("an impression tells how the entry came to be shown, as it was when it was shown", async () => {
  const edge = testEdge(exploring, ROWS);
  const { recommender } = open(edge, { consent: "full", publicKey: "key" });
  await recommender.sync();
  recommender.track("like", "item-3");
  const { entries } = await recommender.recommend({ surface: "home" });
  const told = [entries[0]!, entries[4]!];
  const ids = told.map((entry) => recommender.track("impression", entry));
  // What an app has kept of an entry beside its place makes no difference.
  const bare = recommender.track("impression", { ...entries[14]!, sources: [], explored: false });
  await until(() => [...ids, bare].every((id) => edge.received.includes(id)));
  const events = edge.requests.flatMap(({ line, body }) =>
    line === "POST /v1/events" ? (JSON.parse(body) as { events: { id: string }[] }).events : [],
  );
  const sent = [...ids, bare].map((id) => events.find((each) => each.id === id)!);
  for (const [n, entry] of [...told, entries[14]!].entries()) {
    const { selection } = await explained(recommender, entry);
    expect(sent[n]).toMatchObject({
      type: "impression",
      item: entry.id,
      list: entry.list,
      position: entry.position,
      sources: entry.sources,
      policy: selection.policy,
      explored: selection.explored,
      propensity: selection.propensity,
    });
  }
  expect(sent.map((event) => (event as { explored?: boolean }).explored)).toEqual([false, true, true]);
});

test("the operator's rules hold from the next sync on, are named, and survive a visit without network", async () => {
  const edge = testEdge(still, ROWS);
  const { recommender, namespace } = open(edge, { consent: "local" });
  await recommender.sync();
  const before = await recommender.recommend({ surface: "home" });
  const low = (await recommender.recommend({ surface: "home", count: 200 })).entries.at(-1)!.id;
  rule(edge, [
    { kind: "pin", item: low, until: LATER, position: 1 },
    { kind: "bury", item: before.entries[0]!.id, until: LATER },
    { kind: "boost", category: "c7", until: LATER, deviations: 20, surface: "home" },
    { kind: "pin", item: "item-299", until: 1, position: 0 },
  ]);
  await recommender.sync();
  const ruled = await recommender.recommend({ surface: "home" });
  expect(ruled.entries[1]).toMatchObject({ id: low, moved: "pinned" });
  expect(idsOf(ruled)).not.toContain(before.entries[0]!.id);
  const others = ruled.entries.filter(({ id }) => id !== low);
  for (const { id, moved } of others) expect(moved).toBe(clusterOf(id) === 7 ? "boosted" : undefined);
  expect(others[0]!.moved).toBe("boosted");
  const pinned = await explained(recommender, ruled.entries[1]!);
  expect(pinned).toMatchObject({
    sentence: "Placed here by the people who run this app.",
    selection: { moved: "pinned", explored: false, propensity: 1 },
  });
  expect(pinned.selection.byScore).toBeGreaterThan(100);
  expect(pinned.score).toBeCloseTo(ruled.entries[1]!.score, 5);
  expect(movedIn(await recommender.recommend({ surface: "sidebar" }))).toEqual({ [low]: "pinned" });
  await recommender.close();
  edge.stop();
  const again = open(edge, { consent: "local", namespace });
  const offline = await again.recommender.recommend({ surface: "home" });
  expect(idsOf(offline)).toEqual(idsOf(ruled));
  expect(movedIn(offline)).toEqual(movedIn(ruled));
});

test("a feed follows rules that come and go, above what is pinned by its person nothing moves", async () => {
  const edge = testEdge(still, ROWS);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await shown(feed, ({ entries }) => entries.length > 0);
  const acted = await after(notices, feed, () => recommender.track("like", feed.getSnapshot().entries[2]!));
  const late = "item-250";
  rule(edge, [{ kind: "pin", item: late, until: LATER, position: 0 }]);
  await recommender.sync();
  const ruled = await shown(feed, ({ entries }) => entries.some(({ id }) => id === late));
  expect(ruled.entries.slice(0, 3)).toEqual(acted.entries.slice(0, 3));
  expect(ruled.entries[3]).toMatchObject({ id: late, moved: "pinned" });
  rule(edge, []);
  await recommender.sync();
  await shown(feed, ({ entries }) => entries.every(({ moved }) => moved === undefined));
});

test("what the person has hidden or seen no rule brings back", async () => {
  const edge = testEdge(still, ROWS);
  rule(edge, [
    { kind: "pin", item: "item-5", until: LATER, position: 0 },
    { kind: "pin", item: "item-6", until: LATER, position: 1 },
  ]);
  const notices = open(edge, { consent: "local" });
  const { recommender } = notices;
  const feed = recommender.feed({ surface: "home" });
  await recommender.sync();
  await shown(feed, ({ entries }) => entries[0]?.id === "item-5");
  await after(notices, feed, () => recommender.track("hide", "item-5"));
  await after(notices, feed, () => recommender.track("like", "item-6"));
  const list = await recommender.recommend({ surface: "home", count: 200 });
  expect(idsOf(list)).not.toContain("item-5");
  expect(idsOf(list)).not.toContain("item-6");
});
