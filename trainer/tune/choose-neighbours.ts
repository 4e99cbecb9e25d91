/**
 * Chooses how neighbours are counted, on validation: what each way of counting finds by itself, without vectors. It costs
 * seconds, because only lists of items in the sampled histories are made.
 *
 * Only of logs in order. Where order means nothing whole histories are summed, what finds most without vectors finds less with
 * them, and `UNORDERED_NEIGHBOURS` was chosen with them.
 */
import { createBreath } from "../breath.ts";
import { ndcgOf } from "../evaluate/metrics.ts";
import type { EventSignals } from "../items/event-signals.ts";
import {
  createNeighbourCounter,
  type NeighbourList,
  type NeighbourOptions,
  type NormOptions,
  type PairOptions,
} from "../items/neighbours.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";

export interface ChooseNeighboursOptions {
  /** What is learnt from: a part of `whole`, of the same users and items. */
  readonly train: Dataset;
  readonly trainSignals: EventSignals;
  /** What `ranges` point into. */
  readonly whole: Dataset;
  readonly signals: EventSignals;
  /** Validation. */
  readonly ranges: readonly TargetRange[];
  /** What it is where nothing is gained. */
  readonly fallback: NeighbourOptions;
  /** How many of the last positives count. */
  readonly positives: number;
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** People whose lists are made, of one target each: a way that is a twentieth better is then told from chance. */
const PEOPLE = 4_000;

/** Half-life in positives of what counts now; the final one is found with the other weights. */
const HALF_LIFE_POSITIVES = 2;

/** Another way must be better than the fallback by so many standard errors of the paired difference. */
const ERRORS_TO_GAIN = 2;

interface Person {
  /** Items whose neighbours count, newest first, and how much. */
  readonly last: readonly number[];
  readonly weights: readonly number[];
  readonly seen: ReadonlySet<number>;
  readonly target: number;
}

export async function chooseNeighbours(options: ChooseNeighboursOptions): Promise<NeighbourOptions> {
  const { train, trainSignals, fallback, onStep, signal } = options;
  const breathe = createBreath(signal);
  const people = peopleOf(options);
  if (people.length < 2) return fallback;
  const needed = [...new Set(people.flatMap(({ last }) => last))];
  const scores = new Float64Array(train.items.length);
  const count = createNeighbourCounter(train, trainSignals);
  const { pairs, norms } = candidatesOf(fallback);
  const found: { readonly choice: NeighbourOptions; readonly ndcg: Float64Array }[] = [];
  for (const [p, pair] of pairs.entries()) {
    const lists = new Map<number, NeighbourList[]>();
    for (const item of needed) {
      await breathe();
      lists.set(item, count(item, pair, norms));
    }
    for (const [v, norm] of norms.entries()) {
      await breathe();
      const ndcg = Float64Array.from(people, (person) => ndcgFor(person, (item) => lists.get(item)![v], scores));
      found.push({ choice: { ...pair, ...norm }, ndcg });
    }
    onStep?.(p + 1, pairs.length);
  }
  // The fallback is the first of the first.
  const [base] = found;
  const best = found.reduce((a, b) => (meanOf(b.ndcg) > meanOf(a.ndcg) ? b : a));
  const gain = best.ndcg.map((value, i) => value - base.ndcg[i]);
  return meanOf(gain) > ERRORS_TO_GAIN * standardError(gain) ? best.choice : fallback;
}

/** Ways to count, the fallback's own first. */
function candidatesOf(fallback: NeighbourOptions): { pairs: PairOptions[]; norms: NormOptions[] } {
  const { window, decay, backward, historyExponent } = fallback;
  const pair = { window, decay, backward, historyExponent };
  const pairs: PairOptions[] = [pair];
  for (const exponent of [0, 0.5])
    for (const back of [0, 0.5]) {
      if (exponent === historyExponent && back === backward) continue;
      pairs.push({ ...pair, historyExponent: exponent, backward: back });
    }
  const { popularityExponent, ownExponent, shrinkage, perItem } = fallback;
  const norm = { popularityExponent, ownExponent, shrinkage, perItem };
  const norms: NormOptions[] = [norm];
  for (const beta of [0.1, 0.2, 0.3, 0.4])
    for (const own of [0.5, 0.7, 1])
      for (const shrink of [1, 10]) {
        if (beta === popularityExponent && own === ownExponent && shrink === shrinkage) continue;
        norms.push({ ...norm, popularityExponent: beta, ownExponent: own, shrinkage: shrink });
      }
  return { pairs, norms };
}

function peopleOf({ whole, signals, ranges, positives }: ChooseNeighboursOptions): Person[] {
  const { start, item } = whole.events;
  const every = Math.max(1, ranges.length / PEOPLE);
  const isWanted = (e: number) => signals.target[e] * signals.confidence[e] > 0;
  return ranges.flatMap(({ user, from, to }, r): Person[] => {
    if (Math.floor((r + 1) / every) === Math.floor(r / every)) return [];
    const last: number[] = [];
    const weights: number[] = [];
    for (let e = from - 1; e >= start[user] && last.length < positives; e--) {
      if (!isWanted(e)) continue;
      weights.push(signals.target[e] * signals.confidence[e] * 2 ** (-last.length / HALF_LIFE_POSITIVES));
      last.push(item[e]);
    }
    const seen = new Set(item.subarray(start[user], from));
    for (let e = from; e < to; e++)
      if (isWanted(e)) return last.length > 0 ? [{ last, weights, seen, target: item[e] }] : [];
    return [];
  });
}

/** NDCG of a list made of neighbours alone; what no neighbour says is on no list. */
function ndcgFor(person: Person, listOf: (item: number) => NeighbourList, scores: Float64Array): number {
  const touched: number[] = [];
  person.last.forEach((from, i) => {
    const { item, weight } = listOf(from);
    for (let slot = 0; slot < item.length; slot++) {
      const to = item[slot];
      if (person.seen.has(to)) continue;
      if (scores[to] === 0) touched.push(to);
      scores[to] += person.weights[i] * weight[slot];
    }
  });
  const own = scores[person.target];
  let above = 0;
  for (const item of touched) above += scores[item] > own ? 1 : scores[item] === own ? 0.5 : 0;
  // The target itself is among its equals.
  const ndcg = own === 0 ? 0 : ndcgOf(above + 0.5);
  for (const item of touched) scores[item] = 0;
  return ndcg;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length / (values.length - 1));
}
