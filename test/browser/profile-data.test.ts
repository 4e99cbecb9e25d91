/** Adjusting a profile by hand, taking it along, and bringing it back. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Feed, ProfileExport } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { seeded } from "../harness/small-release.ts";
import { after, clusterOf, freshNamespace, idsOf, open, shown, until } from "./open.ts";
import type { Opened } from "./open.ts";

const release = await syntheticRelease({ items: 120, dim: 8, clusters: 4 });
const NOW = 1_700_000_000_000;
/** Later than everything that happens in a session: then lists differ by what is known, not by the clock. */
const LATER = NOW + 3_600_000;

async function ready(options: Parameters<typeof open>[1] = {}, edge = testEdge(release)) {
  const opened = open(edge, { consent: "local", now: () => NOW, ...options });
  await opened.recommender.sync();
  return opened;
}

async function linear({ recommender }: Opened): Promise<Feed> {
  const feed = recommender.feed({ surface: "home", count: 10 });
  await shown(feed, ({ floor }) => floor === "linear");
  return feed;
}

/** Everything that lists can show of a profile. */
async function effect({ recommender }: Opened) {
  const { entries } = await recommender.recommend({ surface: "home", count: 200, diversity: 0 });
  const scores = Object.fromEntries(entries.map(({ id, score }) => [id, score]));
  return { scores, profile: await recommender.profile.get() };
}

async function exported({ recommender }: Opened): Promise<ProfileExport> {
  const file = await recommender.profile.export();
  // What an app stores and reads again.
  return JSON.parse(JSON.stringify(file)) as ProfileExport;
}

/** Whether a list is of one category, but for what variety and exploration put in. */
function mostlyOf(category: number, entries: readonly { readonly id: string }[]): boolean {
  return entries.filter(({ id }) => clusterOf(id, 4) === category).length >= 7;
}

function undated(file: ProfileExport): object {
  return { ...file, exportedAt: 0 };
}

/** A random session of every kind of act, undos and adjustments. */
async function live({ recommender }: Opened, seed: number, acts: number): Promise<void> {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const ids: string[] = [];
  for (let i = 0; i < acts; i++) {
    const item = `item-${Math.floor(random() * 120)}`;
    const kind = pick(["like", "skip", "hide", "view", "impression", "undo", "adjust"] as const);
    if (kind === "undo") recommender.undo(ids.length > 0 ? pick(ids) : "7".repeat(26));
    else if (kind === "adjust") recommender.profile.adjust(pick(["c0", "c1", "c2"]), pick([-1, 0, 0.5, 1]));
    else if (kind === "view") ids.push(recommender.track("view", item, { dwellMs: 900, fraction: random() }));
    else ids.push(recommender.track(kind, item));
  }
  await recommender.profile.get();
}

test("export, erase and import give back the same profile, whatever was done before", async () => {
  let clock = NOW;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 40 }), async (seed, acts) => {
      clock = NOW;
      const opened = await ready({ now: () => (clock < LATER ? clock++ : LATER) });
      await live(opened, seed, acts);
      clock = LATER;
      const before = await effect(opened);
      const file = await exported(opened);
      expect(await opened.recommender.erase()).toMatchObject({ local: "erased" });
      expect((await exported(opened)).events).toEqual([]);
      const answer = await opened.recommender.profile.import(file);
      expect(answer).toEqual({ status: "imported", events: file.events.length });
      expect(await effect(opened)).toEqual(before);
      expect(undated(await exported(opened))).toEqual(undated(file));
      await opened.recommender.close();
      const again = await ready({ namespace: opened.namespace, now: () => LATER });
      expect(undated(await exported(again))).toEqual(undated(file));
      expect(await effect(again)).toEqual(before);
      await again.recommender.erase();
    }),
    { numRuns: 8 },
  );
}, 60_000);

test("an import unites: no event counts twice, and its adjustments win", async () => {
  const [here, there] = [await ready(), await ready()];
  here.recommender.track("like", "item-1");
  here.recommender.track("hide", "item-2");
  here.recommender.profile.adjust("c1", 1);
  here.recommender.profile.adjust("c2", -0.5);
  there.recommender.track("like", "item-3");
  there.recommender.profile.adjust("c1", -1);
  const file = await exported(here);
  expect(await there.recommender.profile.import(file)).toEqual({ status: "imported", events: 2 });
  expect(await there.recommender.profile.import(file)).toEqual({ status: "imported", events: 0 });
  const { events, positives, adjustments } = await there.recommender.profile.get();
  expect({ events, positives, adjustments }).toEqual({ events: 3, positives: 2, adjustments: { c1: 1, c2: -0.5 } });
  const list = await there.recommender.recommend({ surface: "home", count: 200 });
  for (const id of ["item-1", "item-2", "item-3"]) expect(idsOf(list)).not.toContain(id);
});

test("an event that an import holds twice is one event", async () => {
  const opened = await ready();
  opened.recommender.track("like", "item-1");
  const file = await exported(opened);
  await opened.recommender.erase();
  const twice = { ...file, events: [...file.events, ...file.events] };
  expect(await opened.recommender.profile.import(twice)).toEqual({ status: "imported", events: 1 });
  expect(undated(await exported(opened))).toEqual(undated(file));
});

test("an import is not uploaded: it was done on another device", async () => {
  const edge = testEdge(release);
  const source = await ready();
  source.recommender.track("like", "item-1");
  const file = await exported(source);
  const opened = await ready({ consent: "full", publicKey: "key", now: Date.now }, edge);
  expect(await opened.recommender.profile.import(file)).toMatchObject({ status: "imported", events: 1 });
  const own = opened.recommender.track("like", "item-5");
  await until(() => edge.received.length > 0);
  expect(edge.received).toEqual([own]);
});

test.for([
  ["nothing", undefined, "wrong_type", undefined],
  ["text", "{}", "wrong_type", undefined],
  ["another format", { format: "playlist", version: 1 }, "wrong_version", "format"],
  ["a later version", { format: "nearfeed-profile", version: 3 }, "wrong_version", "version"],
  ["a function", { format: () => 1 }, "bad_value", undefined],
] as const)("an import of %s is refused", async ([, data, code, path]) => {
  const { recommender } = await ready();
  const answer = await recommender.profile.import(data);
  expect(answer).toMatchObject({ status: "refused", events: 0 });
  expect({ code: answer.error?.code, path: answer.error?.path }).toEqual({ code, path });
});

/** An exported profile that anything can be done to. */
interface Damaged {
  events: { event: Record<string, unknown>; known: Record<string, unknown>; why?: unknown }[];
  seen: unknown[];
  adjustments: Record<string, unknown>;
}

test.for<[string, (file: Damaged) => void, string, string]>([
  ["an event of no kind", (file) => void (file.events[0]!.event.type = "stare"), "bad_value", "events[0].event.type"],
  ["an id that is none", (file) => void (file.events[0]!.event.id = "7"), "bad_value", "events[0].event.id"],
  ["a field too many", (file) => void (file.events[0]!.why = 1), "unknown_field", "events[0].why"],
  ["letters for a vector", (file) => void (file.events[0]!.known.vector = "ü"), "bad_value", "events[0].known.vector"],
  [
    "half a number",
    (file) => void (file.events[0]!.known.vector = "AAAA"),
    "bad_vector_length",
    "events[0].known.vector",
  ],
  ["no number", (file) => void (file.events[0]!.known.vector = "AADAfw=="), "not_finite", "events[0].known.vector"],
  ["a mark without a time", (file) => void file.seen.push({ item: "x" }), "missing_field", "seen[0].at"],
  ["too much of a category", (file) => void (file.adjustments.c1 = 1.5), "bad_value", "adjustments.c1"],
])("an import with %s is refused as a whole, and says where", async ([, damage, code, path]) => {
  const opened = await ready();
  const id = opened.recommender.track("like", "item-1");
  opened.recommender.profile.adjust("c1", 0.5);
  const file = await exported(opened);
  opened.recommender.undo(id);
  const before = undated(await exported(opened));
  damage(file as unknown as Damaged);
  const answer = await opened.recommender.profile.import(file);
  expect(answer.status).toBe("refused");
  expect({ code: answer.error?.code, path: answer.error?.path }).toEqual({ code, path });
  expect(undated(await exported(opened))).toEqual(before);
});

test("an adjustment re-ranks at once, is a term of its own, survives a reload, and can be taken back", async () => {
  const opened = await ready();
  const { recommender } = opened;
  const feed = await linear(opened);
  const start = feed.getSnapshot();
  recommender.profile.adjust("c3", 1);
  const raised = await shown(feed, ({ entries }) => mostlyOf(3, entries));
  const explained = await recommender.explain(raised.entries[0]!);
  expect(explained?.terms).toContainEqual(expect.objectContaining({ kind: "adjustment", value: 1 }));
  expect(explained?.score).toBeCloseTo(raised.entries[0]!.score, 5);
  expect((await recommender.profile.get()).adjustments).toEqual({ c3: 1 });
  // What was shown before is explained by what held then.
  const earlier = await recommender.explain(start.entries[0]!);
  expect(earlier?.terms.map(({ kind }) => kind)).not.toContain("adjustment");
  expect(earlier?.score).toBeCloseTo(start.entries[0]!.score, 5);
  await recommender.close();
  const again = await ready({ namespace: opened.namespace });
  const list = await again.recommender.recommend({ surface: "home", count: 10 });
  expect(mostlyOf(3, list.entries)).toBe(true);
  const nobody = await again.recommender.recommend({ surface: "home", count: 10, personalized: false });
  expect(mostlyOf(3, nobody.entries)).toBe(false);
  again.recommender.profile.adjust("c3", 0);
  expect((await again.recommender.profile.get()).adjustments).toEqual({});
});

test("an adjustment in one tab re-ranks the other", async () => {
  const namespace = freshNamespace();
  const [here, there] = [await ready({ namespace }), await ready({ namespace })];
  const feed = await linear(there);
  here.recommender.profile.adjust("c2", 1);
  await shown(feed, ({ entries }) => mostlyOf(2, entries));
  there.recommender.profile.adjust("c1", -1);
  await until(() => there.errors.length === 0);
  await expect.poll(async () => (await here.recommender.profile.get()).adjustments).toEqual({ c1: -1, c2: 1 });
});

test("a like takes no adjustment away, and an erasure takes all", async () => {
  const opened = await ready();
  const feed = await linear(opened);
  opened.recommender.profile.adjust("c2", -1);
  await after(opened, feed, () => opened.recommender.track("like", "item-2"));
  expect((await opened.recommender.profile.get()).adjustments).toEqual({ c2: -1 });
  await opened.recommender.erase();
  expect((await opened.recommender.profile.get()).adjustments).toEqual({});
});

test("what was set and imported while nothing could be stored is stored once it may be", async () => {
  const source = await ready();
  source.recommender.track("like", "item-9");
  const file = {
    ...(await exported(source)),
    seen: [{ item: "item-33", at: NOW }],
    banned: [{ item: "item-33", at: NOW }],
  };
  const opened = await ready({ consent: "denied" });
  opened.recommender.profile.adjust("c2", 0.5);
  expect(await opened.recommender.profile.import(file)).toMatchObject({ status: "imported", events: 1 });
  await opened.recommender.setConsent("local");
  await opened.recommender.close();
  const again = await ready({ namespace: opened.namespace });
  expect(undated(await exported(again))).toEqual(undated({ ...file, adjustments: { c2: 0.5 } }));
  expect(idsOf(await again.recommender.rank(["item-33", "item-34"], { surface: "home" }))).toEqual(["item-34"]);
});

test("what cannot be adjusted is reported and changes nothing", async () => {
  const { recommender, errors } = await ready();
  recommender.profile.adjust("no such category", 1);
  recommender.profile.adjust("c1", 2);
  recommender.profile.adjust("c1", NaN);
  recommender.profile.adjust(undefined as never, 1);
  await until(() => errors.length === 4);
  expect(errors.map(({ code, path }) => [code, path])).toEqual([
    ["bad_value", "category"],
    ["bad_value", "x"],
    ["not_finite", "x"],
    ["wrong_type", "category"],
  ]);
  expect((await recommender.profile.get()).adjustments).toEqual({});
});
