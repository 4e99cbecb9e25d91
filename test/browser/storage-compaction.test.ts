/** A log that has grown too long is shortened in memory, in the store and in every tab, and nobody sees a difference. */
import { openDB } from "idb";
import { expect, test } from "vitest";
import { COMPACTION_LIMITS } from "../../client-sdk/engine/compaction.ts";
import { databaseName } from "../../client-sdk/storage/schema.ts";
import type { StoredEvent } from "../../client-sdk/storage/schema.ts";
import { createStore } from "../../client-sdk/storage/store.ts";
import type { Event } from "../../shared/event.ts";
import { createUlid } from "../../shared/ulid.ts";
import { seeded } from "../harness/small-release.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import { freshNamespace, idsOf, open, until } from "./open.ts";
import { openTwin } from "./twin.ts";

const release = await syntheticRelease({ items: 400, dim: 16 });
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
  db.close();
  return { events, banned };
}

test("the log is capped, the scores stay, what was seen and hidden stays so, in every tab and after a reload", async () => {
  const namespace = freshNamespace();
  await storedLife(namespace);
  const edge = testEdge(release);
  const options = { namespace, consent: "local" as const, now: () => now };
  const tabs = [open(edge, options), open(edge, options)];
  for (const { recommender } of tabs) await recommender.sync();
  await expect.poll(async () => (await inStore(namespace)).events.length, { timeout: 10_000 }).toBe(KEPT);
  for (const { recommender } of tabs) {
    await expect.poll(async () => (await recommender.profile.get()).events, { timeout: 10_000 }).toBe(KEPT);
  }
  const kept = new Set((await inStore(namespace)).events as string[]);
  // Likes outweigh skips of the same age, so some that are a little older stay in their place.
  expect(life.slice(-KEPT * 0.9).filter(({ id }) => !kept.has(id))).toEqual([]);
  expect((await inStore(namespace)).banned.sort()).toEqual(
    life
      .slice(0, 10)
      .map(({ item }) => item)
      .sort(),
  );

  const expected = new Map((await twin.list(life, { count: 400 })).map(({ id, score }) => [id, score]));
  expect(expected.size).toBeGreaterThan(190);
  const again = open(edge, options);
  for (const { recommender } of [...tabs, again]) {
    const list = await recommender.recommend({ surface: "home", count: 200 });
    expect(list.entries.length).toBeGreaterThan(190);
    for (const { id, score } of list.entries) expect(score, id).toBeCloseTo(expected.get(id)!, 6);
    expect(idsOf(await recommender.rank(["item-3", "item-300"], { surface: "home" }))).toEqual(["item-300"]);
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
