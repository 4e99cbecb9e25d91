import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COMPACTION_LIMITS, isTooLong, planCompaction } from "../../../client-sdk/engine/compaction.ts";
import type { CompactionLimits } from "../../../client-sdk/engine/compaction.ts";
import { createSeenItems } from "../../../client-sdk/engine/seen-items.ts";
import { weightsAt } from "../../../shared/posterior.ts";
import { createProfile } from "../../../shared/profile.ts";
import type { LoggedEvent } from "../../../shared/profile.ts";
import type { ScoringModel } from "../../../shared/model.ts";
import { bits } from "../shared/support/compare.ts";
import { scored } from "../shared/support/scored.ts";
import { createWorld } from "../shared/support/world.ts";
import type { World } from "../shared/support/world.ts";

const SMALL: CompactionLimits = { signals: 20, silent: 20, kept: 0.9, newest: 3 };

/** The log with events taken back, some of them given back again, and cards that are spoken of more than once. */
function livelyLog({ log, event, chance }: World): LoggedEvent[] {
  const all = [...log];
  for (let i = 0; i < log.length / 5; i++) all.push(event("undo", 0, { event: chance.pick(all).event.id }));
  return all;
}

function compacted(model: ScoringModel, log: readonly LoggedEvent[], limits = COMPACTION_LIMITS) {
  const profile = createProfile(model, log);
  const events = log.map(({ event }) => event);
  const plan = planCompaction(events, profile.signals, model.profile, limits);
  return { profile, events, plan, left: log.filter(({ event }) => !plan.dropped.has(event.id)) };
}

function views(events: readonly LoggedEvent[], kept?: Parameters<ReturnType<typeof createSeenItems>["keep"]>[0]) {
  const items = createSeenItems();
  if (kept) items.keep(kept);
  items.replay(events.map(({ event }) => event));
  return { seen: new Map([...items.seen].sort()), banned: new Map([...items.banned].sort()) };
}

/** A log of one signal a card, with the half-lives of a trained release. */
function longWorld(seed: number, scales: Partial<ScoringModel["profile"]> = {}) {
  const made = createWorld(seed, { items: 300, dim: 16, events: 0 });
  const profile = {
    ...made.model.profile,
    taste: { halfLifePositives: 50, halfLifeMs: null },
    intent: { halfLifePositives: 5, halfLifeMs: 86_400_000 },
    ...scales,
  };
  const world: World = { ...made, model: { ...made.model, profile } };
  const log = Array.from({ length: COMPACTION_LIMITS.signals + 1 }, (_, i) =>
    world.event(world.chance.pick(["like", "skip", "dislike", "click"]), world.chance.integer(300), { list: `l${i}` }),
  );
  return { world: { ...world, log, now: log.at(-1)!.event.at }, log };
}

/** The largest change of a score, in deviations of the scores. */
function jump(world: World, before: readonly LoggedEvent[], after: readonly LoggedEvent[]): number {
  const [a, b] = [before, after].map((log) => scored(world, undefined, log).scores.total);
  const mean = a!.reduce((sum, x) => sum + x, 0) / a!.length;
  const deviation = Math.sqrt(a!.reduce((sum, x) => sum + (x - mean) ** 2, 0) / a!.length);
  return a!.reduce((most, x, i) => Math.max(most, Math.abs(x - b![i]!)), 0) / deviation;
}

test("a log that is just too long is shortened without moving a score by a millionth of their deviation", () => {
  for (const seed of [1, 2, 3]) {
    const { world, log } = longWorld(seed);
    const { plan, left } = compacted(world.model, log);
    expect(left.length).toBe(COMPACTION_LIMITS.signals * COMPACTION_LIMITS.kept);
    expect(plan.dropped.size + left.length).toBe(log.length);
    expect(jump(world, log, left)).toBeLessThan(1e-6);
    // The measure itself sees a change where there is one.
    expect(jump(world, log, left.slice(0, -1))).toBeGreaterThan(1e-3);
  }
});

test("one compaction after the other over a long life leaves the profile of the whole life", () => {
  const { world, log } = longWorld(4);
  let left = [...log];
  const whole = [...log];
  for (let round = 0; round < 4; round++) {
    left = compacted(world.model, left).left;
    while (left.length <= COMPACTION_LIMITS.signals) {
      const type = world.chance.pick(["like", "skip"] as const);
      const next = world.event(type, world.chance.integer(300), { list: `more-${whole.length}` });
      left.push(next);
      whole.push(next);
    }
  }
  const now = whole.at(-1)!.event.at;
  expect(whole.length).toBeGreaterThan(left.length + 1_000);
  expect(jump({ ...world, now }, whole, left)).toBeLessThan(1e-6);
});

test("where nothing fades the least sure signals go, oldest first, and the profile says what the rest says", () => {
  const never = { halfLifePositives: null, halfLifeMs: null };
  const { world, log } = longWorld(5, { taste: never, intent: never });
  const { plan, left, profile } = compacted(world.model, log);
  const spared = (wanted: boolean) =>
    profile.signals.filter(({ target }) => target > 0 === wanted).slice(-COMPACTION_LIMITS.newest);
  const safe = new Set([true, false].flatMap((wanted) => spared(wanted).map(({ event }) => event)));
  const unsure = profile.signals.filter(({ event, confidence }) => confidence === 0.3 && !safe.has(event));
  expect(unsure.length).toBeGreaterThan(plan.dropped.size);
  expect([...plan.dropped]).toEqual(unsure.slice(0, plan.dropped.size).map(({ event }) => event));
  // It cannot stay the same: a tenth of the evidence weighs as much as the rest.
  expect(jump(world, log, left)).toBeGreaterThan(1e-6);
  expect(jump(world, log, left)).toBeLessThan(0.2);
});

test("nothing that stood falls but what is dropped, nothing that had fallen stands up, and what was seen stays seen", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, events) => {
      const world = createWorld(seed, { items: 15, events });
      const log = livelyLog(world);
      const { profile, plan, left } = compacted(world.model, log, SMALL);
      const after = createProfile(world.model, left);
      expect(bits(after).signals).toEqual(bits(profile).signals.filter((id) => !plan.dropped.has(id)));
      expect(after.signals.length).toBeGreaterThanOrEqual(Math.min(profile.signals.length, SMALL.signals * SMALL.kept));
      expect(after.signals.length).toBeLessThanOrEqual(SMALL.signals);
      expect(views(left, plan.marks)).toEqual(views(log));
      if (!isTooLong(log.length, profile.signals.length, SMALL)) expect(plan.dropped.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("the dropped signals weigh no more than those that stay, but for the newest", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { items: 80, events: 160 });
      const { profile, plan } = compacted(world.model, world.log, SMALL);
      const { signals } = profile;
      const { taste, intent } = world.model.profile;
      const now = signals.at(-1)!.at;
      const [t, i] = [weightsAt(signals, taste, now), weightsAt(signals, intent, now)];
      const weight = (k: number) => Math.max(t[k]!, i[k]!);
      const newest = (wanted: boolean) =>
        [...signals.keys()].filter((k) => signals[k]!.target > 0 === wanted).slice(-SMALL.newest);
      const spared = new Set([...newest(true), ...newest(false)]);
      const gone = [...signals.keys()].filter((k) => plan.dropped.has(signals[k]!.event));
      const stay = [...signals.keys()].filter((k) => !plan.dropped.has(signals[k]!.event) && !spared.has(k));
      expect(gone.length).toBe(signals.length > SMALL.signals ? signals.length - SMALL.signals * SMALL.kept : 0);
      expect(gone.filter((k) => spared.has(k))).toEqual([]);
      expect(Math.max(0, ...gone.map(weight))).toBeLessThanOrEqual(Math.min(Infinity, ...stay.map(weight)));
    }),
    { numRuns: 200 },
  );
});

test("events that say nothing go by age, a taken back event together with its undo", () => {
  const world = createWorld(11, { events: 0 });
  const log: LoggedEvent[] = [];
  for (let i = 0; i < 12; i++) {
    log.push(world.event("impression", i));
    const like = world.event("like", i);
    log.push(like, world.event("undo", i, { event: like.event.id }));
  }
  const { plan, left } = compacted(world.model, log, SMALL);
  // 36 events of families of one and two; at most 18 stay, and of each family all or nothing.
  expect(left).toEqual(log.slice(18));
  expect(plan.marks).toEqual({ seen: [], banned: [] });
  expect(createProfile(world.model, left).signals).toEqual([]);
});

test("a ban outlives its event, an undone one does not come back", () => {
  const world = createWorld(12, { items: 60, events: 0 });
  const [hide, taken] = [world.event("hide", 1, { list: "a" }), world.event("hide", 2, { list: "a" })];
  const log = [hide, taken, world.event("undo", 2, { event: taken.event.id })];
  for (let i = 0; i < 45; i++) log.push(world.event(i % 2 ? "like" : "skip", 3 + i, { list: "b" }));
  const { plan, left } = compacted(world.model, log, SMALL);
  expect(left).not.toContain(hide);
  expect(plan.marks.banned).toEqual([{ item: hide.event.item, at: hide.event.at }]);
  expect(views(left, plan.marks).banned).toEqual(new Map([[hide.event.item, hide.event.at]]));
});

test("undos that name each other in a circle, as only a made-up import has them, are survived", () => {
  const world = createWorld(13, { events: 0 });
  const [a, b] = [world.event("undo", 0, { event: "1".padStart(26, "0") }), world.event("undo", 0)];
  const circle = [a, { event: { ...b.event, event: a.event.id } as typeof b.event }];
  const log = [...circle, ...Array.from({ length: 40 }, (_, i) => world.event("impression", i % 20))];
  expect(compacted(world.model, log, SMALL).left.length).toBeLessThanOrEqual(SMALL.silent);
});
