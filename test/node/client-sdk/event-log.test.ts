/** The log in memory, with its two views: whatever happens to it, they are what a replay gives. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEventLog } from "../../../client-sdk/engine/event-log.ts";
import type { Held } from "../../../client-sdk/engine/held.ts";
import type { StoredEvent } from "../../../client-sdk/storage/schema.ts";
import type { Event } from "../../../shared/event.ts";
import { interestAt } from "../../../shared/interest.ts";
import type { SpaceMap } from "../../../shared/space-map-file.ts";
import { bits, expectClose } from "../shared/support/compare.ts";
import { shuffled } from "../shared/support/random.ts";
import { createWorld } from "../shared/support/world.ts";
import type { World } from "../shared/support/world.ts";
import { asStored, entryOf, holdOf, lastingWorld, logOf, longLog, scoresOf, views } from "./support/logs.ts";

/** A life: undos of earlier events, of other undos, of events that come later or never. */
function lifeOf(world: World): Event[] {
  const events = world.log.map(({ event }) => event);
  for (let i = 0; i < events.length / 4; i++) {
    const named = world.chance.uniform() < 0.9 ? world.chance.pick(events).id : "7".repeat(26);
    events.push(world.event("undo", 0, { event: named }).event);
  }
  return events;
}

const worlds = fc.record({ seed: fc.integer(), events: fc.integer({ min: 1, max: 60 }) });

test("an event that was taken back has never been: profile, seen items and bans are the same to the bit", () => {
  fc.assert(
    fc.property(worlds, ({ seed, events }) => {
      const world = createWorld(seed, { items: 12, events });
      const held = holdOf(world);
      const life = lifeOf(world);
      const undone = new Set(life.flatMap((event) => (event.type === "undo" ? [event.event] : [])));
      const taken = world.chance.pick(life.filter(({ id, type }) => type !== "undo" && !undone.has(id)));
      if (!taken) return;
      const log = logOf(held, life);
      log.append(world.event("undo", 0, { event: taken.id }).event);
      expect(views(log)).toEqual(
        views(
          logOf(
            held,
            life.filter(({ id }) => id !== taken.id),
          ),
        ),
      );
    }),
    { numRuns: 300 },
  );
});

test("a log that comes in pieces, in any order, some before the release and some twice, is the log that came whole", () => {
  fc.assert(
    fc.property(worlds, ({ seed, events }) => {
      const world = createWorld(seed, { items: 12, events });
      const { chance } = world;
      const held = holdOf(world);
      const life = lifeOf(world);
      const whole = logOf(held, life);
      const stored = new Map(whole.events.map((entry) => [entry.id, entry]));
      const log = createEventLog();
      const late = chance.integer(life.length);
      shuffled(life.length, chance).forEach((i, n) => {
        if (n === late) log.use(held);
        const event = life[i]!;
        if (chance.uniform() < 0.5) log.append(event);
        else log.load([stored.get(event.id)!, ...[...stored.values()].slice(0, chance.integer(3))]);
      });
      expect(views(log)).toEqual(views(whole));
      expect(log.count).toBe(life.length);
    }),
    { numRuns: 200 },
  );
});

test("events taken in together, and a clock that is told, change nothing about the log: only what is far ahead is read as old", () => {
  fc.assert(
    fc.property(worlds, fc.boolean(), ({ seed, events }, isWrong) => {
      const world = createWorld(seed, { items: 12, events });
      const held = holdOf(world);
      const life = lifeOf(world);
      const now = Math.max(0, ...life.map(({ at }) => at));
      const ahead = life.map((event, i) => (isWrong && i % 7 === 3 ? { ...event, at: event.at + 10 ** 12 } : event));
      const right = life.filter((event, i) => ahead[i] === event);
      const oldest = right.reduce((least, { at }) => Math.min(least, at), now);
      const log = createEventLog();
      log.use(held);
      log.asOf(now);
      const cut = world.chance.integer(ahead.length + 1);
      log.together(() => ahead.slice(0, cut).forEach((event) => log.append(event)));
      for (const event of ahead.slice(cut)) log.append(event);
      log.asOf(now);
      const placed = life.map((event, i) => (ahead[i] === event ? event : { ...event, at: oldest }));
      expect(log.profile && bits(log.profile)).toEqual(bits(logOf(held, placed).profile!));
      expect(log.events.map(({ event }) => event)).toEqual(ahead);
    }),
    { numRuns: 100 },
  );
});

test("what another tab dropped goes, what came meanwhile stays, and what was seen and hidden stays so", () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 0, max: 20 }), ({ seed, events }, later) => {
      const world = createWorld(seed, { items: 12, events });
      const held = holdOf(world);
      const log = logOf(
        held,
        world.log.map(({ event }) => event),
      );
      const all: StoredEvent[] = [...log.events];
      const before = views(log);
      const upTo = log.count;
      for (let i = 0; i < later; i++) log.append(world.event("like", world.chance.integer(12)).event);
      const marks = {
        seen: [...before.seen].map(([item, at]) => ({ item, at })),
        banned: [...before.banned].map(([item, at]) => ({ item, at })),
      };
      const stay = all.filter(() => world.chance.uniform() < 0.5);
      log.follow({ events: stay, ids: new Set(stay.map(({ id }) => id)), ...marks }, upTo);
      expect(log.events.map(({ id }) => id)).toEqual([
        ...stay.map(({ id }) => id),
        ...log.events.slice(stay.length).map(({ id }) => id),
      ]);
      expect(log.events).toHaveLength(stay.length + later);
      for (const item of before.seen.keys()) expect(log.seen.has(item)).toBe(true);
      expect([...log.banned.keys()].sort()).toEqual([...before.banned.keys()].sort());
      const again = logOf(held);
      again.unite(asStored(log));
      expect(views(again)).toEqual(views(log));
    }),
    { numRuns: 200 },
  );
});

test("an entry is explained by the profile of its own time, also after the log was shortened", () => {
  const world = lastingWorld(3);
  const log = longLog(world);
  const then = log.count;
  const before = scoresOf(world, log.profile!);
  log.append(world.event("like", 1).event);
  expect(log.compact()).toBe(true);
  expect(log.events.length).toBeLessThan(then - 400);
  expectClose(scoresOf(world, log.profileAt(then)!), before, 1e-6);
  expect(() => expectClose(scoresOf(world, log.profile!), before, 1e-6)).toThrow();
  expect(log.count).toBe(then + 1);
});

test("a log beyond its cap is shortened once, its scores stay, and what it dropped is not taken back from the store", () => {
  const world = lastingWorld(8);
  const log = longLog(world);
  const first = log.events[0]!.event;
  const before = scoresOf(world, log.profile!);
  expect(log.isTooLong).toBe(true);
  expect(log.compact()).toBe(true);
  expect(log.isTooLong).toBe(false);
  expect(log.events.length).toBe(4_500);
  expect(log.leaving.length).toBe(501);
  expect(log.leaving).toContain(first.id);
  expect(log.kept.carried).toMatchObject({ signals: 501, positives: 471 });
  // The log has no skip left, and they still push.
  expect(log.kept.carried!.recent.map(({ signal }) => signal.item)).toEqual(
    Array.from({ length: 30 }, (_, i) => world.ids[20 + (i % 10)]),
  );
  expectClose(scoresOf(world, log.profile!), before, 1e-6);
  expect(log.seen.has(first.item)).toBe(true);
  expect(log.isKnown(first.id)).toBe(true);
  expect(log.get(first.id)).toBeUndefined();
  log.load([{ id: first.id, event: first }]);
  expect(log.events.length).toBe(4_500);
  log.dropped(log.leaving);
  expect(log.isKnown(first.id)).toBe(false);
  log.clear();
  expect(views(log)).toEqual(views(logOf(holdOf(world))));
  expect(log.kept.carried).toBeUndefined();
});

test("after a reload the profile is that of before, to the bit, also once the log was shortened", () => {
  const world = lastingWorld(9);
  const held = holdOf(world);
  const log = longLog(world, held);
  const before = interestAt(log.profile!, world.model, world.now).content;
  log.compact();
  const { content } = interestAt(log.profile!, world.model, world.now);
  expectClose(content.category, before.category, 1e-9);
  expectClose(content.share, before.share, 1e-9);
  for (const [author, sum] of before.author) expectClose([content.author.get(author)!], [sum], 1e-9);
  for (let i = 0; i < 20; i++) log.append(world.event("like", i, { list: `more-${i}` }).event);
  for (const order of ["release first", "log first"]) {
    const again = createEventLog();
    if (order === "release first") again.use(held);
    again.unite(structuredClone(asStored(log)));
    if (order === "log first") again.use(held);
    expect(views(again), order).toEqual(views(log));
    expect(again.profile!.carried).toEqual(log.profile!.carried);
    expect(scoresOf(world, again.profile!)).toEqual(scoresOf(world, log.profile!));
  }
});

test("a log that was shortened elsewhere in another way is the one of the store afterwards, and nothing counts twice", () => {
  const world = lastingWorld(10);
  const [here, there] = [longLog(world), createEventLog()];
  there.use(holdOf(world));
  there.load(here.events);
  const before = scoresOf(world, here.profile!);
  // Here a few events were seen that the other tab had not, and both were shortened at once.
  const more = Array.from({ length: 5 }, (_, i) => world.event("like", i, { list: `more-${i}` }).event);
  for (const event of more) here.append(event);
  const upTo = here.count - more.length;
  here.compact();
  there.compact();
  here.follow(asStored(there), upTo);
  expect(here.leaving).toEqual([]);
  for (const event of more) there.append(event);
  expect(views(here)).toEqual(views(there));
  for (const { id } of more) here.append(world.event("undo", 0, { event: id }).event);
  expectClose(scoresOf(world, here.profile!), before, 1e-6);
});

test("a release of another space reads what is carried through the map, or not at all where there is none", () => {
  const world = lastingWorld(11);
  const held = holdOf(world);
  const log = longLog(world, held);
  const { dim } = world.model;
  // Swaps coordinates and stretches them: what it makes of each vector is exact in float32.
  const map = new Float32Array(dim * dim);
  for (let i = 0; i < dim; i++) map[i * dim + ((i + 3) % dim)] = 2 ** (i % 3);
  const toNext: SpaceMap = { from: world.model.space, to: "next-space", map };
  // None of the old items is there any more: all that is known of them goes through the map.
  const next: Held = {
    ...held,
    release: { ...held.release, id: "release-2", space: "next-space" },
    items: { ...held.items, table: { ...held.items.table, rowOf: new Map() } },
    maps: [toNext],
  };
  const unfolded = createEventLog();
  unfolded.use(next);
  unfolded.load(log.events);
  log.compact();
  const own = bits(log.profile!);
  log.use(next);
  for (const scale of ["taste", "intent"] as const) {
    const [got, expected] = [log.profile![scale], unfolded.profile![scale]];
    expectClose(got.scatter, expected.scatter, 1e-9, `${scale}.scatter`);
    expectClose(got.pull, expected.pull, 1e-9, `${scale}.pull`);
  }
  expectClose(scoresOf(world, log.profile!), scoresOf(world, unfolded.profile!), 1e-5);
  log.use({ ...next, release: { ...next.release, space: "far-space" } });
  expect(log.profile!.carried).toBeUndefined();
  log.use(held);
  expect(bits(log.profile!)).toEqual(own);
});

test("what an import brings that may be in what is carried is taken as counted, and still seen and banned", () => {
  const world = lastingWorld(12);
  const log = longLog(world);
  const [old, hidden] = [log.events[40]!, { ...log.events[3]!.event, id: "5".repeat(26), type: "hide" } as Event];
  const before = scoresOf(world, log.profile!);
  log.compact();
  log.dropped(log.leaving);
  const carried = log.kept.carried!;
  const fresh = world.event("like", 30).event;
  const file = [old, entryOf(world, hidden), entryOf(world, fresh)];
  const other = { events: file, seen: [], banned: [], carried: { ...carried, signals: 7 } };
  expect(log.unite(other).map(({ id }) => id)).toEqual([fresh.id]);
  expect(log.unite(other)).toEqual([]);
  expect(log.kept.carried).toEqual(carried);
  expect(log.banned.get(hidden.item)).toBe(hidden.at);
  log.append(world.event("undo", 0, { event: fresh.id }).event);
  expectClose(scoresOf(world, log.profile!), before, 1e-6);
});

test("whoever has nothing carried takes that of the import, and what they have from before its end is taken as counted", () => {
  const world = lastingWorld(13);
  const held = holdOf(world);
  const source = longLog(world, held);
  const [oldest, newest] = [source.events[10]!, source.events.at(-1)!];
  source.compact();
  const own = entryOf(world, { ...oldest.event, id: "6".repeat(26), list: "elsewhere" });
  const late = entryOf(world, world.event("like", 30).event);
  // As old, and of an item that the import has never seen: it is in no sums.
  const alone = entryOf(world, { ...oldest.event, id: "4".repeat(26), item: world.ids[39]! } as Event);
  const log = createEventLog();
  log.use(held);
  // An earlier export of the same profile, and some of its own.
  log.load([oldest, own, newest, late, alone]);
  log.unite(structuredClone(asStored(source)));
  expect([...log.leaving].sort()).toEqual([oldest.id, own.id].sort());
  expect(log.seen.has(own.event.item)).toBe(true);
  expect(log.get(alone.id)).toBeDefined();
  source.load([late, alone]);
  expect(views(log)).toEqual(views(source));
});

/** What a long life has left, as a file holds it. */
function fileOf(world: World) {
  const log = longLog(world);
  log.compact();
  return { events: [], ...log.kept, carried: log.kept.carried! };
}

test("sums of an import that say nothing here are not taken, and no event goes for them", () => {
  const world = lastingWorld(12);
  const file = fileOf(world);
  const { until } = file.carried;
  const own = Array.from({ length: 50 }, (_, i) => {
    return { ...world.event("like", i % 20, { list: `own-${i}` }).event, at: until - 1_000 + i };
  });
  const log = logOf(holdOf(world), own);
  const before = bits(log.profile!);
  log.bring({ ...file, carried: { ...file.carried, space: "forgotten-space" } });
  expect(bits(log.profile!)).toEqual(before);
  expect(log.leaving).toEqual([]);
  expect(log.kept.carried).toBeUndefined();
  const unread = createEventLog();
  unread.bring(file);
  expect(unread.kept.carried).toBeUndefined();
});

test("sums of a clock that was far ahead are read as of now: what is liked since counts in full", () => {
  const world = createWorld(5, { items: 40, events: 0 });
  const file = fileOf(world);
  const ahead = 3_650 * 86_400_000;
  const wrong = { ...file.carried, at: file.carried.at + ahead, until: file.carried.until + ahead };
  const { now } = world;
  const logs = [{ ...file.carried, at: now }, wrong].map((carried) => {
    const log = logOf(holdOf(world));
    log.bring({ ...file, carried });
    log.asOf(now);
    for (let i = 0; i < 20; i++) log.append({ ...world.event("like", 33, { list: `new-${i}` }).event, at: now + i });
    return log;
  });
  expectClose(logs[1]!.profile!.taste.pull, logs[0]!.profile!.taste.pull, 1e-9);
  expect(logs[1]!.profile!.taste.at).toBe(now + 19);
});

test("an import of sums, an erasure and another's log are another edition; events and shortening are not", () => {
  const world = lastingWorld(8);
  const file = fileOf(world);
  const [log, there] = [longLog(world), longLog(world)];
  there.load(log.events);
  const { edition } = log;
  log.append(world.event("like", 1).event);
  const upTo = log.count;
  expect(log.edition).toBe(edition);
  // Another tab shortens the same log; then this one does.
  const twin = logOf(holdOf(world));
  twin.load(log.events);
  twin.compact();
  const scores = scoresOf(world, log.profile!);
  log.follow(asStored(twin), upTo);
  expectClose(scoresOf(world, log.profileAt(upTo)!), scores, 1e-6);
  expect(log.edition).toBe(edition);
  // What that one imported is in these sums, too.
  there.compact();
  log.follow(asStored(there), log.count);
  expect(log.edition).toBeGreaterThan(edition);
  const fresh = logOf(holdOf(world), [world.event("like", 1).event]);
  const first = fresh.edition;
  fresh.bring(file);
  expect(fresh.edition).toBeGreaterThan(first);
  const second = fresh.edition;
  fresh.clear();
  expect(fresh.edition).toBeGreaterThan(second);
});
