import { expect, test } from "vitest";
import { interestAt } from "../../../shared/interest.ts";
import { createProfile } from "../../../shared/profile.ts";
import type { LoggedEvent } from "../../../shared/profile.ts";
import { expectClose } from "./support/compare.ts";
import { createWorld } from "./support/world.ts";

const world = createWorld(1, { events: 0, items: 60 });
const model = {
  ...world.model,
  linear: { ...world.model.linear, neighbourHalfLifePositives: 2, skipHalfLifePositives: 4, skipHalfLifeMs: null },
};
const at = (log: readonly LoggedEvent[], now = log.at(-1)?.event.at ?? 0) =>
  interestAt(createProfile(model, log), model, now);
const many = (type: "like" | "skip", count: number) =>
  Array.from({ length: count }, (_, i) => world.event(type, i + 2));

test("the neighbours of the last ten positives count, newest first, fading by each positive since", () => {
  const likes = many("like", 12);
  const { positives } = at([...likes, ...many("skip", 5)]);
  const newest = likes.reverse().slice(0, 10);
  expect(positives.map(({ signal }) => signal.event)).toEqual(newest.map(({ event }) => event.id));
  expectClose(
    positives.map(({ weight }) => weight),
    newest.map((_, k) => 2 ** (-k / 2)),
    1e-15,
  );
});

test("a release may ask for the neighbours of fewer or more positives than ten", () => {
  const log = many("like", 30);
  for (const neighbourPositives of [1, 25, 500]) {
    const asking = { ...model, linear: { ...model.linear, neighbourPositives } };
    expect(interestAt(createProfile(asking, log), asking, 0).positives).toHaveLength(Math.min(30, neighbourPositives));
  }
});

test("a positive counts by its target and confidence", () => {
  const { positives } = at([world.event("rating", 3, { value: 3 }), world.event("click", 4)]);
  expect(positives.map(({ weight }) => weight)).toEqual([0.5, 0.5 * Math.SQRT1_2]);
});

test("the last sixteen signals that repel push, fading by the positives since", () => {
  const skips = many("skip", 20);
  const { repelling } = at([...skips, ...many("like", 4)]);
  expect(repelling.map(({ signal }) => signal.event)).toEqual(
    skips
      .reverse()
      .slice(0, 16)
      .map(({ event }) => event.id),
  );
  for (const { weight } of repelling) expect(weight).toBe(0.5);
});

test("a dislike and a hide repel like a skip; a like, a view and a rating of one star do not", () => {
  const told = [
    world.event("dislike", 2),
    world.event("hide", 3),
    world.event("like", 4),
    world.event("view", 5, { fraction: 0.1 }),
    world.event("rating", 6, { value: 1 }),
  ];
  const { repelling } = at(told);
  expect(repelling.map(({ signal }) => signal.item)).toEqual(["item-3", "item-2"]);
});

test("the content profile is the sum of what was liked, each item scaled to length 1", () => {
  const forever = { halfLifePositives: null, halfLifeMs: null };
  const still = { ...model, profile: { ...model.profile, taste: forever, intent: forever } };
  const categoryWeight = Float32Array.of(3, 4, 1, 1, 1);
  const like = (categories: number[], author: number) => {
    const { event, known } = world.event("like", 2);
    return { event, known: { ...known!, categories, author } };
  };
  // (3, 4)/5 and the author's 2/2, then a category of weight 1 with an author of weight 2: (1, 2)/√5.
  const log = [like([0, 1], 0), like([], 9), like([2], 9)].map((entry, i) => ({
    ...entry,
    event: { ...entry.event, list: `list ${i}` },
  }));
  const { content } = interestAt(createProfile(still, log), { ...still, categoryWeight }, 1e13);
  expectClose(content.category, [0.6, 0.8, 1 / Math.sqrt(5), 0, 0], 1e-12);
  expect([...content.author.keys()]).toEqual([9]);
  expect(content.author.get(9)).toBeCloseTo(1 + 2 / Math.sqrt(5), 12);
  expect(content.norm).toBeCloseTo(Math.hypot(0.6, 0.8, 1 / Math.sqrt(5), 1 + 2 / Math.sqrt(5)), 12);
});

test("what was not wanted does not enter the content profile", () => {
  const { content } = at([...many("skip", 4), world.event("dislike", 9)]);
  expect(content.norm).toBe(0);
  expect(content.category.every((value) => value === 0)).toBe(true);
});

test("adjustments are scaled by the release's weight", () => {
  const profile = createProfile(model, []);
  const { adjustments } = interestAt(profile, model, 0, new Map([[2, -0.5]]));
  expect([...adjustments]).toEqual([[2, -0.5 * model.linear.adjustment]]);
});

test("nobody's interest is finite and empty", () => {
  const interest = at([]);
  expect(interest.signals).toEqual([]);
  expect([interest.positives, interest.repelling, interest.content.norm]).toEqual([[], [], 0]);
  expect([...interest.taste.mean, ...interest.intent.mean].every((value) => value === 0)).toBe(true);
});

test("two time scales that are one are one posterior, the same that each would be", () => {
  const log = many("like", 6);
  const scale = { halfLifePositives: null, halfLifeMs: null };
  const one = { ...model, profile: { ...model.profile, taste: scale, intent: scale } };
  const same = interestAt(createProfile(one, log), one, 0);
  expect(same.intent).toBe(same.taste);
  const almost = { ...one, profile: { ...one.profile, intent: { halfLifePositives: 1e15, halfLifeMs: null } } };
  const { taste, intent } = interestAt(createProfile(almost, log), almost, 0);
  expect(taste.mean).toEqual(same.taste.mean);
  expectClose(intent.mean, same.intent.mean, 1e-9);
});
