import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FEATURE_FAMILIES, FEATURES } from "../../../shared/features.ts";
import { featurize } from "../../../shared/featurize.ts";
import { interestAt } from "../../../shared/interest.ts";
import type { ItemTable } from "../../../shared/item-table.ts";
import { scoreLinear } from "../../../shared/linear-score.ts";
import { createProfile } from "../../../shared/profile.ts";
import { expectClose } from "./support/compare.ts";
import { shuffled } from "./support/random.ts";
import { scored, someAdjustments, tableOf } from "./support/scored.ts";
import { twinFeature } from "./support/twin-features.ts";
import { twinState } from "./support/twin-score.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

function features(world: World, rows: ArrayLike<number>, log = world.log) {
  const { table, interest, scores, profile } = scored(world, undefined, log);
  return { matrix: featurize(table, { rows }, interest, scores, world.model), table, interest, scores, profile };
}

const rowOf = (matrix: Float32Array, n: number) => matrix.subarray(n * FEATURES.length, (n + 1) * FEATURES.length);
const everyRow = (world: World) => world.ids.map((_, row) => row);

test("there are at least 100 columns, each with a name of its own", () => {
  expect(FEATURES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(FEATURES).size).toBe(FEATURES.length);
  expect(Object.values(FEATURE_FAMILIES).flat()).toEqual(FEATURES);
});

test.each([0, 1, 5, 30, 150])("after %i events every column holds what its name says", (events) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { events });
      const adjustments = someAdjustments(world);
      const { table, interest, scores } = scored(world, adjustments);
      const rows = shuffled(world.ids.length, world.chance).slice(0, 12);
      const source = Uint16Array.from(world.ids, () => world.chance.integer(128));
      const matrix = featurize(table, { rows, source }, interest, scores, world.model);
      expect(matrix).toHaveLength(rows.length * FEATURES.length);
      const state = twinState(world, adjustments);
      FEATURES.forEach((name, column) => {
        const got = rows.map((_, n) => rowOf(matrix, n)[column]!);
        const expected = rows.map((row) => twinFeature(state, row, name, source[row]!));
        expectClose(got, expected, 2e-5, name);
      });
    }),
    { numRuns: 6 },
  );
});

test("the twin is no constant: over a long history every column that is not the person's own varies", () => {
  const world = createWorld(4, { events: 150, items: 60 });
  const state = twinState(world);
  const flat = FEATURES.filter((name) => {
    const first = twinFeature(state, 0, name, 0);
    return everyRow(world).every((row) => twinFeature(state, row, name, 5 * row) === first);
  });
  // A recent signal that neither wants nor repels, or whose item has no vector, is a flat column.
  const flatCosines = flat.filter((name) => name.startsWith("recent_cosine"));
  expect(flat.filter((name) => !flatCosines.includes(name))).toEqual(FEATURE_FAMILIES.person);
  expect(flatCosines.length).toBeLessThan(FEATURE_FAMILIES.recentCosine.length / 3);
});

test("nobody's features are finite, and zero wherever they speak of a history", () => {
  const world = createWorld(5);
  const { matrix } = features(world, everyRow(world), []);
  const ofHistory = ["posterior", "recentCosine", "cosineWindow", "aversionWindow", "recentNeighbour"] as const;
  const historical = new Set<string>(ofHistory.flatMap((family) => [...FEATURE_FAMILIES[family]]));
  matrix.forEach((value, at) => {
    const name = FEATURES[at % FEATURES.length]!;
    expect(Number.isFinite(value), name).toBe(true);
    if (historical.has(name)) expect(value, name).toBeCloseTo(0, 12);
  });
});

test("features are finite for items without vector, categories, author, age and length", () => {
  const world = createWorld(6);
  const { columns } = world;
  const bare = {
    ...columns,
    vectors: new Int8Array(columns.vectors.length),
    author: new Uint32Array(columns.size),
    publishedAt: new Uint32Array(columns.size),
    duration: new Uint16Array(columns.size),
    popularity: new Float32Array(columns.size),
    history: new Uint32Array(columns.size),
    categoryStart: new Uint32Array(columns.size + 1),
    category: new Uint16Array(0),
  };
  const { matrix } = features({ ...world, columns: bare }, everyRow(world));
  expect(matrix.every(Number.isFinite)).toBe(true);
});

test("an item that is published after now has an age of zero, not a negative one", () => {
  const world = createWorld(7);
  const publishedAt = world.columns.publishedAt.map(() => 0xffff_ffff);
  const { matrix } = features({ ...world, columns: { ...world.columns, publishedAt } }, [3]);
  expect(matrix[FEATURES.indexOf("age")]).toBe(0);
  expect(matrix[FEATURES.indexOf("age_known")]).toBe(1);
});

test("another order of the candidates is the same features in that order", () => {
  const world = createWorld(8);
  const rows = everyRow(world);
  const order = shuffled(rows.length, world.chance);
  const { matrix } = features(world, rows);
  const permuted = features(world, Uint32Array.from(order)).matrix;
  order.forEach((row, n) => expect(rowOf(permuted, n)).toEqual(rowOf(matrix, row)));
});

test("a candidate's features do not depend on which others are there", () => {
  const world = createWorld(9);
  const { matrix } = features(world, everyRow(world));
  expect(features(world, [17]).matrix).toEqual(rowOf(matrix, 17));
  expect(features(world, []).matrix).toHaveLength(0);
});

test("features do not depend on the lists that were made before", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = createWorld(seed, { events: 60 });
      const { chance, model, now } = world;
      const table = tableOf(world);
      const profile = createProfile(model, world.log);
      for (let list = 0; list < 8; list++) {
        if (chance.uniform() < 0.8)
          profile.append(world.event("like", chance.integer(world.ids.length), { list: `list ${list}` }));
        if (chance.uniform() < 0.2) profile.append(world.event("undo", 0, { event: profile.signals.at(-1)!.event }));
        const interest = interestAt(profile, model, now);
        const rows = shuffled(world.ids.length, chance).slice(0, chance.integer(world.ids.length));
        const on = (fresh: ItemTable) =>
          featurize(fresh, { rows }, interest, scoreLinear(fresh, interest, model), model);
        expect(on(table)).toEqual(on(tableOf(world)));
      }
    }),
    { numRuns: 30 },
  );
});

test("events after the moment of the interest do not reach the features", () => {
  const world = createWorld(10);
  const rows = everyRow(world);
  const { matrix, table, interest, scores, profile } = features(world, rows);
  for (const type of ["like", "skip", "dislike"] as const) profile.append(world.event(type, 4));
  profile.append(world.event("undo", 4, { event: profile.signals[0]!.event }));
  expect(featurize(table, { rows }, interest, scores, world.model)).toEqual(matrix);
});

test("without known sources the source columns are zero", () => {
  const world = createWorld(11);
  const { matrix } = features(world, everyRow(world));
  for (const name of FEATURE_FAMILIES.source) {
    const column = FEATURES.indexOf(name);
    expect(everyRow(world).map((_, n) => rowOf(matrix, n)[column])).toEqual(everyRow(world).map(() => 0));
  }
});
