/**
 * What the feature columns need of a person's history, gathered once per list: unit vectors of recent signals, category
 * and author affinities over windows, neighbour weights by item.
 *
 * The per-candidate half is `featurize.ts`.
 */
import { AFFINITY_WINDOWS, AUTHOR_WINDOWS, AVERSION_WINDOWS, RECENT_POSITIVES, RECENT_SIGNALS } from "./features.ts";
import type { Interest, KnownItem, ProfileSignal } from "./interest.ts";
import { norm } from "./linear-algebra.ts";
import { packRecent } from "./recent-cosines.ts";
import type { RecentVectors } from "./recent-cosines.ts";

/** The last signals, newest first, whose cosines are columns. */
export interface RecentSignals {
  readonly vectors: RecentVectors;
  /** y of wanted ones, −r of unwanted ones, `[count]`. */
  readonly sign: Float64Array;
  /** Places of the wanted ones. */
  readonly wanted: readonly number[];
  /** Places of the ones that repel. */
  readonly repelling: readonly number[];
}

/** Mean unit category vectors over several windows, interleaved: `[categories, windows]`. */
export interface CategoryMeans {
  readonly windows: number;
  /** The means. */
  readonly mean: Float64Array;
  /** The means times the category's weight: what a dot product with an item's categories adds up. */
  readonly weighted: Float64Array;
  /** Room for one sum a window, so that a candidate allocates nothing. */
  readonly sums: Float64Array;
}

export interface History {
  readonly recent: RecentSignals;
  readonly positiveSlots: number;
  /** Item id → weight from each recent positive, newest first. */
  readonly neighbourWeight: ReadonlyMap<string, Float64Array>;
  /** Over the windows of affinity, then those of aversion. */
  readonly categories: CategoryMeans;
  /** Author → share of the window. */
  readonly authorAffinity: readonly ReadonlyMap<number, number>[];
  readonly authorAversion: ReadonlyMap<number, number>;
  readonly positives: number;
  readonly signals: number;
  readonly repelled: number;
  readonly hoursSinceLast: number;
  readonly tasteNorm: number;
  readonly intentNorm: number;
}

const MS_PER_HOUR = 3_600_000;

export function describeHistory(interest: Interest, categoryWeight: ArrayLike<number>): History {
  const newestFirst = [...interest.history].reverse();
  const wanted = newestFirst.filter((signal) => signal.target > 0);
  const unwanted = newestFirst.filter((signal) => signal.target === 0);
  return {
    recent: recentSignals(newestFirst.slice(0, RECENT_SIGNALS)),
    positiveSlots: RECENT_POSITIVES,
    neighbourWeight: neighbourWeights(wanted.slice(0, RECENT_POSITIVES)),
    categories: interleave(
      [
        ...AFFINITY_WINDOWS.map((window) => meanCategories(wanted.slice(0, window), categoryWeight)),
        ...AVERSION_WINDOWS.map((window) => meanCategories(unwanted.slice(0, window), categoryWeight)),
      ],
      categoryWeight,
    ),
    authorAffinity: AUTHOR_WINDOWS.map((window) => authorShares(wanted.slice(0, window))),
    authorAversion: authorShares(unwanted.slice(0, AUTHOR_WINDOWS.at(-1))),
    positives: interest.count.positives,
    signals: interest.count.signals,
    repelled: interest.repelling.length,
    hoursSinceLast: newestFirst[0] ? Math.max(0, interest.now - newestFirst[0].at) / MS_PER_HOUR : 0,
    tasteNorm: norm(interest.taste.mean),
    intentNorm: norm(interest.intent.mean),
  };
}

function recentSignals(signals: readonly ProfileSignal[]): RecentSignals {
  const sign = Float64Array.from(signals, ({ target, repel }) => (target > 0 ? target : -repel));
  const places = signals.map((_, e) => e);
  return {
    vectors: packRecent(
      signals.map(({ vector }) => vector),
      RECENT_SIGNALS,
    ),
    sign,
    wanted: places.filter((e) => sign[e]! > 0),
    repelling: places.filter((e) => sign[e]! < 0),
  };
}

function neighbourWeights(positives: readonly KnownItem[]): Map<string, Float64Array> {
  const weights = new Map<string, Float64Array>();
  positives.forEach(({ neighbours }, e) => {
    for (const [item, weight] of neighbours) {
      let row = weights.get(item);
      if (!row) weights.set(item, (row = new Float64Array(RECENT_POSITIVES)));
      row[e] = weight;
    }
  });
  return weights;
}

function meanCategories(signals: readonly KnownItem[], categoryWeight: ArrayLike<number>): Float64Array {
  const mean = new Float64Array(categoryWeight.length);
  for (const { categories } of signals) {
    let squared = 0;
    for (let k = 0; k < categories.length; k++) squared += categoryWeight[categories[k]!]! ** 2;
    if (squared === 0) continue;
    const share = 1 / (Math.sqrt(squared) * signals.length);
    for (let k = 0; k < categories.length; k++) mean[categories[k]!]! += share * categoryWeight[categories[k]!]!;
  }
  return mean;
}

function interleave(means: readonly Float64Array[], categoryWeight: ArrayLike<number>): CategoryMeans {
  const windows = means.length;
  const mean = new Float64Array(categoryWeight.length * windows);
  const weighted = new Float64Array(mean.length);
  means.forEach((values, w) =>
    values.forEach((value, c) => {
      mean[c * windows + w] = value;
      weighted[c * windows + w] = value * categoryWeight[c]!;
    }),
  );
  return { windows, mean, weighted, sums: new Float64Array(windows) };
}

function authorShares(signals: readonly KnownItem[]): Map<number, number> {
  const shares = new Map<number, number>();
  for (const { author } of signals) {
    if (author !== 0) shares.set(author, (shares.get(author) ?? 0) + 1 / signals.length);
  }
  return shares;
}
