/** The exact twin of the linear score and of the features' building blocks: one item at a time, from the formulas. */
import type { TimeScale } from "../../../../shared/posterior.ts";
import { twinPosterior, twinSignals, twinWeights } from "./twin-profile.ts";
import type { TwinSignal } from "./twin-profile.ts";
import type { World } from "./world.ts";

/** What a shared author weighs beside a category. */
const AUTHOR_WEIGHT = 2;
const POSITIVES_WITH_NEIGHBOURS = 10;
const SKIPS = 16;

export interface TwinState {
  readonly world: World;
  readonly now: number;
  readonly signals: readonly TwinSignal[];
  readonly taste: readonly number[];
  readonly intent: readonly number[];
  readonly adjustments: ReadonlyMap<number, number>;
}

export interface TwinScore {
  readonly total: number;
  readonly neighbour: number;
  readonly content: number;
  readonly popularity: number;
  readonly appeal: number;
  readonly skip: number;
  readonly adjustment: number;
}

export function twinState(world: World, adjustments: ReadonlyMap<number, number> = new Map()): TwinState {
  const { model, now } = world;
  const signals = twinSignals(world.log, model.signals);
  const mean = (scale: TimeScale) => twinPosterior(signals, scale, model.profile, model.gram, now).u;
  return { world, now, signals, taste: mean(model.profile.taste), intent: mean(model.profile.intent), adjustments };
}

export function twinScore(state: TwinState, row: number): TwinScore {
  const { world, signals, taste, intent } = state;
  const { linear } = world.model;
  const v = vectorOf(world, row);
  const newestPositives = signals
    .filter(({ y }) => y > 0)
    .reverse()
    .slice(0, POSITIVES_WITH_NEIGHBOURS);
  let neighbour = 0;
  newestPositives.forEach(({ y, c, known }, k) => {
    for (const [id, weight] of known.neighbours) {
      if (id === world.ids[row]) neighbour += y * c * fade(k, linear.neighbourHalfLifePositives) * weight;
    }
  });
  const skip = twinSkips(state).reduce(
    (sum, { signal, weight }) => sum + weight * Math.max(0, cosine(v, Array.from(signal.known.vector))),
    0,
  );
  const content = contentCosine(state, row);
  const popularity = Math.log(1 + world.columns.popularity[row]!) / linear.popularityMax;
  const [click, like, finish] = [0, 1, 2].map((of) => world.columns.appeal?.[3 * row + of] ?? 0);
  const weights = linear.appeal ?? { click: 0, like: 0, finish: 0 };
  const appeal = weights.click * click! + weights.like * like! + weights.finish * finish!;
  const adjustment = categoriesOf(world, row).reduce(
    (sum, c) => sum + linear.adjustment * (state.adjustments.get(c) ?? 0),
    0,
  );
  const total =
    linear.taste * product(v, taste) +
    linear.intent * product(v, intent) +
    linear.neighbour * neighbour +
    linear.content * content +
    linear.popularity * popularity +
    appeal -
    linear.skip * skip +
    adjustment;
  return { total, neighbour, content, popularity, appeal, skip, adjustment };
}

/** The last signals that repel, newest first, with r · 2^(−positives_since/h) · 2^(−time_since/h). */
export function twinSkips({ world, signals, now }: TwinState): { signal: TwinSignal; weight: number }[] {
  const { skipHalfLifePositives, skipHalfLifeMs } = world.model.linear;
  return signals
    .map((signal, e) => {
      const positivesSince = signals.slice(e + 1).filter(({ y }) => y > 0).length;
      const weight = signal.r * fade(positivesSince, skipHalfLifePositives) * fade(now - signal.at, skipHalfLifeMs);
      return { signal, weight };
    })
    .filter(({ signal }) => signal.r > 0)
    .reverse()
    .slice(0, SKIPS);
}

/** Cosine of the item's categories and author with Σ w y x̂ over the signals. */
function contentCosine(state: TwinState, row: number): number {
  const { world, signals, now } = state;
  const weights = twinWeights(signals, world.model.profile.taste, now);
  const profile = new Map<string, number>();
  signals.forEach(({ y, known }, e) => {
    for (const [key, value] of unit(contentOf(world, known.categories, known.author))) {
      profile.set(key, (profile.get(key) ?? 0) + weights[e]! * y * value);
    }
  });
  const item = unit(contentOf(world, categoriesOf(world, row), world.columns.author[row]!));
  let sum = 0;
  for (const [key, value] of unit(profile)) sum += value * (item.get(key) ?? 0);
  return sum;
}

/** Categories by their weight and the author by his, as a sparse vector. */
export function contentOf(world: World, categories: ArrayLike<number>, author: number): Map<string, number> {
  const entries = Array.from(categories, (c): [string, number] => [`category ${c}`, world.model.categoryWeight[c]!]);
  if (author !== 0) entries.push([`author ${author}`, AUTHOR_WEIGHT]);
  return new Map(entries);
}

/** Scaled to length 1; an empty or zero vector becomes empty. */
export function unit(vector: ReadonlyMap<string, number>): Map<string, number> {
  const length = Math.hypot(...vector.values());
  return length > 0 ? new Map([...vector].map(([key, value]) => [key, value / length])) : new Map();
}

export function vectorOf({ columns }: World, row: number): number[] {
  const { dim, vectors, scale } = columns;
  return Array.from({ length: dim }, (_, j) => vectors[row * dim + j]! * scale[row]!);
}

export function categoriesOf({ columns }: World, row: number): number[] {
  return Array.from(columns.category.slice(columns.categoryStart[row], columns.categoryStart[row + 1]));
}

export function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** 0 where either has no length. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths > 0 ? product(a, b) / lengths : 0;
}

function fade(amount: number, halfLife: number | null): number {
  return halfLife === null ? 1 : Math.pow(0.5, amount / halfLife);
}
