import { describe, expect, test } from "vitest";
import { FEATURE_FAMILIES, FEATURES } from "../../../../shared/features.ts";
import type { DeepModel } from "../../../../shared/rank.ts";
import { EVENT_TYPES } from "../../../../shared/event.ts";
import { deepScorer } from "../../../../trainer/evaluate/deep-scorer.ts";
import { ndcgOf, rankOf } from "../../../../trainer/evaluate/metrics.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { createMeans, gatherAblation } from "../../../../trainer/report/ablation.ts";
import { calibrationFigures } from "../../../../trainer/report/calibration.ts";
import { gatherExposure, popularityTenths } from "../../../../trainer/report/exposure.ts";
import { knownTitles } from "../../../../trainer/report/known-titles.ts";
import { drawMoments, momentsAfter } from "../../../../trainer/report/moments.ts";
import { rankAmong, type ScoredList, scoredLists } from "../../../../trainer/report/scored-lists.ts";
import { createStageClock, gatherTimes } from "../../../../trainer/report/speed.ts";
import { twoTastes } from "../make-dataset.ts";

const F = FEATURES.length;
const PEOPLE = 40;

/** Says of every candidate what stands in one of its columns. */
function readingColumn(name: string): DeepModel {
  const column = FEATURES.indexOf(name);
  return {
    score: async (_, vectors, features) =>
      Float32Array.from({ length: features.length / F }, (__, n) =>
        vectors.length > 0 ? features[n * F + column] : 0,
      ),
  };
}

const dataset = twoTastes(PEOPLE, 60, 30, 1);
const { split, assembly, model: plain, signals } = await trainLinear(dataset, { seed: 1, holdout: 3 });
const identity = { a: 0, b: 1, c: 1 };
// linear + ω r = −linear: the ranker turns the order round.
const weights = [-2 * plain.linear.deviation];
const model = { ...plain, heads: { names: ["like" as const], weights, calibration: [identity] } };
const deep = readingColumn("linear");
const moments = drawMoments(split.test, signals, PEOPLE, 1);

async function lists(options: { deepLists: number }): Promise<ScoredList[]> {
  let clock = 0;
  const made: ScoredList[] = [];
  const common = { dataset, signals, assembly, model, deep, now: () => clock++ };
  // What the walk lends ends with the next list: the seen rows are kept.
  for await (const list of scoredLists({ ...common, ranges: moments, ...options }))
    made.push({ ...list, moment: { ...list.moment, seen: list.moment.seen.slice() } });
  return made;
}
const scored = await lists({ deepLists: 10 });

describe("the moments of a report", () => {
  test("are one held-out like of each person, the same by the same seed, and the fewer the first of the more", () => {
    expect(moments).toHaveLength(PEOPLE);
    expect(new Set(moments.map(({ user }) => user)).size).toBe(PEOPLE);
    for (const { user, from, to } of moments) {
      const range = split.test.find((each) => each.user === user)!;
      expect(to).toBe(from + 1);
      expect(from >= range.from && to <= range.to).toBe(true);
    }
    expect(drawMoments(split.test, signals, 7, 1)).toEqual(moments.slice(0, 7));
    expect(drawMoments(split.test, signals, PEOPLE, 2)).not.toEqual(moments);
  });
});

test("a curve takes the first people who have done as much as it asks for, or as much as there is", () => {
  const { start } = dataset.events;
  const before = moments.map(({ user, from }) => from - start[user]);
  expect(new Set(before)).toEqual(new Set([27, 28, 29]));
  const those = (least: number) => moments.filter((_, m) => before[m] >= least);
  expect(momentsAfter(moments, dataset, [0, 28, 100], 5)).toEqual(those(28).slice(0, 5));
  expect(momentsAfter(moments, dataset, [0, 28, 100], PEOPLE)).toEqual(moments);
});

describe("the lists of a report", () => {
  test("have the scores that evaluation ranks by", async () => {
    const scorer = deepScorer(assembly, model, deep);
    for (const { moment, interest, linear, deep: own } of scored.slice(0, 10)) {
      const scores = await scorer(moment, interest, linear);
      const largest = Math.max(...own!.scores.map(Math.abs));
      expect(own!.rows.length).toBeGreaterThan(80);
      own!.rows.forEach((row, n) => expect((own!.scores[n] - scores[row]) / largest).toBeCloseTo(0, 6));
    }
  });

  test("are deep for the first, linear for the others, and show ten items that were not met before", () => {
    expect(scored.map((list) => list.deep !== undefined)).toEqual(scored.map((_, l) => l < 10));
    for (const { shown, moment } of scored) {
      expect(new Set(shown).size).toBe(10);
      expect(shown.some((row) => moment.seen[row] === 1)).toBe(false);
    }
  });

  test("take the time that the clock says", () => {
    const times = gatherTimes();
    for (const list of scored) times.add(list);
    // The clock of these lists goes on by one whenever it is looked at.
    expect(times.figures(120)).toEqual({
      items: 120,
      stages: [
        { stage: "linear score", p50: 1, p95: 1 },
        { stage: "deep score", p50: 1, p95: 1 },
        { stage: "selection", p50: 1, p95: 1 },
      ],
    });
  });
});

test("a rank among candidates counts ties half, and a target that is none comes behind all", () => {
  const rows = Uint32Array.of(7, 3, 9, 4);
  const scores = Float32Array.of(2, 5, 2, 1);
  expect([3, 7, 9, 4, 8].map((target) => rankAmong({ rows }, scores, target))).toEqual([1, 2.5, 2.5, 4, Infinity]);
});

describe("exposure", () => {
  test("groups items so that each tenth has a tenth of what was liked", () => {
    // 20 of 40 are the first item's: it is the first tenth alone, and the next begins at the sixth.
    expect([...popularityTenths([1, 20, 4, 0, 15])]).toEqual([9, 0, 8, 9, 5]);
    expect([...popularityTenths([0, 0])]).toEqual([0, 0]);
  });

  test("counts places, likes and different items as one counts them by hand", () => {
    const gatherer = gatherExposure(assembly, model);
    for (const list of scored) gatherer.add(list);
    const { lists: count, tenths, coverage } = gatherer.figures();
    const tenthOf = popularityTenths(assembly.table.columns.popularity);
    const part = (rows: readonly number[], tenth: number) =>
      rows.filter((row) => tenthOf[row] === tenth).length / rows.length;
    const places = scored.flatMap(({ shown }) => shown);
    expect(count).toBe(PEOPLE);
    tenths.forEach(({ shown, liked }, tenth) => {
      expect(shown).toBeCloseTo(part(places, tenth), 12);
      expect(liked).toBeCloseTo(
        part(
          scored.map(({ target }) => target),
          tenth,
        ),
        12,
      );
    });
    expect(tenths.reduce((sum, { items }) => sum + items, 0)).toBe(120);
    expect(coverage[0]).toMatchObject({
      list: "shown",
      items: new Set(places).size,
      share: new Set(places).size / 120,
    });
    expect(coverage[2].items).toBeLessThan(coverage[0].items);
  });
});

describe("ablation", () => {
  test("of a term is the paired change of NDCG without it", async () => {
    const gatherer = gatherAblation(model, deep, 1);
    for (const list of scored) await gatherer.add(list);
    const { linear, deep: families } = gatherer.figures();
    const ndcg = (scores: ArrayLike<number>, { target, moment }: ScoredList) =>
      ndcgOf(rankOf(target, scores, (row) => moment.seen[row] === 1));
    const mean = (of: (list: ScoredList) => number) => scored.reduce((sum, list) => sum + of(list), 0) / scored.length;
    const whole = mean((list) => ndcg(list.linear.total, list));
    expect(linear.whole.mean).toBeCloseTo(whole, 12);
    const row = linear.rows.find(({ without }) => without === "neighbours")!;
    const without = mean((list) =>
      ndcg(
        list.linear.total.map((score, i) => score - model.linear.neighbour * list.linear.neighbour[i]),
        list,
      ),
    );
    expect(row.change.mean).toBeCloseTo(without - whole, 12);
    expect(row.change.mean).toBeLessThan(0);
    expect(families!.people).toBe(10);
    // The ranker reads a column of this family and nothing else, and does harm with it.
    expect(families!.rows.map(({ without: name }) => name)).toEqual(["linear"]);
    expect(families!.rows[0].change.low).toBeGreaterThan(0);
  });

  test("puts the mean of its columns in the place of a family, and leaves the others", () => {
    const means = createMeans();
    means.add(Float32Array.from({ length: 2 * F }, (_, i) => i));
    means.add(Float32Array.from({ length: F }, (_, i) => i));
    const features = Float32Array.from({ length: 2 * F }, (_, i) => -i);
    const without = means.inPlaceOf("author", features);
    const authors: readonly string[] = FEATURE_FAMILIES.author;
    without.forEach((value, i) => {
      const column = i % F;
      // Means of column, column + F and column.
      expect(value).toBeCloseTo(authors.includes(FEATURES[column]) ? column + F / 3 : -i, 4);
    });
  });
});

describe("calibration", () => {
  const impression = 1 << EVENT_TYPES.indexOf("impression");
  const like = 1 << EVENT_TYPES.indexOf("like");
  /** Held-out events are exposures; every second was liked. */
  const shownLog = {
    ...dataset,
    events: {
      ...dataset.events,
      kinds: dataset.events.kinds.map((_, e) => (e % 2 === 0 ? impression | like : impression)),
    },
  };
  const ranges = split.test.map((range) => ({ ...range, from: range.to - 10 }));
  const withHead = (calibration: typeof identity) => ({
    ...model,
    heads: { names: ["like" as const], weights, calibration: [calibration] },
  });

  test("holds what a head predicts against what came true", async () => {
    // Without regard to scores, one in four is predicted: σ(−ln 3) = 1/4.
    const never = {
      dataset: shownLog,
      assembly,
      ranges,
      deep,
      seed: 1,
      model: withHead({ a: -Math.log(3), b: 0, c: 0 }),
    };
    const figures = (await calibrationFigures(never))!;
    expect(figures).toMatchObject({ people: PEOPLE, exposures: 400 });
    const [{ head, bins, error }] = figures.curves;
    expect(head).toBe("like");
    expect(bins.reduce((sum, { exposures }) => sum + exposures, 0)).toBe(400);
    for (const { predicted } of bins) expect(predicted).toBeCloseTo(0.25, 12);
    expect(bins.reduce((sum, { observed, exposures }) => sum + observed.mean * exposures, 0)).toBeCloseTo(200, 9);
    expect(error).toBeCloseTo(0.25, 9);
  });

  test("is of so many people as were shown something, whoever was not stands before them", async () => {
    const [silent, ...others] = ranges;
    const kinds = shownLog.events.kinds.map((bits, e) => (e >= silent.from && e < silent.to ? like : bits));
    const figures = await calibrationFigures({
      dataset: { ...shownLog, events: { ...shownLog.events, kinds } },
      assembly,
      ranges: [silent, ...others],
      people: 25,
      deep,
      seed: 1,
      model: withHead({ a: 0, b: 0, c: 0 }),
    });
    expect(figures).toMatchObject({ people: 25, exposures: 250 });
  });

  test("is not drawn for heads that nobody has calibrated, nor for logs that do not say what was shown", async () => {
    const common = { assembly, ranges, deep, seed: 1 };
    expect(await calibrationFigures({ ...common, dataset: shownLog, model: withHead(identity) })).toBeUndefined();
    const fitted = withHead({ a: 1, b: 0, c: 0 });
    expect(await calibrationFigures({ ...common, dataset, model: fitted })).toBeUndefined();
  });
});

test("known titles are the most liked of each category, with what is nearest by vector and by neighbours", () => {
  const titles = knownTitles(assembly);
  expect(titles.map(({ category }) => category).sort()).toEqual(["blue", "red"]);
  for (const { title, category, byVector, byNeighbours } of titles) {
    expect(title).toMatch(new RegExp(`^${category} film`));
    expect(byVector.map((each) => each.title)).not.toContain(title);
    // Nobody likes both.
    for (const alike of [...byVector, ...byNeighbours]) expect(alike.title).toMatch(new RegExp(`^${category} film`));
    expect(byNeighbours.map(({ value }) => value)).toEqual(
      byNeighbours.map(({ value }) => value).sort((a, b) => b - a),
    );
  }
});

test("a stage has the time since what was done before it, also when it comes again", () => {
  let now = 1_000;
  const clock = createStageClock(() => now);
  for (const [stage, at] of [
    ["reading", 1_500],
    ["vectors", 4_500],
    ["weights", 4_600],
    ["vectors", 5_600],
  ] as const) {
    now = at;
    clock.did(stage);
  }
  expect(clock.times()).toEqual([
    { stage: "reading", seconds: 0.5 },
    { stage: "vectors", seconds: 4 },
    { stage: "weights", seconds: 0.1 },
  ]);
});
