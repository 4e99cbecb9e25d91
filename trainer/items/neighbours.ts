/**
 * Neighbour lists: for every item the ones that people go on to from there, from co-occurrence that fades with distance.
 *
 * A pair (earlier e, later i) within a window adds `decay^(distance − 1)` to e's list, and less or nothing to i's. Where
 * order means nothing, every pair of a history counts alike in both. What was counted is divided by powers of both items'
 * popularity: the other's keeps the hits of the catalogue from being everyone's neighbour, the own's brings lists of rare
 * and of popular items to one scale, so that they can be added up.
 */
import { topK } from "../../shared/top-k.ts";
import type { Dataset } from "../read/dataset.ts";
import type { EventSignals } from "./event-signals.ts";

/** What counts as a pair, and how much. */
export interface PairOptions {
  /** Positives after an item that count as following it; null: all. */
  readonly window: number | null;
  /** Weight of a step further away. */
  readonly decay: number;
  /** What a pair counts against its direction: 0 nothing, 1 as much as along it. */
  readonly backward: number;
  /** A pair of a history of h positives counts h to the power of minus this: who takes everything says little by each pair. */
  readonly historyExponent: number;
}

/** What a count is divided by, and how many are kept. */
export interface NormOptions {
  /** β: 0 keeps plain counts, 1 divides by the other item's popularity. */
  readonly popularityExponent: number;
  /** Power of the item's own popularity. */
  readonly ownExponent: number;
  /** Added to an item's own popularity: a pair seen once from an item seen once is no certainty. */
  readonly shrinkage: number;
  /** Longest list. */
  readonly perItem: number;
}

/**
 * Positives of a person that count, the latest: twice what a device keeps of one. Whoever has more is hardly a person, would
 * be in everybody's lists, and cost as much as a thousand others.
 */
export const PERSON_POSITIVES = 10_000;

export interface NeighbourOptions extends PairOptions, NormOptions {}

/**
 * Chosen on validation of the bundled ratings. NDCG@10 of the tuned score on other users than it was tuned on: .1145; with
 * β = .1 .1135, with shrinkage 3 .1119. β = .5 and more lost a tenth on a sample of the catalogue.
 */
export const DEFAULT_NEIGHBOURS: NeighbourOptions = {
  window: 10,
  decay: 0.8,
  backward: 0,
  historyExponent: 0,
  popularityExponent: 0.2,
  ownExponent: 1,
  shrinkage: 10,
  perItem: 32,
};

/**
 * Where order means nothing: whole histories, both ways. Long lists, because every positive of a person is looked at. Chosen on a
 * fifth of Gowalla's training part, with vectors: NDCG@20 .1455; with β = .2 .1409, though alone that finds as much.
 */
export const UNORDERED_NEIGHBOURS: NeighbourOptions = {
  window: null,
  decay: 1,
  backward: 1,
  historyExponent: 0.5,
  popularityExponent: 0.35,
  ownExponent: 0.7,
  shrinkage: 0,
  perItem: 64,
};

/** Rows in the dataset's order; unused slots hold the item's own row with weight 0. */
export interface NeighbourLists {
  readonly perItem: number;
  /** `[n, perItem]`, strongest first. */
  readonly neighbour: Uint32Array;
  /** `[n, perItem]` */
  readonly weight: Float32Array;
}

/** The neighbours of one item, strongest first. */
export interface NeighbourList {
  readonly item: Uint32Array;
  readonly weight: Float64Array;
}

/** @param isUsed which users count; all by default */
export function fitNeighbours(
  dataset: Dataset,
  signals: EventSignals,
  options: NeighbourOptions,
  isUsed: (user: number) => boolean = () => true,
): NeighbourLists {
  const listsOf = createNeighbourCounter(dataset, signals, isUsed);
  const n = dataset.items.length;
  const { perItem } = options;
  const neighbour = Uint32Array.from({ length: n * perItem }, (_, slot) => Math.floor(slot / perItem));
  const weight = new Float32Array(n * perItem);
  for (let item = 0; item < n; item++) {
    const [list] = listsOf(item, options, [options]);
    neighbour.set(list.item, item * perItem);
    weight.set(list.weight, item * perItem);
  }
  return { perItem, neighbour, weight };
}

/** Counts an item's pairs once and lists its neighbours by each of the norms. */
export type NeighbourCounter = (item: number, pairs: PairOptions, norms: readonly NormOptions[]) => NeighbourList[];

export function createNeighbourCounter(
  dataset: Dataset,
  signals: EventSignals,
  isUsed: (user: number) => boolean = () => true,
): NeighbourCounter {
  const n = dataset.items.length;
  const sequences = sequencesOf(dataset, signals, isUsed);
  const popularity = new Float64Array(n);
  const { sequence, strength, start, occurrence } = sequences;
  for (let p = 0; p < sequence.length; p++) popularity[sequence[p]] += strength[p];
  const sums = new Float64Array(n);
  const powers = new Map<number, Float64Array>();
  /** popularity^−β of every item: a power costs more than all else. */
  const powersOf = (exponent: number): Float64Array => {
    let found = powers.get(exponent);
    if (!found) powers.set(exponent, (found = popularity.map((value) => value ** -exponent)));
    return found;
  };
  return (item, pairs, norms) => {
    const touched: number[] = [];
    for (let o = start[item]; o < start[item + 1]; o++) addPairs(sequences, occurrence[o], pairs, sums, touched);
    // In the order of items, so that equals come in it too.
    const others = Uint32Array.from(touched.filter((other) => other !== item)).sort();
    const lists = norms.map(({ popularityExponent, ownExponent, shrinkage, perItem }): NeighbourList => {
      const own = (popularity[item] + shrinkage) ** ownExponent;
      const factor = powersOf(popularityExponent);
      const weights = new Float64Array(others.length);
      for (let o = 0; o < others.length; o++) weights[o] = (sums[others[o]] * factor[others[o]]) / own;
      const best = topK(weights, perItem);
      return { item: Uint32Array.from(best, (at) => others[at]), weight: Float64Array.from(best, (at) => weights[at]) };
    });
    for (const other of touched) sums[other] = 0;
    return lists;
  };
}

/** The positives of all users in one sequence, and where each item occurs in it. */
interface Sequences {
  readonly sequence: Uint32Array;
  /** y·c of each positive. */
  readonly strength: Float32Array;
  /** Where the user's part of the sequence begins and ends, for each position. */
  readonly first: Uint32Array;
  readonly end: Uint32Array;
  /** `[n + 1]` into `occurrence`. */
  readonly start: Uint32Array;
  readonly occurrence: Uint32Array;
}

function sequencesOf(dataset: Dataset, signals: EventSignals, isUsed: (user: number) => boolean): Sequences {
  const { start: userStart, item } = dataset.events;
  const sequence: number[] = [];
  const strength: number[] = [];
  const first: number[] = [];
  const end: number[] = [];
  for (let u = 0; u < dataset.users.length; u++) {
    if (!isUsed(u)) continue;
    const from = sequence.length;
    for (let e = firstOfLatest(dataset, signals, u); e < userStart[u + 1]; e++) {
      const pull = signals.target[e] * signals.confidence[e];
      if (pull <= 0) continue;
      sequence.push(item[e]);
      strength.push(pull);
      first.push(from);
    }
    while (end.length < sequence.length) end.push(sequence.length);
  }
  const n = dataset.items.length;
  const start = new Uint32Array(n + 1);
  for (const row of sequence) start[row + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const next = start.slice(0, n);
  const occurrence = new Uint32Array(sequence.length);
  sequence.forEach((row, p) => (occurrence[next[row]++] = p));
  return {
    sequence: Uint32Array.from(sequence),
    strength: Float32Array.from(strength),
    first: Uint32Array.from(first),
    end: Uint32Array.from(end),
    start,
    occurrence,
  };
}

/** The event of a user from which on there are `PERSON_POSITIVES` positives, or the first. */
function firstOfLatest({ events: { start } }: Dataset, { target, confidence }: EventSignals, user: number): number {
  let first = start[user + 1];
  for (let left = PERSON_POSITIVES; first > start[user] && left > 0; first--) {
    if (target[first - 1] * confidence[first - 1] > 0) left--;
  }
  return first;
}

/** Adds what comes after position `from` in its history, and before it as far as that counts. */
function addPairs(
  { sequence, strength, first, end }: Sequences,
  from: number,
  { window, decay, backward, historyExponent }: PairOptions,
  sums: Float64Array,
  touched: number[],
): void {
  const length = end[from] - first[from];
  const weight = strength[from] * (historyExponent === 0 ? 1 : length ** -historyExponent);
  const reach = window ?? length;
  for (const [step, share] of [
    [1, 1],
    [-1, backward],
  ] as const) {
    if (share === 0) continue;
    const last = step > 0 ? Math.min(end[from] - 1, from + reach) : Math.max(first[from], from - reach);
    let fade = weight * share;
    for (let p = from + step; step > 0 ? p <= last : p >= last; p += step) {
      if (sums[sequence[p]] === 0) touched.push(sequence[p]);
      sums[sequence[p]] += fade * strength[p];
      fade *= decay;
    }
  }
}
