import { expect, test } from "vitest";
import { CONTEXT_COLUMNS, ENCODER_EVENTS, SIGNAL_COLUMNS } from "../../../shared/encoder-inputs.ts";
import { FEATURES } from "../../../shared/features.ts";
import { featurize } from "../../../shared/featurize.ts";
import { dequantize } from "../../../shared/item-columns.ts";
import type { ScoringModel } from "../../../shared/model.ts";
import { DEEP_CANDIDATES, rank } from "../../../shared/rank.ts";
import type { DeepModel, RankOptions } from "../../../shared/rank.ts";
import { refusal } from "./support/refusal.ts";
import { scored } from "./support/scored.ts";
import { createWorld } from "./support/world.ts";
import type { World } from "./support/world.ts";

const OPTIONS: RankOptions = { count: 12, moment: { surface: "home", utcOffsetMinutes: 0 }, diversity: 0 };

/** A deep model with one head a weight, whose logits come from the candidate's place and the head. */
function deepWorld(world: World, weights: readonly number[], logit: (n: number, head: number) => number) {
  const names = (["like", "skip", "click"] as const).slice(0, weights.length);
  const calibration = names.map(() => ({ a: 0, b: 1, c: 1 }));
  const model: ScoringModel = { ...world.model, heads: { names: [...names], weights: [...weights], calibration } };
  const calls: Parameters<DeepModel["score"]>[] = [];
  const deep: DeepModel = {
    score: (...call) => {
      calls.push(call);
      const candidates = call[1].length / model.dim;
      const at = (i: number) => logit(Math.floor(i / weights.length), i % weights.length);
      return Promise.resolve(Float32Array.from({ length: candidates * weights.length }, (_, i) => at(i)));
    },
  };
  return { model, deep, calls };
}

const rowsOf = (items: readonly { row: number }[]) => items.map(({ row }) => row);

test("the linear floor at dial 0 is the order of the linear scores", async () => {
  const world = createWorld(1);
  const { table, interest, scores } = scored(world);
  const { selected, candidates } = await rank(table, interest, world.model, OPTIONS);
  const order = world.ids.map((_, row) => row).sort((a, b) => scores.total[b]! - scores.total[a]! || a - b);
  expect(rowsOf(candidates)).toEqual(order);
  expect(rowsOf(selected)).toEqual(order.slice(0, 12));
  for (const { row, score, linear, deep } of candidates) {
    expect([score, linear, deep]).toEqual([scores.total[row], scores.total[row], 0]);
  }
});

test("the floors agree: a deep model of zero logits gives the linear list, order and scores", async () => {
  for (const diversity of [0, 0.5]) {
    const world = createWorld(2);
    const { table, interest } = scored(world);
    const { model, deep, calls } = deepWorld(world, [1, -2], () => 0);
    const linear = await rank(table, interest, world.model, { ...OPTIONS, diversity });
    const both = await rank(table, interest, model, { ...OPTIONS, diversity, deep });
    expect(calls).toHaveLength(1);
    expect(both).toEqual(linear);
  }
});

test("the final score is the linear one plus the weighted logits, and it sets the order", async () => {
  const world = createWorld(3);
  const { table, interest } = scored(world);
  const { model, deep } = deepWorld(world, [0.5, -2], (n, head) => (head === 0 ? n : n / 8));
  const linear = await rank(table, interest, world.model, OPTIONS);
  const { candidates, selected } = await rank(table, interest, model, { ...OPTIONS, deep });
  for (const item of candidates) {
    const n = rowsOf(linear.candidates).indexOf(item.row);
    expect(item.deep).toBe(Math.fround(0.5 * n - 2 * Math.fround(n / 8)));
    expect(item.score).toBe(item.linear + item.deep);
  }
  const scores = candidates.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(rowsOf(selected)).toEqual(rowsOf(candidates).slice(0, OPTIONS.count));
  expect(rowsOf(candidates)).not.toEqual(rowsOf(linear.candidates));
});

test("the deep model gets the vectors and features of exactly the candidates, in their order", async () => {
  const world = createWorld(4);
  const { table, interest, scores } = scored(world);
  const { model, deep, calls } = deepWorld(world, [1], () => 0);
  const source = Uint16Array.from(world.ids, (_, row) => row % 128);
  const { candidates } = await rank(table, interest, model, { ...OPTIONS, deep, source });
  const [events, vectors, features] = calls[0]!;
  const rows = rowsOf(candidates);
  expect(vectors).toEqual(Float32Array.from(rows.flatMap((row) => [...dequantize(world.columns, row)])));
  expect(features).toEqual(featurize(table, { rows, source }, interest, scores, model));
  expect(features).toHaveLength(rows.length * FEATURES.length);
  expect(events.eventSignal).toHaveLength(ENCODER_EVENTS * SIGNAL_COLUMNS.length);
});

test("the deep model is told the surface as its own log numbered it", async () => {
  const world = createWorld(4);
  const { table, interest } = scored(world);
  const { model, deep, calls } = deepWorld(world, [1], () => 0);
  const told = { ...model, heads: { ...model.heads!, surfaces: ["reel", "home"] } };
  for (const asked of [model, told]) await rank(table, interest, asked, { ...OPTIONS, deep });
  const surface = CONTEXT_COLUMNS.indexOf("surface");
  expect(calls.map(([{ context }]) => context[surface])).toEqual([0, 1]);
});

test("excluded rows are never shown, on either floor, at any dial", async () => {
  const world = createWorld(5);
  const { table, interest } = scored(world);
  const { model, deep } = deepWorld(world, [1], (n) => -n);
  const excluded = (row: number) => row % 3 === 0;
  for (const diversity of [0, 1]) {
    for (const floor of [{}, { deep }]) {
      const options = { ...OPTIONS, ...floor, diversity, excluded, count: 100 };
      const { selected, candidates } = await rank(table, interest, model, options);
      expect(rowsOf(selected).filter(excluded)).toEqual([]);
      expect(rowsOf(candidates).filter(excluded)).toEqual([]);
      expect(selected).toHaveLength(world.ids.filter((_, row) => !excluded(row)).length);
    }
  }
});

test("fewer items than were asked for are all shown, once each", async () => {
  const world = createWorld(6, { items: 5 });
  const { table, interest } = scored(world);
  const { selected } = await rank(table, interest, world.model, { ...OPTIONS, diversity: 0.5 });
  expect(rowsOf(selected).sort()).toEqual([0, 1, 2, 3, 4]);
});

test("an empty table, and one where everything is excluded, give an empty list without asking the deep model", async () => {
  const refusing: DeepModel = { score: () => Promise.reject(new Error("asked for nothing")) };
  const options = { ...OPTIONS, deep: refusing };
  const empty = createWorld(7, { items: 0, events: 0 });
  const none = scored(empty);
  expect((await rank(none.table, none.interest, empty.model, options)).selected).toEqual([]);
  const world = createWorld(7);
  const { table, interest } = scored(world);
  const { selected, candidates } = await rank(table, interest, world.model, { ...options, excluded: () => true });
  expect([selected, candidates]).toEqual([[], []]);
});

test("of a large table a thousand reach the deep model: the best, less the places of what single sources found", async () => {
  const world = createWorld(8, { items: DEEP_CANDIDATES + 500, events: 10 });
  const { table, interest, scores } = scored(world);
  const { model, deep, calls } = deepWorld(world, [1], () => 0);
  const { candidates } = await rank(table, interest, model, { ...OPTIONS, deep });
  expect(calls[0]![1]).toHaveLength(DEEP_CANDIDATES * model.dim);
  const rows = rowsOf(candidates);
  expect(new Set(rows).size).toBe(DEEP_CANDIDATES);
  const best = (score: (row: number) => number, count: number) =>
    world.ids
      .map((_, row) => row)
      .sort((a, b) => score(b) - score(a) || a - b)
      .slice(0, count);
  const dotWith = (mean: ArrayLike<number>) => (row: number) =>
    dequantize(world.columns, row).reduce((sum, value, j) => sum + value * mean[j]!, 0);
  const uncertain = best((row) => world.columns.uncertainty[row]!, world.ids.length / 4);
  const quotas = {
    taste: best(dotWith(interest.taste.mean), 99),
    neighbour: best((row) => scores.neighbour[row]!, 100).filter((row) => scores.neighbour[row]! > 0),
    popular: best((row) => scores.popularity[row]!, 50),
    explore: best((row) => (uncertain.includes(row) ? scores.total[row]! : -Infinity), 50),
  };
  for (const [source, quota] of Object.entries(quotas)) {
    expect(
      quota.filter((row) => !rows.includes(row)),
      source,
    ).toEqual([]);
  }
  const top = best((row) => scores.total[row]!, DEEP_CANDIDATES);
  const late = rows.filter((row) => !top.includes(row));
  expect(late.length).toBeGreaterThan(0);
  expect(rows.filter((row) => top.includes(row)).slice(0, 500)).toEqual(top.slice(0, 500));
  expect([...rows].sort((a, b) => scores.total[b]! - scores.total[a]! || a - b)).toEqual(rows);
});

test("the dial of the release counts where the request has none", async () => {
  const world = createWorld(9);
  const { table, interest } = scored(world);
  const { diversity: _, ...undialled } = OPTIONS;
  const model = { ...world.model, selection: { diversity: 0.8 } };
  const own = await rank(table, interest, model, undialled);
  expect(own).toEqual(await rank(table, interest, model, { ...undialled, diversity: 0.8 }));
  expect(rowsOf(own.selected)).not.toEqual(rowsOf((await rank(table, interest, model, OPTIONS)).selected));
});

test.each<[why: string, logits: (n: number) => ArrayLike<number>]>([
  ["too few logits", (n) => new Float32Array(n - 1)],
  ["too many logits", (n) => new Float32Array(n + 1)],
  ["NaN", (n) => new Float32Array(n).fill(NaN, 3, 4)],
  ["an infinite logit", (n) => new Float32Array(n).fill(Infinity, 0, 1)],
])("a deep model that answers with %s is a damaged release, not an empty feed", async (_, logits) => {
  const world = createWorld(10);
  const { table, interest } = scored(world);
  const { model } = deepWorld(world, [1], () => 0);
  const deep: DeepModel = {
    score: (_events, vectors) => Promise.resolve(Float32Array.from(logits(vectors.length / model.dim))),
  };
  const error: unknown = await rank(table, interest, model, { ...OPTIONS, deep }).catch((reason: unknown) => reason);
  const { code, path } = refusal(() => {
    throw error;
  });
  expect([code, path]).toEqual(["bad_release", "files.ranker"]);
});
