/**
 * What the feature columns need of a person's history, gathered once per list: unit vectors of recent signals, category
 * and author affinities over windows, neighbour weights by item.
 *
 * The per-candidate half is `featurize.ts`.
 */
import { AFFINITY_WINDOWS, AUTHOR_WINDOWS, AVERSION_WINDOWS, RECENT_POSITIVES, RECENT_SIGNALS } from "./features.ts";
import type { Interest, KnownItem, ProfileSignal } from "./interest.ts";
import { norm } from "./linear-algebra.ts";

export interface RecentVectors {
  /** Columns reserved, filled or not. */
  readonly slots: number;
  readonly count: number;
  readonly dim: number;
  /** Unit vectors, newest first, `[count, dim]`. */
  readonly unit: Float64Array;
  /** y of wanted ones, −r of unwanted ones, `[count]`. */
  readonly sign: Float64Array;
}

export interface History {
  readonly recent: RecentVectors;
  /** Room for one number a recent signal, so that the inner loop allocates nothing. */
  readonly scratch: Float64Array;
  readonly positiveSlots: number;
  /** Item id → weight from each recent positive, newest first. */
  readonly neighbourWeight: ReadonlyMap<string, Float64Array>;
  /** Mean unit category vector over each window, `[categories]` each. */
  readonly categoryAffinity: readonly Float64Array[];
  readonly categoryAversion: readonly Float64Array[];
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
  const newestFirst = [...interest.signals].reverse();
  const wanted = newestFirst.filter((signal) => signal.target > 0);
  const unwanted = newestFirst.filter((signal) => signal.target === 0);
  const categoryMeans = (signals: readonly KnownItem[], windows: readonly number[]) =>
    windows.map((window) => meanCategories(signals.slice(0, window), categoryWeight));
  return {
    recent: recentVectors(newestFirst.slice(0, RECENT_SIGNALS)),
    scratch: new Float64Array(RECENT_SIGNALS),
    positiveSlots: RECENT_POSITIVES,
    neighbourWeight: neighbourWeights(wanted.slice(0, RECENT_POSITIVES)),
    categoryAffinity: categoryMeans(wanted, AFFINITY_WINDOWS),
    categoryAversion: categoryMeans(unwanted, AVERSION_WINDOWS),
    authorAffinity: AUTHOR_WINDOWS.map((window) => authorShares(wanted.slice(0, window))),
    authorAversion: authorShares(unwanted.slice(0, AUTHOR_WINDOWS.at(-1))),
    positives: wanted.length,
    signals: newestFirst.length,
    repelled: interest.repelling.length,
    hoursSinceLast: newestFirst[0] ? Math.max(0, interest.now - newestFirst[0].at) / MS_PER_HOUR : 0,
    tasteNorm: norm(interest.taste.mean),
    intentNorm: norm(interest.intent.mean),
  };
}

function recentVectors(signals: readonly ProfileSignal[]): RecentVectors {
  const dim = signals[0]?.vector.length ?? 0;
  const unit = new Float64Array(signals.length * dim);
  const sign = new Float64Array(signals.length);
  signals.forEach(({ vector, target, repel }, e) => {
    const length = norm(vector);
    for (let j = 0; j < dim; j++) unit[e * dim + j] = length > 0 ? vector[j]! / length : 0;
    sign[e] = target > 0 ? target : -repel;
  });
  return { slots: RECENT_SIGNALS, count: signals.length, dim, unit, sign };
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

function authorShares(signals: readonly KnownItem[]): Map<number, number> {
  const shares = new Map<number, number>();
  for (const { author } of signals) {
    if (author !== 0) shares.set(author, (shares.get(author) ?? 0) + 1 / signals.length);
  }
  return shares;
}
