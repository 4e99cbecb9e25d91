import { describe, expect, test } from "vitest";
import { DIALS, dialCurve, divergence, intraListDistance } from "../../../../trainer/evaluate/dial.ts";
import { createRandom, shuffle } from "../../../../trainer/math/random.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { cosine, vectorOf } from "../../shared/support/twin-score.ts";
import { tableOf } from "../../shared/support/scored.ts";
import { createWorld } from "../../shared/support/world.ts";
import { twoTastes } from "../make-dataset.ts";

describe("intra-list distance", () => {
  test("is the mean of 1 − cosine over all pairs, counted one by one", () => {
    const world = createWorld(1, { items: 40, events: 0 });
    const table = tableOf(world);
    const rows = shuffle([...world.ids.keys()], createRandom(2)).slice(0, 12);
    const pairs = rows.flatMap((a, at) =>
      rows.slice(at + 1).map((b) => 1 - cosine(vectorOf(world, a), vectorOf(world, b))),
    );
    expect(intraListDistance(table, rows)).toBeCloseTo(pairs.reduce((sum, each) => sum + each) / pairs.length, 5);
  });

  test("of one item, or of none, is 0", () => {
    const table = tableOf(createWorld(1, { items: 40, events: 0 }));
    expect([intraListDistance(table, [3]), intraListDistance(table, [])]).toEqual([0, 0]);
  });
});

test("the divergence of a list from shares is that of Steck's equation 6, by hand", () => {
  const world = createWorld(1, { items: 3, events: 0 });
  const columns = {
    ...world.columns,
    categoryStart: Uint32Array.of(0, 1, 3, 3),
    category: Uint16Array.of(0, 0, 1),
  };
  const table = tableOf({ ...world, columns });
  // Row 0 is of category 0, row 1 half of 0 and half of 1, row 2 of none: it does not count.
  const shares = Float64Array.of(0.5, 0.5);
  const by = (q0: number, q1: number) =>
    0.5 * Math.log(0.5 / (0.99 * q0 + 0.005)) + 0.5 * Math.log(0.5 / (0.99 * q1 + 0.005));
  expect(divergence(table, [0, 1, 2], shares)).toBeCloseTo(by(0.75, 0.25), 12);
  expect(divergence(table, [0], shares)).toBeCloseTo(by(1, 0), 12);
  expect(divergence(table, [2], shares)).toBeCloseTo(by(0, 0), 12);
});

describe("the dial as a curve", async () => {
  const dataset = twoTastes(40, 60, 30, 1);
  const { split, assembly, model, signals } = await trainLinear(dataset, { seed: 1, holdout: 3 });
  const options = { dataset, signals, assembly, model, ranges: split.test, people: 30, seed: 1 };
  const { rowOfItem } = assembly;
  // Knows what comes next, and holds the rest of the person's genre for second best.
  const points = await dialCurve({
    ...options,
    scorer: (list) => {
      const scores = new Float32Array(assembly.table.columns.size);
      const target = list.rows[0];
      for (const row of rowOfItem) {
        const isAlike = assembly.table.ids[row].slice(0, 3) === assembly.table.ids[target].slice(0, 3);
        scores[row] = (row === target ? 20 : isAlike ? 2 : 0) * model.linear.deviation;
      }
      return scores;
    },
  });

  test("begins with the order of the scores, which it is held against", () => {
    expect(points.map(({ dial }) => dial)).toEqual([...DIALS]);
    expect(points[0]).toMatchObject({ ndcg: { mean: 1 }, change: { mean: 0 }, variety: { mean: 0 } });
  });

  test("gains distance as the other genre comes, and loses none of it further up", () => {
    for (const [d, { variety }] of points.entries()) {
      if (d > 1) expect(variety.mean, `dial ${DIALS[d]}`).toBeGreaterThanOrEqual(points[d - 1].variety.mean - 0.001);
    }
    expect(points.at(-1)!.variety.mean).toBeGreaterThan(0.2);
    // The best by far stays the first, whatever the dial.
    expect(points.every(({ ndcg }) => ndcg.mean === 1)).toBe(true);
  });

  test("is the same by the same seed, and empty where nobody is held out", async () => {
    const scorer = () => new Float32Array(assembly.table.columns.size).fill(1);
    const few = { ...options, people: 4, scorer };
    expect(await dialCurve(few)).toEqual(await dialCurve(few));
    expect(await dialCurve({ ...few, ranges: [] })).toEqual([]);
  });
});
