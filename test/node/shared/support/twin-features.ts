/** The exact twin of the feature columns: what each column holds, found by its name. */
import { cosine, contentOf, categoriesOf, product, twinScore, twinSkips, unit, vectorOf } from "./twin-score.ts";
import type { TwinState } from "./twin-score.ts";
import type { TwinSignal } from "./twin-profile.ts";

/** Signals that the cosine columns look back on. */
const COSINE_HISTORY = 32;
/** The longest window of category affinity, and the one of aversion to an author. */
const LONGEST_WINDOW = 500;
const SOURCE_ORDER = ["nearest", "trending", "fresh", "popular", "similar", "explore", "neighbour"];

export function twinFeature(state: TwinState, row: number, name: string, sourceBits: number): number {
  const { world, signals, taste, intent, now } = state;
  const { columns, model } = world;
  const numbered = /^(.*?)_(?:last_)?(\d+)$/.exec(name);
  const newest = [...signals].reverse();
  const positives = newest.filter(({ y }) => y > 0);
  const unwanted = newest.filter(({ y }) => y === 0);
  if (numbered) return twinNumbered(state, row, numbered[1]!, Number(numbered[2]), { newest, positives, unwanted });
  const v = vectorOf(world, row);
  const mean = affinities(state, positives.slice(0, LONGEST_WINDOW));
  const categories = categoriesOf(world, row).map((c) => mean.get(`category ${c}`) ?? 0);
  const published = columns.publishedAt[row]!;
  const sourceIndex = SOURCE_ORDER.indexOf(name.replace("is_", ""));
  if (name.startsWith("is_")) return Math.floor(sourceBits / 2 ** sourceIndex) % 2;
  const simple: Record<string, () => number> = {
    taste_dot: () => product(v, [...taste]),
    taste_cosine: () => cosine(v, [...taste]),
    intent_dot: () => product(v, [...intent]),
    intent_cosine: () => cosine(v, [...intent]),
    linear: () => twinScore(state, row).total / model.linear.deviation,
    neighbour: () => twinScore(state, row).neighbour,
    content: () => twinScore(state, row).content,
    skip: () => twinScore(state, row).skip,
    category_best: () => (categories.length > 0 ? Math.max(...categories) : 0),
    category_worst: () => (categories.length > 0 ? Math.min(...categories) : 0),
    category_count: () => categories.length,
    author_aversion: () => authorShare(unwanted.slice(0, LONGEST_WINDOW), columns.author[row]!),
    popularity: () => Math.log(1 + columns.popularity[row]!) / model.linear.popularityMax,
    popularity_log: () => Math.log(1 + columns.popularity[row]!),
    history: () => Math.log(1 + columns.history[row]!),
    uncertainty: () => columns.uncertainty[row]!,
    vector_norm: () => Math.hypot(...v),
    age_known: () => Number(published > 0),
    age: () => (published > 0 ? Math.log(1 + Math.max(0, now - published * 60_000) / 86_400_000) : 0),
    duration_known: () => Number(columns.duration[row]! > 0),
    duration: () => Math.log(1 + columns.duration[row]!),
    click_appeal: () => columns.appeal?.[3 * row] ?? 0,
    like_appeal: () => columns.appeal?.[3 * row + 1] ?? 0,
    finish_appeal: () => columns.appeal?.[3 * row + 2] ?? 0,
    appeal_known: () => Number([0, 1, 2].some((of) => (columns.appeal?.[3 * row + of] ?? 0) !== 0)),
    positives: () => Math.log(1 + positives.length),
    signals: () => Math.log(1 + signals.length),
    repelled: () => Math.log(1 + twinSkips(state).length),
    hours_since_last: () => (newest[0] ? (now - newest[0].at) / 3_600_000 : 0),
    taste_norm: () => Math.hypot(...taste),
    intent_norm: () => Math.hypot(...intent),
  };
  const column = simple[name];
  if (!column) throw new Error(`The twin has no column "${name}".`);
  return column();
}

interface Told {
  readonly newest: readonly TwinSignal[];
  readonly positives: readonly TwinSignal[];
  readonly unwanted: readonly TwinSignal[];
}

function twinNumbered(state: TwinState, row: number, family: string, number: number, told: Told): number {
  const { world } = state;
  const v = vectorOf(world, row);
  const id = world.ids[row]!;
  const likeness = ({ known }: TwinSignal) => cosine(v, Array.from(known.vector));
  const recent = told.newest.slice(0, COSINE_HISTORY);
  const liked = recent.filter(({ y }) => y > 0).slice(0, number);
  const repelling = recent.filter(({ y, r }) => y === 0 && r > 0).slice(0, number);
  const neighbourWeight = ({ known }: TwinSignal) => known.neighbours.find(([item]) => item === id)?.[1] ?? 0;
  const categories = unit(contentOf(world, categoriesOf(world, row), 0));
  const categoryAffinity = (window: readonly TwinSignal[]) => {
    let sum = 0;
    for (const [key, value] of affinities(state, window)) sum += value * (categories.get(key) ?? 0);
    return sum;
  };
  switch (family) {
    case "recent_cosine": {
      const signal = recent[number];
      return signal ? likeness(signal) * (signal.y > 0 ? signal.y : -signal.r) : 0;
    }
    case "cosine_max":
      return liked.length > 0 ? Math.max(...liked.map(likeness)) : 0;
    case "cosine_mean":
      return average(liked.map(likeness));
    case "aversion_cosine_max":
      return repelling.length > 0 ? Math.max(...repelling.map(likeness)) : 0;
    case "recent_neighbour":
      return told.positives[number] ? neighbourWeight(told.positives[number]) : 0;
    case "neighbour":
      return told.positives.slice(0, number).reduce((sum, signal) => sum + neighbourWeight(signal), 0);
    case "category_affinity":
      return categoryAffinity(told.positives.slice(0, number));
    case "category_aversion":
      return categoryAffinity(told.unwanted.slice(0, number));
    case "author_affinity":
      return authorShare(told.positives.slice(0, number), world.columns.author[row]!);
    default:
      throw new Error(`The twin has no family "${family}".`);
  }
}

/** Mean of the signals' unit category vectors; a signal without categories counts as zero. */
function affinities({ world }: TwinState, window: readonly TwinSignal[]): Map<string, number> {
  const mean = new Map<string, number>();
  for (const { known } of window) {
    for (const [key, value] of unit(contentOf(world, known.categories, 0))) {
      mean.set(key, (mean.get(key) ?? 0) + value / window.length);
    }
  }
  return mean;
}

function authorShare(window: readonly TwinSignal[], author: number): number {
  if (author === 0 || window.length === 0) return 0;
  return window.filter(({ known }) => known.author === author).length / window.length;
}

function average(values: readonly number[]): number {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
}
