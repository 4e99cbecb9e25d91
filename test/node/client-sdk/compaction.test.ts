/** What a log can do without, and that nobody sees a difference when it has gone. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COMPACTION_LIMITS, isTooLong, planCompaction } from "../../../client-sdk/engine/compaction.ts";
import type { CompactionLimits } from "../../../client-sdk/engine/compaction.ts";
import { createSeenItems } from "../../../client-sdk/engine/seen-items.ts";
import { carryFirst } from "../../../shared/carried.ts";
import type { Carried } from "../../../shared/carried.ts";
import { encoderInputs } from "../../../shared/encoder-inputs.ts";
import { explainLinear } from "../../../shared/explain.ts";
import { describeHistory } from "../../../shared/history-features.ts";
import type { ScoringModel } from "../../../shared/model.ts";
import { createProfile } from "../../../shared/profile.ts";
import type { LoggedEvent } from "../../../shared/profile.ts";
import { bits, expectClose } from "../shared/support/compare.ts";
import { scored } from "../shared/support/scored.ts";
import { createWorld } from "../shared/support/world.ts";
import type { World } from "../shared/support/world.ts";

/** As few as lists can do with: 16 unwanted signals are looked at one by one. */
const SMALL: CompactionLimits = { signals: 20, silent: 20, kept: 0.9, newest: 16 };

/** A log as far as it is there, on top of what is carried. */
interface Life {
  readonly log: readonly LoggedEvent[];
  readonly carried?: Carried | undefined;
}

/** The log with events taken back, some of them given back again, and cards that are spoken of more than once. */
function livelyLog({ log, event, chance }: World): LoggedEvent[] {
  const all = [...log];
  for (let i = 0; i < log.length / 5; i++) all.push(event("undo", 0, { event: chance.pick(all).event.id }));
  return all;
}

function compacted(model: ScoringModel, { log, carried: before }: Life, limits = COMPACTION_LIMITS) {
  const profile = createProfile(model, log, before);
  const events = log.map(({ event }) => event);
  const plan = planCompaction(events, profile.signals, limits);
  const { signals } = profile;
  const carried = plan.carried > 0 ? carryFirst(before, signals, plan.carried, model, limits.newest) : before;
  return { profile, events, plan, carried, log: log.filter(({ event }) => !plan.dropped.has(event.id)) };
}

function views(events: readonly LoggedEvent[], kept?: Parameters<ReturnType<typeof createSeenItems>["keep"]>[0]) {
  const items = createSeenItems();
  if (kept) items.keep(kept);
  items.replay(events.map(({ event }) => event));
  return { seen: new Map([...items.seen].sort()), banned: new Map([...items.banned].sort()) };
}

/** The world with other half-lives: both never fading, only with time, only with what is liked, or its own. */
function fading(world: World, kind: number): World {
  const { taste, intent } = world.model.profile;
  const never = { halfLifePositives: null, halfLifeMs: null };
  const scales = [
    { taste: never, intent: never },
    { taste: never, intent },
    { taste: { ...taste, halfLifePositives: null }, intent: { ...intent, halfLifeMs: null } },
    { taste, intent },
  ];
  const linear = { ...world.model.linear, ...(kind === 0 && { skipHalfLifePositives: null, skipHalfLifeMs: null }) };
  return { ...world, model: { ...world.model, linear, profile: { ...world.model.profile, ...scales[kind] } } };
}

function viewOf(world: World, { log, carried }: Life) {
  return scored(world, undefined, log, carried);
}

/** Fails where anything that lists are made from is not the same; scores are compared in deviations of the scores. */
function expectSame(world: World, got: Life, expected: Life): void {
  const [after, before] = [viewOf(world, got), viewOf(world, expected)];
  for (const scale of ["taste", "intent"] as const) {
    const [a, b] = [after.profile[scale], before.profile[scale]];
    expectClose(a.scatter, b.scatter, 1e-9, `${scale}.scatter`);
    expectClose(a.pull, b.pull, 1e-9, `${scale}.pull`);
    expectClose([a.weight], [b.weight], 1e-9, `${scale}.weight`);
    expect(a.at).toBe(b.at);
  }
  expect(after.interest.count).toEqual(before.interest.count);
  expectClose(after.interest.content.category, before.interest.content.category, 1e-9, "categories");
  expectClose(after.interest.content.share, before.interest.content.share, 1e-9, "shares");
  expect([...after.interest.content.author.keys()].sort()).toEqual([...before.interest.content.author.keys()].sort());
  // By explanations, which are added up in double precision: a float32 score is itself rounded by up to this much.
  const [got64, expected64] = [after, before].map((view) => explainedScores(world, view));
  const mean = expected64!.reduce((sum, x) => sum + x, 0) / expected64!.length;
  const deviation = Math.sqrt(expected64!.reduce((sum, x) => sum + (x - mean) ** 2, 0) / expected64!.length);
  const most = expected64!.reduce((max, x, i) => Math.max(max, Math.abs(x - got64![i]!)), 0);
  expect(most).toBeLessThanOrEqual(1e-6 * deviation);
}

/** The score of every item as the sum of its terms, which it must be whatever of it is carried. */
function explainedScores(world: World, { table, interest, scores }: ReturnType<typeof viewOf>): number[] {
  return world.ids.map((_, row) => {
    const sum = explainLinear(table, row, interest, world.model).reduce((total, { value }) => total + value, 0);
    expect(Math.abs(sum - scores.total[row]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(sum)));
    return sum;
  });
}

const worlds = fc.record({
  seed: fc.integer(),
  events: fc.integer({ min: 0, max: 200 }),
  kind: fc.integer({ min: 0, max: 3 }),
});

test("the profile after a compaction is the one before, however fast or slowly evidence fades", () => {
  let compactions = 0;
  fc.assert(
    fc.property(worlds, ({ seed, events, kind }) => {
      const world = fading(createWorld(seed, { items: 30, events }), kind);
      const before = { log: livelyLog(world) };
      const after = compacted(world.model, before, SMALL);
      expectSame(world, after, before);
      if (after.carried) compactions++;
      // To the bit, where only sums are concerned.
      const { signals: _, ...sums } = bits(createProfile(world.model, after.log, after.carried));
      const { signals: __, ...whole } = bits(after.profile);
      expect(sums).toEqual(whole);
    }),
    { numRuns: 300 },
  );
  expect(compactions).toBeGreaterThan(100);
});

test("after a long life of many compactions the profile is that of the whole log", () => {
  fc.assert(
    fc.property(worlds, fc.boolean(), ({ seed, kind }, isLiking) => {
      const world = fading(createWorld(seed, { items: 30, events: 0 }), kind);
      const { chance } = world;
      const whole: LoggedEvent[] = [];
      let life: Life = { log: [] };
      // Somebody who hardly ever skips, and somebody who hardly ever likes.
      const rare = () => chance.uniform() < 0.03;
      for (let card = 0; card < 120; card++) {
        const row = chance.integer(30);
        const list = { list: `list-${card}` };
        const acts = [world.event("view", row, { ...list, dwellMs: 1_000, fraction: chance.uniform() })];
        if (rare() !== isLiking) acts.push(world.event("like", row, list));
        if (rare() === isLiking) acts.push(world.event(chance.pick(["skip", "dislike"]), row, list));
        if (chance.uniform() < 0.1) acts.push(world.event("undo", row, { event: chance.pick(acts).event.id }));
        whole.push(...acts);
        life = { log: [...life.log, ...acts], carried: life.carried };
        life = compacted(world.model, life, SMALL);
      }
      expect(life.log.length).toBeLessThan(whole.length / 2);
      expectSame({ ...world, now: whole.at(-1)!.event.at + chance.integer(10 ** 9) }, life, { log: whole });
    }),
    { numRuns: 40 },
  );
});

test("encoder and features see what they saw: the same history, however rare a kind of signal is", () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, isLiking) => {
      const world = createWorld(seed, { items: 30, events: 0 });
      const { chance, model } = world;
      const log = Array.from({ length: 90 }, (_, i) => {
        const type = chance.uniform() < 0.05 === isLiking ? "skip" : "like";
        return world.event(type, chance.integer(30), { list: `list-${i}` });
      });
      const limits = { ...SMALL, newest: 50 };
      const [after, before] = [compacted(model, { log }, limits), { log }].map((life) => viewOf(world, life).interest);
      const moment = { surface: "home", utcOffsetMinutes: 0 };
      expect(encoderInputs(after!, model.dim, moment)).toEqual(encoderInputs(before!, model.dim, moment));
      const [got, expected] = [after!, before!].map((interest) => describeHistory(interest, model.categoryWeight));
      for (const name of ["recent", "neighbourWeight", "positives", "signals", "repelled", "hoursSinceLast"] as const) {
        expect(got![name], name).toEqual(expected![name]);
      }
    }),
    { numRuns: 60 },
  );
});

test("a signal from before what is carried, which comes late, weighs what time has left of it, in whatever order it comes", () => {
  const made = fading(createWorld(5, { items: 30, events: 0 }), 1);
  const intent = { halfLifePositives: 5, halfLifeMs: 86_400_000 };
  const world = { ...made, model: { ...made.model, profile: { ...made.model.profile, intent } } };
  const late = [world.event("like", 1), world.event("like", 2)];
  const log = Array.from({ length: 30 }, (_, i) => world.event("like", 3 + (i % 20), { list: `list-${i}` }));
  const { carried, log: left } = compacted(world.model, { log }, SMALL);
  const profile = createProfile(world.model, [...left, ...late], carried);
  expect(profile.signals.slice(0, 2).map(({ event }) => event)).toEqual(late.map(({ event }) => event.id));
  const appended = createProfile(world.model, left, carried);
  for (const entry of [...late].reverse()) appended.append(entry);
  expect(bits(appended)).toEqual(bits(profile));
  // The taste never fades here: it is as if they had come in time.
  const inTime = createProfile(world.model, [...late, ...log]);
  expectClose(profile.taste.pull, inTime.taste.pull, 1e-12);
  explainedScores(world, viewOf(world, { log: [...left, ...late], carried }));
});

test("a log that is just too long goes back to nine tenths, oldest first, and no score moves", () => {
  const made = createWorld(1, { items: 300, dim: 16, events: 0 });
  const never = { halfLifePositives: null, halfLifeMs: null };
  const profile = { ...made.model.profile, taste: never };
  const model = { ...made.model, profile };
  const log = Array.from({ length: COMPACTION_LIMITS.signals + 1 }, (_, i) =>
    made.event(made.chance.pick(["like", "skip", "dislike", "click"]), made.chance.integer(300), { list: `l${i}` }),
  );
  const world: World = { ...made, model, log, now: log.at(-1)!.event.at };
  const after = compacted(model, { log });
  expect(after.log).toEqual(log.slice(-COMPACTION_LIMITS.signals * COMPACTION_LIMITS.kept));
  expect(after.carried).toMatchObject({ signals: 501, recent: [] });
  expectSame(world, after, { log });
  // The measure itself sees a change where there is one.
  expect(() => expectSame(world, { log: after.log }, { log })).toThrow();
});

test("nothing that stood falls but the oldest, nothing that had fallen stands up, and what was seen stays seen", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, events) => {
      const world = createWorld(seed, { items: 15, events });
      const log = livelyLog(world);
      const { profile, plan, log: left } = compacted(world.model, { log }, SMALL);
      const after = createProfile(world.model, left);
      expect(bits(after).signals).toEqual(bits(profile).signals.slice(plan.carried));
      expect(after.signals.length).toBe(
        profile.signals.length > SMALL.signals ? SMALL.signals * SMALL.kept : profile.signals.length,
      );
      expect(views(left, plan.marks)).toEqual(views(log));
      if (plan.carried > 0) expect(plan.until).toBeGreaterThanOrEqual(profile.signals[plan.carried - 1]!.at);
      if (!isTooLong(log.length, profile.signals.length, SMALL)) expect(plan.dropped.size).toBe(0);
    }),
    { numRuns: 300 },
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
  const { plan, carried, log: left } = compacted(world.model, { log }, SMALL);
  // 36 events of families of one and two; at most 18 stay, and of each family all or nothing.
  expect(left).toEqual(log.slice(18));
  expect(plan.marks).toEqual({ seen: [], banned: [] });
  expect(carried).toBeUndefined();
  expect(createProfile(world.model, left).signals).toEqual([]);
});

test("a ban outlives its event, an undone one does not come back", () => {
  const world = createWorld(12, { items: 60, events: 0 });
  const [hide, taken] = [world.event("hide", 1, { list: "a" }), world.event("hide", 2, { list: "a" })];
  const log = [hide, taken, world.event("undo", 2, { event: taken.event.id })];
  for (let i = 0; i < 45; i++) log.push(world.event(i % 2 ? "like" : "skip", 3 + i, { list: "b" }));
  const { plan, log: left } = compacted(world.model, { log }, SMALL);
  expect(left).not.toContain(hide);
  const banned = new Map(plan.marks.banned.map(({ item, at }) => [item, at]));
  expect(banned).toEqual(new Map([[hide.event.item, hide.event.at]]));
  expect(views(left, plan.marks).banned).toEqual(new Map([[hide.event.item, hide.event.at]]));
});

test("undos that name each other in a circle, as only a made-up import has them, are survived", () => {
  const world = createWorld(13, { events: 0 });
  const [a, b] = [world.event("undo", 0, { event: "1".padStart(26, "0") }), world.event("undo", 0)];
  const circle = [a, { event: { ...b.event, event: a.event.id } as typeof b.event }];
  const log = [...circle, ...Array.from({ length: 40 }, (_, i) => world.event("impression", i % 20))];
  expect(compacted(world.model, { log }, SMALL).log.length).toBeLessThanOrEqual(SMALL.silent);
});
