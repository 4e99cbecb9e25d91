import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diversify } from "../../../shared/diversify.ts";
import { tableOf } from "./support/scored.ts";
import { shuffled } from "./support/random.ts";
import { categoriesOf, cosine, vectorOf } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

const DEVIATION = 0.5;
const COST = 4;

/** Candidates of a world in a random order, best first, with falling scores. */
function candidates(world: World, among = world.ids.length) {
  const rows = shuffled(world.ids.length, world.chance).slice(0, among);
  const scores = rows.map(() => DEVIATION * world.chance.normal()).sort((a, b) => b - a);
  return { table: tableOf(world), rows, scores };
}

/** Half the vectors' cosine, half the Jaccard index of the categories. */
function likeness(world: World, a: number, b: number): number {
  const [ofA, ofB] = [new Set(categoriesOf(world, a)), new Set(categoriesOf(world, b))];
  const shared = [...ofA].filter((category) => ofB.has(category)).length;
  const overlap = shared === 0 ? 0 : shared / new Set([...ofA, ...ofB]).size;
  return 0.5 * Math.max(0, cosine(vectorOf(world, a), vectorOf(world, b))) + 0.5 * overlap;
}

test("each next item is the one of the largest marginal relevance, computed from scratch", () => {
  const any = fc.tuple(fc.integer(), fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 0.2, 0.5, 1));
  fc.assert(
    fc.property(any, ([seed, categories, diversity]) => {
      const world = createWorld(seed, { items: 60, categories, events: 0 });
      const { table, rows, scores } = candidates(world);
      const alike = rows.map((a) => rows.map((b) => likeness(world, a, b)));
      const got = diversify(table, rows, scores, 10, { diversity, deviation: DEVIATION });
      expect(got).toHaveLength(10);
      got.forEach((choice, n) => {
        const chosen = got.slice(0, n);
        const relevance = (i: number) =>
          scores[i]! - diversity * DEVIATION * COST * Math.max(0, ...chosen.map((other) => alike[other]![i]!));
        const left = [...rows.keys()].filter((i) => !chosen.includes(i));
        // float32 unit vectors may swap two that are equal to the seventh digit.
        expect(left).toContain(choice);
        expect(relevance(choice)).toBeGreaterThanOrEqual(Math.max(...left.map(relevance)) - 1e-6);
      });
    }),
    { numRuns: 40 },
  );
});

test("candidates too deep to be worth their variety are left alone", () => {
  const { table, rows, scores } = candidates(createWorld(4, { items: 200, events: 0 }));
  const got = diversify(table, rows, scores, 20, { diversity: 1, deviation: 100 });
  expect(Math.max(...got)).toBeLessThan(100);
  expect(Math.max(...got)).toBeGreaterThan(30);
});

test("at dial 0 the order is that of the scores", () => {
  const { table, rows, scores } = candidates(createWorld(1));
  const got = diversify(table, rows, scores, 12, { diversity: 0, deviation: DEVIATION });
  expect(got).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

test("nothing is chosen twice and never more than was asked for or is there", () => {
  const world = createWorld(2);
  const any = fc.record({
    count: fc.integer({ min: 0, max: 60 }),
    among: fc.integer({ min: 0, max: 40 }),
    diversity: fc.constantFrom(0, 0.3, 1),
  });
  fc.assert(
    fc.property(any, ({ count, among, diversity }) => {
      const { table, rows, scores } = candidates(world, among);
      const got = diversify(table, rows, scores, count, { diversity, deviation: DEVIATION });
      expect(got).toHaveLength(Math.min(count, among));
      expect(new Set(got).size).toBe(got.length);
      expect(got.every((position) => position >= 0 && position < among)).toBe(true);
      if (count > 0 && among > 0) expect(got[0], "the best is always first").toBe(0);
    }),
  );
});

test("a list goes on from what is shown as it would have gone on by itself", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, already) => {
      const { table, rows, scores } = candidates(createWorld(seed, { events: 0 }));
      const options = { diversity: 0.5, deviation: DEVIATION };
      const whole = diversify(table, rows, scores, 12, options).map((position) => rows[position]!);
      const shown = whole.slice(0, already);
      const left = rows
        .map((row, position) => ({ row, score: scores[position]! }))
        .filter(({ row }) => !shown.includes(row));
      const leftRows = left.map(({ row }) => row);
      const leftScores = left.map(({ score }) => score);
      const rest = diversify(table, leftRows, leftScores, 12 - already, { ...options, shown });
      expect(rest.map((position) => leftRows[position]!)).toEqual(whole.slice(already));
    }),
  );
});

test("scores and deviation in another unit, or scores moved by a constant, give the same choice", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0.25, 8, 1024), (seed, unit) => {
      const { table, rows, scores } = candidates(createWorld(seed, { events: 0 }));
      const choice = (values: number[], deviation: number) =>
        diversify(table, rows, values, 15, { diversity: 0.5, deviation });
      const was = choice(scores, DEVIATION);
      expect(
        choice(
          scores.map((score) => score * unit),
          DEVIATION * unit,
        ),
      ).toEqual(was);
      expect(
        choice(
          scores.map((score) => score + 16),
          DEVIATION,
        ),
      ).toEqual(was);
    }),
  );
});

test("turned up, the dial makes lists less alike on average and costs score", () => {
  const dials = [0, 0.25, 0.5, 1];
  const alike = dials.map(() => 0);
  const worth = dials.map(() => 0);
  for (let seed = 0; seed < 30; seed++) {
    const world = createWorld(seed, { items: 60, events: 0 });
    const { table, rows, scores } = candidates(world);
    dials.forEach((diversity, dial) => {
      const chosen = diversify(table, rows, scores, 10, { diversity, deviation: DEVIATION });
      for (const a of chosen) for (const b of chosen) if (a < b) alike[dial]! += likeness(world, rows[a]!, rows[b]!);
      for (const each of chosen) worth[dial]! += scores[each]!;
    });
  }
  for (let dial = 1; dial < dials.length; dial++) {
    expect(alike[dial]).toBeLessThan(alike[dial - 1]!);
    expect(worth[dial]).toBeLessThan(worth[dial - 1]!);
  }
});

test("of two equal films only one comes at once when another is nearly as good", () => {
  const world = createWorld(3, { items: 3, dim: 4, events: 0 });
  const columns = {
    ...world.columns,
    vectors: Int8Array.of(127, 0, 0, 0, 127, 0, 0, 0, 0, 127, 0, 0),
    scale: Float32Array.of(1, 1, 1),
    categoryStart: Uint32Array.of(0, 1, 2, 3),
    category: Uint16Array.of(0, 0, 1),
  };
  const table = tableOf({ ...world, columns });
  const choice = (diversity: number) =>
    diversify(table, [0, 1, 2], [1, 0.9, 0.8], 3, { diversity, deviation: DEVIATION });
  expect(choice(0)).toEqual([0, 1, 2]);
  expect(choice(0.3)).toEqual([0, 2, 1]);
});
