/** The log in memory, with its two views: whatever happens to it, they are what a replay gives. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEventLog } from "../../../client-sdk/engine/event-log.ts";
import type { EventLog } from "../../../client-sdk/engine/event-log.ts";
import type { Held } from "../../../client-sdk/engine/held.ts";
import type { StoredEvent } from "../../../client-sdk/storage/schema.ts";
import type { Event } from "../../../shared/event.ts";
import { bits } from "../shared/support/compare.ts";
import { shuffled } from "../shared/support/random.ts";
import { tableOf } from "../shared/support/scored.ts";
import { createWorld } from "../shared/support/world.ts";
import type { World } from "../shared/support/world.ts";

/** The catalogue of a world in use. Of its release only what the log reads is there. */
function holdOf(world: World): Held {
  const release = { id: "release-1", space: world.model.space } as Held["release"];
  const neighbours = (row: number) => world.known[row]!.neighbours;
  return {
    release,
    origin: { bytes: 0, verified: "hash" },
    tombstones: new Set(),
    rules: [],
    model: world.model,
    items: {
      table: tableOf(world),
      item: (row) => ({ id: world.ids[row] }),
      neighbours: (row) => [...neighbours(row)],
    },
  };
}

function logOf(held: Held, events: readonly Event[] = []): EventLog {
  const log = createEventLog();
  log.use(held);
  for (const event of events) log.append(event);
  return log;
}

/** A life: undos of earlier events, of other undos, of events that come later or never. */
function lifeOf(world: World): Event[] {
  const events = world.log.map(({ event }) => event);
  for (let i = 0; i < events.length / 4; i++) {
    const named = world.chance.uniform() < 0.9 ? world.chance.pick(events).id : "7".repeat(26);
    events.push(world.event("undo", 0, { event: named }).event);
  }
  return events;
}

/** All that lists read of a log. */
function views(log: EventLog) {
  return {
    seen: new Map([...log.seen].sort()),
    banned: new Map([...log.banned].sort()),
    profile: log.profile && bits(log.profile),
  };
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
      log.together(() => ahead.forEach((event) => log.append(event)));
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
      log.retain(new Set(stay.map(({ id }) => id)), upTo);
      log.load([], marks);
      expect(log.events.map(({ id }) => id)).toEqual([
        ...stay.map(({ id }) => id),
        ...log.events.slice(stay.length).map(({ id }) => id),
      ]);
      expect(log.events).toHaveLength(stay.length + later);
      for (const item of before.seen.keys()) expect(log.seen.has(item)).toBe(true);
      expect([...log.banned.keys()].sort()).toEqual([...before.banned.keys()].sort());
      const again = logOf(held);
      again.load(log.events, log.kept);
      expect(views(again)).toEqual(views(log));
    }),
    { numRuns: 200 },
  );
});

test("an entry is explained by the profile of its own time, also after the log was shortened", () => {
  const world = createWorld(3, { items: 12, events: 40 });
  const log = logOf(
    holdOf(world),
    world.log.map(({ event }) => event),
  );
  const then = log.count;
  const before = bits(log.profile!);
  log.append(world.event("like", 1).event);
  expect(bits(log.profileAt(then)!)).toEqual(before);
  const stay = log.events.slice(10).map(({ id }) => id);
  log.retain(new Set(stay), log.count);
  const shortened = logOf(
    holdOf(world),
    world.log.slice(10).map(({ event }) => event),
  );
  expect(bits(log.profileAt(then)!)).toEqual(bits(shortened.profile!));
  log.append(world.event("like", 2).event);
  expect(log.count).toBe(then + 2);
});

test("a log beyond its cap is shortened once, reports what it dropped, and does not take it back from the store", () => {
  const world = createWorld(8, { items: 40, events: 0 });
  const held = holdOf(world);
  const log = logOf(held);
  const first = world.event("like", 3, { list: "first" }).event;
  const life = Array.from({ length: 5_000 }, (_, i) => world.event("like", 5 + (i % 30), { list: `list-${i}` }).event);
  log.load([first, ...life].map((event): StoredEvent => ({ id: event.id, event, known: knownIn(world, event) })));
  expect(log.isTooLong).toBe(true);
  const done = log.compact()!;
  expect(log.isTooLong).toBe(false);
  expect(log.events.length).toBe(4_500);
  expect(done.dropped.size).toBe(501);
  expect(done.dropped.has(first.id)).toBe(true);
  expect(log.seen.get(first.item)).toBe(first.at);
  expect(log.isKnown(first.id)).toBe(true);
  expect(log.get(first.id)).toBeUndefined();
  log.load([{ id: first.id, event: first }]);
  expect(log.events.length).toBe(4_500);
  log.dropped(done.dropped);
  expect(log.isKnown(first.id)).toBe(false);
  log.clear();
  expect(views(log)).toEqual(views(logOf(held)));
});

function knownIn(world: World, { item }: Event): StoredEvent["known"] {
  const row = world.ids.indexOf(item);
  const { vector, author, neighbours } = world.known[row]!;
  const space = world.model.space;
  return { space, release: "release-1", vector: Float32Array.from(vector), categories: [], author, neighbours };
}
