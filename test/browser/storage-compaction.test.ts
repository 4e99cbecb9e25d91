/**
 * A log that has grown too long is shortened in memory, in the store and in every tab, and nobody sees a difference: also
 * where nothing that was liked ever fades.
 */
import { openDB } from "idb";
import { expect, test } from "vitest";
import { COMPACTION_LIMITS } from "../../client-sdk/engine/compaction.ts";
import { createEventLog } from "../../client-sdk/engine/event-log.ts";
import type { Held } from "../../client-sdk/engine/held.ts";
import { createMemory } from "../../client-sdk/engine/memory.ts";
import type { ProfileExport } from "../../client-sdk/index.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StoredCarried, StoredEvent } from "../../client-sdk/storage/schema.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import type { Store } from "../../client-sdk/storage/store.ts";
import type { Event } from "../../shared/event.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded } from "../harness/small-release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, idsOf, open, until } from "./open.ts";
import type { Opened } from "./open.ts";
import { openTwin } from "./twin.ts";

const release = await syntheticRelease({
  items: 400,
  dim: 16,
  taste: { halfLifePositives: null, halfLifeMs: null },
});
const twin = openTwin(release);
const START = 1_700_000_000_000;
const LONG = COMPACTION_LIMITS.signals + 200;
const KEPT = COMPACTION_LIMITS.signals * COMPACTION_LIMITS.kept;

/** A life of acts on the first half of the items: the first ten were hidden. */
function longLife(): Event[] {
  const random = seeded(3);
  let clock = START;
  const nextId = createUlid(() => clock, random);
  return Array.from({ length: LONG }, (_, i): Event => {
    clock += 60_000;
    const item = `item-${i < 10 ? i : 10 + Math.floor(random() * 190)}`;
    return {
      id: nextId(),
      type: i < 10 ? "hide" : random() < 0.5 ? "like" : "skip",
      item,
      at: clock,
      list: `list-${i}`,
    };
  });
}

const life = longLife();
const now = life.at(-1)!.at;

function entryOf(event: Event): StoredEvent {
  const { vector, categories, ...known } = twin.known(event.item);
  const names = Array.from(categories, (number) => `c${number}`);
  const { space, id } = release.release;
  return {
    id: event.id,
    event,
    known: { ...known, vector: Float32Array.from(vector), categories: names, space, release: id },
  };
}

async function storedLife(namespace: string): Promise<void> {
  const store = createStore(namespace, { onError: (error) => expect.fail(error.message), onErased() {} });
  const entries = life.map(entryOf);
  await store.putEvents(entries);
  await store.close();
}

async function inStore(namespace: string) {
  const db = await openDB(databaseName(namespace));
  const [events, banned] = await Promise.all([db.getAllKeys("events"), db.getAllKeys("banned")]);
  const carried = (await db.get("state", "carried")) as StoredCarried | undefined;
  const compactions = (await db.get("state", "compactions")) as number | undefined;
  db.close();
  return { events, banned, carried, compactions };
}

async function shortened(namespace: string, { recommender }: Opened): Promise<void> {
  await recommender.sync();
  await expect.poll(async () => (await inStore(namespace)).events.length, { timeout: 10_000 }).toBe(KEPT);
  await expect.poll(async () => (await recommender.profile.get()).events, { timeout: 10_000 }).toBe(KEPT);
}

/** The scores of the whole life, by a twin that has never heard of a compaction. */
async function wholeScores(events: readonly Event[] = life): Promise<ReadonlyMap<string, number>> {
  const scores = new Map((await twin.list(events, { count: 400 })).map(({ id, score }) => [id, score]));
  expect(scores.size).toBeGreaterThan(180);
  return scores;
}

async function expectScores({ recommender }: Opened, expected: ReadonlyMap<string, number>): Promise<void> {
  const { entries } = await recommender.recommend({ surface: "home", count: 200 });
  expect(entries.length).toBeGreaterThan(180);
  for (const { id, score } of entries) expect(score, id).toBeCloseTo(expected.get(id)!, 6);
}

test("the log is capped, the scores stay, what was seen and hidden stays so, in every tab and after a reload", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const edge = testEdge(release);
  const options = { namespace, consent: "local" as const, now: () => now };
  const tabs = [open(edge, options), open(edge, options)];
  for (const { recommender } of tabs) await recommender.sync();
  for (const tab of tabs) await shortened(namespace, tab);
  const { events, banned, carried, compactions } = await inStore(namespace);
  expect(events).toEqual(life.slice(-KEPT).map(({ id }) => id));
  const hidden = life.slice(0, 10).map(({ item }) => item);
  expect(banned.sort()).toEqual(hidden.sort());
  // Both tabs found the log too long; it was shortened once.
  expect(carried).toMatchObject({ signals: LONG - KEPT, until: life[LONG - KEPT - 1]!.at });
  expect(compactions).toBe(1);

  const expected = await wholeScores();
  const again = open(edge, options);
  for (const tab of [...tabs, again]) {
    await expectScores(tab, expected);
    const { recommender } = tab;
    expect(idsOf(await recommender.rank(["item-3", "item-300"], { surface: "home" }))).toEqual(["item-300"]);
    const likes = life.filter(({ type }) => type === "like").length;
    expect((await recommender.profile.get()).positives).toBe(likes);
    const [entry] = (await recommender.recommend({ surface: "home" })).entries;
    const { terms, score, current } = (await recommender.explain(entry!))!;
    expect(current).toBe(true);
    expect(terms.map(({ kind }) => kind)).toContain("earlier");
    expect(score).toBeCloseTo(entry!.score, 5);
  }

  const { recommender, errors } = tabs[0]!;
  recommender.undo(life[3]!.id);
  await until(() => errors.some(({ code }) => code === "unknown_event"));
  const last = life.at(-1)!;
  recommender.undo(last.id);
  await expect.poll(async () => (await recommender.profile.get()).events).toBe(KEPT + 1);
  expect(idsOf(await recommender.recommend({ surface: "home", count: 200 }))).not.toContain("item-3");
}, 40_000);

test("a hide that is still in the log can be taken back after a compaction", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const opened = open(testEdge(release), { namespace, consent: "local", now: () => now });
  const { recommender } = opened;
  await recommender.sync();
  await expect.poll(async () => (await recommender.profile.get()).events, { timeout: 10_000 }).toBe(KEPT);
  const hide = recommender.track("hide", "item-350");
  expect(idsOf(await recommender.recommend({ surface: "home", count: 200 }))).not.toContain("item-350");
  recommender.undo(hide);
  expect(idsOf(await recommender.recommend({ surface: "home", count: 200, diversity: 0 }))).toContain("item-350");
}, 30_000);

test("export, erase and import give back a profile whose log was shortened, to the bit, and an import on top counts nothing twice", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const edge = testEdge(release);
  const options = { namespace, consent: "local" as const, now: () => now };
  const opened = open(edge, options);
  const { recommender } = opened;
  const whole = JSON.parse(JSON.stringify(await recommender.profile.export())) as ProfileExport;
  await shortened(namespace, opened);
  const expected = await wholeScores();
  await expectScores(opened, expected);
  const scores = async () => (await recommender.recommend({ surface: "home", count: 200 })).entries;
  const before = (await scores()).map(({ id, score }) => [id, score]);
  const file = JSON.parse(JSON.stringify(await recommender.profile.export())) as ProfileExport;
  expect(file).toMatchObject({ version: 2, carried: { signals: LONG - KEPT } });
  await recommender.erase();
  expect(await recommender.profile.import(file)).toEqual({ status: "imported", events: KEPT });
  expect((await scores()).map(({ id, score }) => [id, score])).toEqual(before);
  expect(await recommender.profile.export()).toEqual({ ...file, exportedAt: expect.any(Number) as number });

  // The whole log of before has events that are carried now.
  expect(whole.events.length).toBe(LONG);
  expect(await recommender.profile.import(whole)).toEqual({ status: "imported", events: 0 });
  expect(await recommender.profile.import(file)).toEqual({ status: "imported", events: 0 });
  await expectScores(opened, expected);
  await recommender.close();
  const again = open(edge, options);
  await again.recommender.sync();
  await expectScores(again, expected);
  expect(await again.recommender.profile.export()).toEqual({ ...file, exportedAt: expect.any(Number) as number });
}, 40_000);

test("an import of a profile that carries something reaches the other tab, which counts nothing twice either", async () => {
  const source = freshNamespace();
  await storedLife(source);
  const edge = testEdge(release);
  const first = open(edge, { namespace: source, consent: "local", now: () => now });
  await shortened(source, first);
  const file = JSON.parse(JSON.stringify(await first.recommender.profile.export())) as ProfileExport;
  const options = { namespace: freshNamespace(), consent: "local" as const, now: () => now };
  const tabs = [open(edge, options), open(edge, options)];
  for (const { recommender } of tabs) await recommender.sync();
  // The other tab knows some of the events: one that is carried in the file, and one that is not.
  const { exportedAt, adjustments } = file;
  const few = [entryOf(life[20]!), entryOf(life.at(-1)!)].map(({ event }) => ({ event }));
  const early = { format: "nearfeed-profile", version: 1, exportedAt, events: few, seen: [], banned: [], adjustments };
  expect(await tabs[1]!.recommender.profile.import(early)).toEqual({ status: "imported", events: 2 });
  await expect.poll(async () => (await tabs[0]!.recommender.profile.get()).events).toBe(2);
  expect(await tabs[0]!.recommender.profile.import(file)).toEqual({ status: "imported", events: KEPT - 1 });
  const expected = await wholeScores();
  for (const tab of tabs) {
    await expect.poll(async () => (await tab.recommender.profile.get()).events).toBe(KEPT);
    await expectScores(tab, expected);
  }
}, 40_000);

test("a record of what is carried that is damaged is as good as none: reported, and the log is read", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const edge = testEdge(release);
  const options = { namespace, consent: "local" as const, now: () => now };
  const first = open(edge, options);
  await shortened(namespace, first);
  await first.recommender.close();
  const sound = (await inStore(namespace)).carried!;
  const scatter = sound.taste.scatter.map((value) => -value);
  const damages: unknown[] = [
    "much",
    { ...sound, version: 2 },
    { ...sound, at: "yesterday" },
    { ...sound, taste: { ...sound.taste, pull: sound.taste.pull.slice(1) } },
    { ...sound, taste: { ...sound.taste, pull: sound.taste.pull.map(() => NaN) } },
    { ...sound, intent: { ...sound.intent, scatter } },
    { ...sound, recent: [{}] },
  ];
  const left = await wholeScores(life.slice(-KEPT));
  for (const damage of damages) {
    const db = await openDB(databaseName(namespace));
    await db.put("state", damage, "carried");
    db.close();
    const again = open(edge, options);
    await again.recommender.sync();
    const { entries } = await again.recommender.recommend({ surface: "home", count: 200 });
    for (const { id, score } of entries) expect(score, id).toBeCloseTo(left.get(id)!, 6);
    expect(again.errors.map(({ code }) => code)).toEqual(["storage"]);
    await again.recommender.close();
  }
}, 60_000);

test("of two that shorten the log from one state the first wins, and the other one writes nothing", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const stores = [0, 1].map(() =>
    createStore(namespace, { onError: (error) => expect.fail(error.message), onErased() {} }),
  );
  const none = { events: [], seen: [], banned: [] };
  const outcomes = await Promise.all(
    stores.map((store, i) =>
      store.rewrite({ ...none, dropped: [life[i]!.id], seen: [{ item: `seen-by-${i}`, at: 1 }] }, 0),
    ),
  );
  expect(outcomes).toEqual([1, "elsewhere"]);
  const { events, seen, compactions } = await stores[1]!.log();
  expect(events.map(({ id }) => id)).toEqual(life.slice(1).map(({ id }) => id));
  expect({ seen, compactions }).toEqual({ seen: [{ item: "seen-by-0", at: 1 }], compactions: 1 });
  await stores[0]!.close();
  await stores[1]!.erase();
});

/** What a tab remembers, without the rest of its engine. */
async function tabOf(namespace: string, between: (store: Store) => Promise<unknown> = async () => {}) {
  const store = createStore(namespace, { onError: (error) => expect.fail(error.message), onErased() {} });
  const log = createEventLog();
  const items: Held["items"] = { table: twin.table, item: (row) => ({ id: release.ids[row] }), neighbours: () => [] };
  log.use({
    release: release.release,
    origin: { bytes: 0, verified: "hash" },
    tombstones: new Set(),
    rules: [],
    model: twin.model,
    items,
  });
  const slower: Store = {
    ...store,
    async rewrite(change, compactions) {
      await between(store);
      return store.rewrite(change, compactions);
    },
  };
  const memory = createMemory(log, () => slower);
  await memory.restore();
  return { store, log, memory };
}

test("a tab that has shortened the log in another way, and was second, goes on from what the first one has stored", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const more = Array.from({ length: 100 }, (_, i): Event => {
    return { ...life[100 + i]!, id: `01ZZ${String(i).padStart(22, "0")}`, at: now + 1 + i, list: `more-${i}` };
  });
  const entries = more.map(entryOf);
  const first = await tabOf(namespace);
  const second = await tabOf(namespace, async (store) => {
    if (await first.memory.compact()) await store.putEvents(entries);
  });
  // What was done here alone makes this tab drop more than the other one.
  for (const event of more) second.log.append(event);
  // The first one has done it, and tells.
  expect(await second.memory.compact()).toBe(false);
  await first.memory.catchUp();
  const { events, carried, compactions } = await inStore(namespace);
  expect({ compactions, signals: carried!.signals }).toEqual({ compactions: 1, signals: LONG - KEPT });
  const ids = [...life.slice(-KEPT), ...more].map(({ id }) => id);
  expect(events).toEqual(ids);
  for (const { log } of [first, second]) {
    expect(log.events.map(({ id }) => id).sort()).toEqual(ids);
    expect(log.kept.carried).toEqual(carried);
    expect(log.leaving).toEqual([]);
    expect(log.profile!.signals.length + log.profile!.carried!.signals).toBe(LONG + more.length);
  }
  await first.store.close();
  await second.store.erase();
}, 20_000);

test("consent denied deletes what is carried from the device, and consent given again stores it again", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const edge = testEdge(release);
  const options = { namespace, consent: "local" as const, now: () => now };
  const opened = open(edge, options);
  await shortened(namespace, opened);
  const { carried } = await inStore(namespace);
  const { recommender } = opened;
  await recommender.setConsent("denied");
  const names = (await indexedDB.databases()).map(({ name }) => name);
  expect(names).not.toContain(databaseName(namespace));
  await recommender.setConsent("local");
  expect(await inStore(namespace)).toMatchObject({ carried, compactions: 1 });
  await recommender.close();
  const again = open(edge, options);
  await again.recommender.sync();
  await expectScores(again, await wholeScores());
}, 40_000);

test("a release in another space reads what is carried through its map: nearly the scores of the whole life", async () => {
  const random = seeded(5);
  const map = Float32Array.from({ length: 16 * 16 }, () => random() - 0.5);
  const next = await syntheticRelease({
    items: 400,
    dim: 16,
    seed: 2,
    space: "space-2",
    taste: { halfLifePositives: null, halfLifeMs: null },
    after: { index: release.index, map },
  });
  const edge = testEdge(release);
  const options = { namespace: freshNamespace(), consent: "local" as const, now: () => now };
  await storedLife(options.namespace);
  const opened = open(edge, options);
  await shortened(options.namespace, opened);
  edge.activate(next);
  expect(await opened.recommender.sync()).toMatchObject({ status: "updated", release: next.release.id });
  const whole = new Map((await openTwin(next).list(life, { count: 400 })).map(({ id, score }) => [id, score]));
  const part = new Map(
    (await openTwin(next).list(life.slice(-KEPT), { count: 400 })).map(({ id, score }) => [id, score]),
  );
  const { entries } = await opened.recommender.recommend({ surface: "home", count: 200 });
  const off = (scores: ReadonlyMap<string, number>) =>
    Math.max(...entries.map(({ id, score }) => Math.abs(score - (scores.get(id) ?? score))));
  // The items' own new vectors are those that the map gives, but for their int8.
  expect(off(whole)).toBeLessThan(0.01);
  expect(off(part)).toBeGreaterThan(5 * off(whole));
}, 40_000);
