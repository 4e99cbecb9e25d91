import * as fc from "fast-check";
import { expect, test } from "vitest";
import { explainLinear } from "../../../shared/explain.ts";
import { interestAt } from "../../../shared/interest.ts";
import { createProfile } from "../../../shared/profile.ts";
import { scoreLinear } from "../../../shared/linear-score.ts";
import { expectClose } from "./support/compare.ts";
import { scored, someAdjustments, tableOf } from "./support/scored.ts";
import { cosine, twinScore, twinState, vectorOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";

const PARTS = ["total", "neighbour", "content", "popularity", "appeal", "skip", "adjustment"] as const;

test("the linear score and each of its parts are those of the formula", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, events) => {
      const world = createWorld(seed, { events });
      const adjustments = someAdjustments(world);
      const { scores } = scored(world, adjustments);
      const state = twinState(world, adjustments);
      const expected = world.ids.map((_, row) => twinScore(state, row));
      for (const part of PARTS) {
        expectClose(
          scores[part],
          expected.map((each) => each[part]),
          1e-5,
          part,
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("without any event the score is popularity and appeal alone", () => {
  const world = createWorld(1);
  const { scores } = scored(world, undefined, []);
  const { popularity, popularityMax, appeal } = world.model.linear;
  const [click, like, finish] = [appeal!.click, appeal!.like, appeal!.finish];
  const of = (row: number) => world.columns.appeal!.subarray(3 * row, 3 * row + 3);
  expectClose(
    scores.total,
    Array.from(world.columns.popularity, (count, row) => {
      const [clicks, likes, finishes] = of(row);
      return (popularity * Math.log1p(count)) / popularityMax + click * clicks! + like * likes! + finish * finishes!;
    }),
    1e-6,
  );
});

test("liked authors of whom the table has no item lend nothing to items without author", () => {
  const world = createWorld(14, { events: 0 });
  const { event, known } = world.event("like", 3);
  const stranger = { event, known: { ...known!, categories: [], author: 999 } };
  const { scores, interest } = scored(world, undefined, [stranger]);
  expect([...interest.content.author.keys()]).toEqual([999]);
  expect(world.columns.author).toContain(0);
  expect(scores.content.every((value) => value === 0)).toBe(true);
});

test("a skip pushes the items near the skipped one down by their cosine, and no other", () => {
  const world = createWorld(2, { items: 60, events: 8 });
  const table = tableOf(world);
  const profile = createProfile(world.model, world.log);
  const skip = world.event("skip", 7, { list: "a new one" });
  const now = skip.event.at;
  const before = scoreLinear(table, interestAt(profile, world.model, now), world.model);
  profile.append(skip);
  const after = scoreLinear(table, interestAt(profile, world.model, now), world.model);
  const near = world.ids.map((_, row) => Math.max(0, cosine(vectorOf(world, row), vectorOf(world, 7))));
  expect(near[7]).toBeCloseTo(1, 12);
  expect(near.filter((value) => value === 0).length).toBeGreaterThan(10);
  expectClose(
    after.skip.map((value, row) => value - before.skip[row]!),
    near,
    1e-5,
  );
});

test("after three skips of one neighbourhood the nearest items have lost places", () => {
  let lost = 0;
  for (let seed = 0; seed < 40; seed++) {
    const world = createWorld(seed, { items: 100, events: 20 });
    const order = [...world.ids.keys()].sort(
      (a, b) => cosine(vectorOf(world, b), vectorOf(world, 9)) - cosine(vectorOf(world, a), vectorOf(world, 9)),
    );
    const skips = order.slice(0, 3).map((row) => world.event("skip", row));
    const near = order.slice(3, 13);
    const rank = (scores: Float32Array, row: number) => scores.filter((score) => score > scores[row]!).length;
    const before = scored(world).scores.total;
    const after = scored(world, undefined, [...world.log, ...skips]).scores.total;
    lost += near.reduce((sum, row) => sum + rank(after, row) - rank(before, row), 0) / near.length;
  }
  expect(lost / 40).toBeGreaterThan(5);
});

test("a skip of long ago, or one followed by many likes, pushes less", () => {
  const world = createWorld(3, { events: 0 });
  const model = {
    ...world.model,
    linear: { ...world.model.linear, skipHalfLifeMs: 1_000, skipHalfLifePositives: 2 },
  };
  const table = tableOf(world);
  const skip = world.event("skip", 7);
  const at = skip.event.at;
  const push = (now: number, ...more: (typeof skip)[]) =>
    scoreLinear(table, interestAt(createProfile(model, [skip, ...more]), model, now), model).skip[7]!;
  expect(push(at)).toBeCloseTo(1, 6);
  expect(push(at + 1_000)).toBeCloseTo(0.5, 6);
  const likes = [1, 2, 3, 4].map((row) => {
    const like = world.event("like", row);
    return { ...like, event: { ...like.event, at } };
  });
  expect(push(at, ...likes)).toBeCloseTo(0.25, 6);
});

test("the terms of an explanation sum to the score, for any item of any world", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { events: 40 });
      const { table, interest, scores } = scored(world, someAdjustments(world));
      for (let row = 0; row < table.columns.size; row++) {
        const terms = explainLinear(table, row, interest, world.model);
        const sum = terms.reduce((total, { value }) => total + value, 0);
        const size = Math.max(Math.abs(scores.total[row]!), ...terms.map(({ value }) => Math.abs(value)));
        expect(Math.abs(sum - scores.total[row]!)).toBeLessThanOrEqual(1e-4 * size);
      }
    }),
    { numRuns: 40 },
  );
});

test("terms come with the strongest first, none of them zero, and each event at most once a kind", () => {
  const world = createWorld(11, { events: 60 });
  const { table, interest } = scored(world, someAdjustments(world));
  for (let row = 0; row < table.columns.size; row++) {
    const terms = explainLinear(table, row, interest, world.model);
    const sizes = terms.map(({ value }) => Math.abs(value));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes).not.toContain(0);
    const named = terms.map(
      (term) => `${term.kind} ${"event" in term ? term.event : "category" in term ? term.category : ""}`,
    );
    expect(new Set(named).size).toBe(named.length);
  }
});

test("a like speaks for the liked item itself, and taking it back costs that item score", () => {
  const row = 12;
  for (let seed = 0; seed < 20; seed++) {
    const world = createWorld(seed);
    const like = world.event("like", row);
    const now = like.event.at;
    const { model } = world;
    const table = tableOf(world);
    const scoreOf = (log: typeof world.log) => {
      const interest = interestAt(createProfile(model, log), model, now);
      return { interest, score: scoreLinear(table, interest, model).total[row]! };
    };
    const given = scoreOf([...world.log, like]);
    const term = explainLinear(table, row, given.interest, model).find(
      (each) => each.kind === "event" && each.event === like.event.id,
    );
    expect(term!.value, `seed ${seed}`).toBeGreaterThan(0);
    expect(given.score, `seed ${seed}`).toBeGreaterThan(scoreOf(world.log).score);
  }
});

test("a category that the person turned up or down has a term of its own, of the size that was set", () => {
  const world = createWorld(13);
  const row = world.ids.findIndex((_, i) => world.columns.categoryStart[i + 1]! > world.columns.categoryStart[i]!);
  const category = world.columns.category[world.columns.categoryStart[row]!]!;
  const { table, interest } = scored(world, new Map([[category, -0.5]]));
  expect(explainLinear(table, row, interest, world.model)).toContainEqual({
    kind: "adjustment",
    category: `category-${category}`,
    value: -0.5 * world.model.linear.adjustment,
  });
});
