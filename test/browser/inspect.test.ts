// What a recommender says of itself: `inspect`, and the figures that come with its notices.
import { expect, test } from "vitest";
import { deviceFiles } from "../../shared/release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { after, freshNamespace, open, shown, until } from "./open.ts";

const release = await syntheticRelease({ items: 200, seed: 1 });
const next = await syntheticRelease({ items: 240, seed: 2 });
/** Every file that a device with the whole catalogue needs of a release, but for those it has. */
const bytesOf = ({ release: wanted }: typeof release, has: ReadonlySet<string>) =>
  deviceFiles(wanted)
    .filter(({ sha256 }) => sha256 !== wanted.files.cells?.sha256 && !has.has(sha256))
    .reduce((sum, { bytes }) => sum + bytes, 0);

test("it names the release, the channel, the retrieval and what is stored", async () => {
  const { recommender } = open(testEdge(release), { consent: "local" });
  await recommender.sync();
  const inspection = await recommender.inspect();
  expect(inspection).toMatchObject({
    consent: "local",
    floor: "linear",
    offline: false,
    retrieval: "device",
    candidates: 200,
    release: { id: release.release.id, items: 200, space: release.release.space, verified: "hash" },
    channel: { name: "stable", sequence: 1 },
    log: { events: 0, signals: 0 },
    events: [],
  });
  expect(inspection!.storage!.usage).toBeGreaterThan(0);
});

test("an event is listed with what it weighs, and without once it is taken back", async () => {
  const opened = open(testEdge(release), { consent: "local" });
  const { recommender } = opened;
  const feed = recommender.feed({ surface: "home" });
  await shown(feed, ({ floor }) => floor === "linear");
  await recommender.sync();
  let like = "";
  await after(opened, feed, () => (like = recommender.track("like", "item-3")));
  await after(opened, feed, () => recommender.track("skip", "item-4"));
  const { events, log } = (await recommender.inspect())!;
  expect(events.map(({ type, item }) => [type, item])).toEqual([
    ["skip", "item-4"],
    ["like", "item-3"],
  ]);
  expect(events.map(({ signal }) => signal?.target)).toEqual([0, 1]);
  expect(events.every(({ signal }) => signal!.taste > 0 && signal!.intent > 0)).toBe(true);
  expect(log).toEqual({ events: 2, signals: 2 });
  await after(opened, feed, () => (recommender.undo(like), recommender.track("impression", "item-5")));
  const later = (await recommender.inspect())!;
  expect(later.events.find(({ id }) => id === like)).not.toHaveProperty("signal");
  expect(later.log.signals).toBe(1);
});

test("at denied it is the start pool, and nothing is stored", async () => {
  const { recommender } = open(testEdge(release), { consent: "denied" });
  await recommender.sync();
  const inspection = (await recommender.inspect())!;
  expect(inspection).toMatchObject({ consent: "denied", retrieval: "start", candidates: 40 });
  expect(inspection).not.toHaveProperty("storage");
});

test("a release says how much of it was fetched, and nothing of what the device had", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const first = open(edge, { consent: "local", namespace });
  await first.recommender.sync();
  expect(first.releases.at(-1)).toMatchObject({ verified: "hash" });
  expect(first.releases.at(-1)!.swapMs).toBeGreaterThan(0);
  // The first list needs no more than the start pool and the constants; the rest comes behind it.
  expect(first.releases.at(-1)!.bytes).toBe(release.release.files.constants.bytes);
  edge.activate(next);
  await first.recommender.sync();
  const held = new Set(deviceFiles(release.release).map(({ sha256 }) => sha256));
  expect(first.releases.at(-1)).toMatchObject({
    release: next.release.id,
    previous: release.release.id,
    bytes: bytesOf(next, held),
  });
  await first.recommender.close();
  const second = open(edge, { consent: "local", namespace });
  await second.recommender.recommend({ surface: "home" });
  expect(second.releases.at(-1)).toMatchObject({ release: next.release.id, bytes: 0 });
});

test("a reaction says where the time went, and the parts are no more than the whole", async () => {
  const opened = open(testEdge(release), { consent: "local" });
  const feed = opened.recommender.feed({ surface: "home" });
  await opened.recommender.sync();
  await shown(feed, ({ floor }) => floor === "linear");
  await after(opened, feed, () => opened.recommender.track("like", "item-3"));
  const { ms, stages } = opened.reactions.at(-1)!;
  const sum = Object.values(stages!).reduce((total, each) => total + each, 0);
  expect(stages).toMatchObject({ deepMs: 0 });
  expect(Math.min(stages!.profileMs, stages!.linearMs, stages!.selectMs)).toBeGreaterThanOrEqual(0);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(ms);
});

test("erasing is told to the page that does it and to every other tab", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [one, other] = [open(edge, { consent: "local", namespace }), open(edge, { consent: "local", namespace })];
  const told: string[] = [];
  one.recommender.on("erased", () => told.push("one"));
  other.recommender.on("erased", () => told.push("other"));
  await Promise.all([one.recommender.sync(), other.recommender.sync()]);
  one.recommender.track("like", "item-3");
  await one.recommender.erase();
  await until(() => told.includes("other"));
  expect(told).toContain("one");
});

async function itemsIn({ recommender }: ReturnType<typeof open>): Promise<string[]> {
  return (await recommender.inspect())!.events.map(({ item }) => item);
}

test("another tab hears of an erasure once, and what is done there afterwards is kept", async () => {
  const edge = testEdge(release);
  const namespace = freshNamespace();
  const [one, other] = [open(edge, { consent: "local", namespace }), open(edge, { consent: "local", namespace })];
  await Promise.all([one.recommender.sync(), other.recommender.sync()]);
  one.recommender.track("like", "item-3");
  await expect.poll(async () => (await other.recommender.profile.get()).events).toBe(1);
  let heard = 0;
  other.recommender.on("erased", () => void heard++);
  const erased = one.recommender.erase();
  await until(() => heard > 0);
  other.recommender.track("like", "item-5");
  await erased;
  await expect.poll(() => itemsIn(other)).toEqual(["item-5"]);
  await other.recommender.close();
  expect(heard).toBe(1);
  const later = open(edge, { consent: "local", namespace });
  await later.recommender.sync();
  expect(await itemsIn(later)).toEqual(["item-5"]);
});

test("an explanation brings the items that it names", async () => {
  const opened = open(testEdge(release), { consent: "local" });
  const feed = opened.recommender.feed({ surface: "home" });
  await opened.recommender.sync();
  await shown(feed, ({ floor }) => floor === "linear");
  const { entries } = await after(opened, feed, () => opened.recommender.track("like", "item-3"));
  const why = (await opened.recommender.explain(entries[0]!))!;
  const named = why.terms.flatMap((term) => ("item" in term ? [term.item] : []));
  expect(named).toContain("item-3");
  expect(why.items["item-3"]).toMatchObject({ id: "item-3", categories: expect.any(Array) });
  expect(Object.keys(why.items).every((id) => named.includes(id))).toBe(true);
});
