import * as fc from "fast-check";
import { expect, test } from "vitest";
import { interestAt } from "../../../shared/interest.ts";
import { createProfile } from "../../../shared/profile.ts";
import type { LoggedEvent } from "../../../shared/profile.ts";
import { bits } from "./support/compare.ts";
import { shuffled } from "./support/random.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

/** The log of a world with undos in it, some of events that are not in the log and some of other undos. */
function logWithUndos({ log, event, chance }: World): LoggedEvent[] {
  const all = [...log];
  for (let i = 0; i < 6; i++) all.push(event("undo", 0, { event: chance.pick(all).event.id }));
  all.push(event("undo", 0, { event: "7".repeat(26) }));
  return all.map((entry) => (chance.uniform() < 0.1 ? { event: entry.event } : entry));
}

test("appending events one by one, in any order, is bit for bit starting over from the whole log", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { items: 12, events: 40 });
      const log = logWithUndos(world);
      const whole = bits(createProfile(world.model, log));
      for (const order of [
        log.map((_, i) => i),
        shuffled(log.length, world.chance),
        log.map((_, i) => log.length - 1 - i),
      ]) {
        const profile = createProfile(world.model);
        for (const i of order) profile.append(log[i]!);
        expect(bits(profile)).toEqual(whole);
      }
    }),
    { numRuns: 60 },
  );
});

test("after each single event the profile is that of the log so far", () => {
  const world = createWorld(7, { items: 10, events: 80 });
  const log = logWithUndos(world);
  const order = shuffled(log.length, world.chance);
  const profile = createProfile(world.model);
  order.forEach((_, n) => {
    profile.append(log[order[n]!]!);
    const sofar = order.slice(0, n + 1).map((i) => log[i]!);
    expect(bits(profile)).toEqual(bits(createProfile(world.model, sofar)));
  });
});

test("views, clicks and likes of the same cards, in the order they happen, give the profile of the log so far", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, items) => {
      const world = createWorld(seed, { items, events: 0 });
      const { chance } = world;
      const log: LoggedEvent[] = [];
      const profile = createProfile(world.model);
      for (let i = 0; i < 60; i++) {
        const type = chance.pick(["view", "view", "click", "like", "skip", "dislike", "undo"] as const);
        const more =
          type === "undo" ? { event: log[chance.integer(i)]?.event.id ?? "0" } : { fraction: chance.uniform() };
        log.push(world.event(type, chance.integer(items), more));
        profile.append(log[i]!);
        expect(bits(profile)).toEqual(bits(createProfile(world.model, log)));
      }
    }),
    { numRuns: 30 },
  );
});

test("an event taken back leaves the profile bit for bit as if it had never been given", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { items: 12, events: 40 });
      const taken = world.chance.pick(world.log).event.id;
      const never = createProfile(
        world.model,
        world.log.filter(({ event }) => event.id !== taken),
      );
      const profile = createProfile(world.model, world.log);
      profile.append(world.event("undo", 0, { event: taken }));
      expect(bits(profile)).toEqual(bits(never));
    }),
  );
});

test("one event that arrives twice is one event", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { model, log, chance } = createWorld(seed, { items: 12, events: 40 });
      const profile = createProfile(model, log);
      for (let i = 0; i < 5; i++) profile.append(chance.pick(log));
      expect(bits(profile)).toEqual(bits(createProfile(model, log)));
    }),
  );
});

test("a second copy of an event, from a device that does not know its item, changes nothing", () => {
  const world = createWorld(3);
  const like = world.event("like", 5);
  const profile = createProfile(world.model, [...world.log, like]);
  const before = bits(profile);
  profile.append({ event: like.event });
  profile.replace([...world.log, like, { event: like.event }]);
  expect(bits(profile)).toEqual(before);
});

test("an item the device knows nothing of gives no evidence until it does", () => {
  const world = createWorld(4);
  const like = world.event("like", 5);
  const profile = createProfile(world.model, world.log);
  const before = bits(profile);
  profile.append({ event: like.event });
  expect(bits(profile)).toEqual(before);
  profile.append(like);
  expect(bits(profile)).toEqual(bits(createProfile(world.model, [...world.log, like])));
  expect(profile.signals.at(-1)!.event).toBe(like.event.id);
});

test("starting over forgets all that was there", () => {
  const world = createWorld(5);
  const profile = createProfile(world.model, world.log);
  profile.replace([]);
  expect(bits(profile)).toEqual(bits(createProfile(world.model)));
  expect(profile.signals).toEqual([]);
  expect(profile.taste.weight).toBe(0);
});

test("the same events with other vectors, as after a new release, are a new profile", () => {
  const world = createWorld(9);
  const moved = world.log.map(({ event, known }, i) => {
    const vector = Array.from(known!.vector, (value) => value + 0.5);
    return { event, known: i < 3 ? known! : { ...known!, vector } };
  });
  const profile = createProfile(world.model, world.log);
  profile.replace(moved);
  expect(bits(profile)).toEqual(bits(createProfile(world.model, moved)));
  expect(bits(profile)).not.toEqual(bits(createProfile(world.model, world.log)));
});

test("the log that was handed over is neither kept nor changed", () => {
  const world = createWorld(6);
  const mine = [...world.log];
  const profile = createProfile(world.model, mine);
  const before = bits(profile);
  profile.append(world.event("like", 1));
  expect(mine).toEqual(world.log);
  mine.length = 0;
  profile.append(world.event("undo", 1, { event: profile.signals.at(-1)!.event }));
  expect(bits(profile)).toEqual(before);
});

test("what a profile said at one moment stays what it was while the profile goes on", () => {
  const world = createWorld(8);
  const profile = createProfile(world.model, world.log);
  const interest = interestAt(profile, world.model, world.now);
  const before = structuredClone(interest);
  profile.append(world.event("like", 1));
  profile.append(world.event("skip", 2));
  profile.append(world.event("undo", 2, { event: profile.signals[0]!.event }));
  expect(interest).toEqual(before);
});
