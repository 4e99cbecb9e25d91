/**
 * Ranking metrics by the rules every table of Nearfeed follows: all items ranked, ties count half, one relevant item a
 * list, or all held-out items of a person as one set.
 *
 * A metric comes as sums by person, because targets of one person are not independent; means and intervals are made of
 * them in `bootstrap.ts`.
 */
import type { PersonSums } from "./bootstrap.ts";

/** Length of the lists that HR and NDCG look at, where a list has one relevant item. */
export const LIST_LENGTH = 10;

/** Length of the lists where all held-out items of a person are relevant: that of the published tables. */
export const SET_LIST_LENGTH = 20;

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

/**
 * `rankOf` of many targets, where the items that do not compete are listed: all are counted, and those taken off again.
 *
 * @param seen rows, each once
 * @param depth ranks beyond it need not be told apart: they are Infinity, and cost little
 */
export function ranksOf(
  targets: readonly number[],
  scores: ArrayLike<number>,
  seen: readonly number[],
  depth = Infinity,
): number[] {
  return targets.map((target) => {
    if (target < 0) return depth < scores.length ? Infinity : scores.length + 1;
    const score = scores[target];
    const most = depth + seen.length;
    let greater = 0;
    let equal = -1;
    for (let i = 0; i < scores.length; i++) {
      if (scores[i] < score) continue;
      if (scores[i] > score) greater++;
      else equal++;
      if (greater > most) return Infinity;
    }
    for (const row of seen) {
      if (row === target) continue;
      if (scores[row] > score) greater--;
      else if (scores[row] === score) equal--;
    }
    const rank = 1 + greater + equal / 2;
    return rank > depth ? Infinity : rank;
  });
}

export function ndcgOf(rank: number, length: number = LIST_LENGTH): number {
  return rank <= length ? 1 / Math.log2(1 + rank) : 0;
}

export function hitOf(rank: number, length: number = LIST_LENGTH): number {
  return rank <= length ? 1 : 0;
}

/** The best DCG of a list of `length` with so many relevant items. */
export function idealDcg(relevant: number, length: number): number {
  let sum = 0;
  for (let place = 1; place <= Math.min(relevant, length); place++) sum += 1 / Math.log2(1 + place);
  return sum;
}

/** The ranks of a model's targets and whose they are. Models compared with each other share `user`. */
export interface Ranks {
  /** `[targets]`, a person's targets one after the other. */
  readonly user: Uint32Array;
  /** `[targets]` */
  readonly rank: Float64Array;
}

/** NDCG and HR of lists of ten, and the mean reciprocal rank, each target a list of its own. */
export function targetMetrics({ user, rank }: Ranks): Record<"ndcg" | "hr" | "mrr", PersonSums> {
  const people = peopleOf(user);
  const sums = (of: (rank: number) => number): PersonSums => ({
    sum: Float64Array.from(people, ([from, to]) => sumOver(rank, from, to, of)),
    count: Float64Array.from(people, ([from, to]) => to - from),
  });
  return { ndcg: sums((r) => ndcgOf(r)), hr: sums((r) => hitOf(r)), mrr: sums((r) => 1 / r) };
}

/**
 * NDCG@20 with the ideal over min(|test|, 20), and Recall@20 over |test|, each person once: the definitions of the
 * published tables on such splits (He et al. 2020, "LightGCN", §4.1).
 */
export function setMetrics({ user, rank }: Ranks): Record<"ndcg" | "recall", PersonSums> {
  const people = peopleOf(user);
  const mean = (of: (rank: number) => number, best: (relevant: number) => number): PersonSums => ({
    sum: Float64Array.from(people, ([from, to]) => sumOver(rank, from, to, of) / best(to - from)),
    count: new Float64Array(people.length).fill(1),
  });
  return {
    ndcg: mean(
      (r) => ndcgOf(r, SET_LIST_LENGTH),
      (relevant) => idealDcg(relevant, SET_LIST_LENGTH),
    ),
    recall: mean(
      (r) => hitOf(r, SET_LIST_LENGTH),
      (relevant) => relevant,
    ),
  };
}

/** Each person's part of the targets. */
function peopleOf(user: Uint32Array): [from: number, to: number][] {
  const people: [number, number][] = [];
  for (let from = 0, t = 1; t <= user.length; t++) {
    if (t < user.length && user[t] === user[from]) continue;
    people.push([from, t]);
    from = t;
  }
  return people;
}

function sumOver(rank: Float64Array, from: number, to: number, of: (rank: number) => number): number {
  let sum = 0;
  for (let t = from; t < to; t++) sum += of(rank[t]);
  return sum;
}
