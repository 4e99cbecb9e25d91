/**
 * Ranking metrics of one target, by the rules every table of Nearfeed follows: all items ranked, ties count half,
 * one relevant item a list. And means with paired user bootstrap.
 */
import { below, createRandom } from "../math/random.ts";

/** Length of the lists that HR and NDCG look at. */
export const LIST_LENGTH = 10;

/**
 * 1 + #greater + ½ #equal among the items that compete.
 *
 * @param target −1 for an item that the model cannot show: it comes after all that it can
 * @param skip items that do not compete: those already seen
 */
export function rankOf(target: number, scores: ArrayLike<number>, skip: (item: number) => boolean): number {
  if (target < 0) return scores.length + 1;
  const score = scores[target];
  let [greater, equal] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (i === target || scores[i] < score || skip(i)) continue;
    if (scores[i] > score) greater++;
    else equal++;
  }
  return 1 + greater + equal / 2;
}

export function ndcgOf(rank: number): number {
  return rank <= LIST_LENGTH ? 1 / Math.log2(1 + rank) : 0;
}

export function hitOf(rank: number): number {
  return rank <= LIST_LENGTH ? 1 : 0;
}

export interface MetricRow {
  readonly ndcg: number;
  readonly hr: number;
  readonly mrr: number;
  readonly targets: number;
}

/** The ranks of a model's targets and whose they are. Models compared with each other share `user`. */
export interface Ranks {
  /** `[targets]` */
  readonly user: Uint32Array;
  /** `[targets]` */
  readonly rank: Float64Array;
}

export function metricsOf({ rank }: Ranks): MetricRow {
  const mean = (of: (rank: number) => number) => rank.reduce((sum, r) => sum + of(r), 0) / rank.length;
  return { ndcg: mean(ndcgOf), hr: mean(hitOf), mrr: mean((r) => 1 / r), targets: rank.length };
}

export interface Difference {
  readonly mean: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

const BOOTSTRAP_DRAWS = 2_000;

/**
 * NDCG of `a` minus NDCG of `b` over the same targets, with a paired bootstrap over users: targets of one person are not
 * independent, so whole people are drawn.
 */
export function compareNdcg(a: Ranks, b: Ranks, seed: number): Difference {
  const sums = new Map<number, { sum: number; count: number }>();
  for (let t = 0; t < a.rank.length; t++) {
    const entry = sums.get(a.user[t]) ?? { sum: 0, count: 0 };
    entry.sum += ndcgOf(a.rank[t]) - ndcgOf(b.rank[t]);
    entry.count++;
    sums.set(a.user[t], entry);
  }
  const people = [...sums.values()];
  const ratio = (drawn: readonly { sum: number; count: number }[]) =>
    drawn.reduce((total, { sum }) => total + sum, 0) / drawn.reduce((total, { count }) => total + count, 0);
  const random = createRandom(seed);
  const means = Array.from({ length: BOOTSTRAP_DRAWS }, () =>
    ratio(Array.from({ length: people.length }, () => people[below(random, people.length)])),
  ).sort((x, y) => x - y);
  return {
    mean: ratio(people),
    low: means[Math.floor(0.025 * BOOTSTRAP_DRAWS)],
    high: means[Math.ceil(0.975 * BOOTSTRAP_DRAWS) - 1],
  };
}
