/**
 * Neighbour lists: for every item the ones that people go on to from there, from decayed co-occurrence.
 *
 * The direction is the order of events: a pair (earlier e, later i) within a window adds `decay^(distance − 1)` to e's list.
 * Dividing by the power β of i's popularity keeps the hits of the catalogue from being everyone's neighbour.
 */
import type { Dataset } from "../read/dataset.ts";
import type { EventSignals } from "./event-signals.ts";

export interface NeighbourOptions {
  /** Positives after an item that count as following it. */
  readonly window: number;
  /** Weight of a step further away. */
  readonly decay: number;
  /** β: 0 keeps plain counts, 1 divides by popularity. */
  readonly popularityExponent: number;
  /** Added to an item's own popularity: a pair seen once from an item seen once is no certainty. */
  readonly shrinkage: number;
  /** Longest list. */
  readonly perItem: number;
}

/**
 * Chosen on validation of the bundled ratings. NDCG@10 of the tuned score on other users than it was tuned on: .1145; with
 * β = .1 .1135, with shrinkage 3 .1119. β = .5 and more lost a tenth on a sample of the catalogue.
 */
export const DEFAULT_NEIGHBOURS: NeighbourOptions = {
  window: 10,
  decay: 0.8,
  popularityExponent: 0.2,
  shrinkage: 10,
  perItem: 32,
};

/** Rows in the dataset's order; unused slots hold the item's own row with weight 0. */
export interface NeighbourLists {
  readonly perItem: number;
  /** `[n, perItem]`, strongest first. */
  readonly neighbour: Uint32Array;
  /** `[n, perItem]` */
  readonly weight: Float32Array;
}

/** @param isUsed which users count; all by default */
export function fitNeighbours(
  dataset: Dataset,
  signals: EventSignals,
  options: NeighbourOptions,
  isUsed: (user: number) => boolean = () => true,
): NeighbourLists {
  const n = dataset.items.length;
  const pairs = countPairs(dataset, signals, isUsed);
  const popularity = new Float64Array(n);
  for (let p = 0; p < pairs.sequence.length; p++) popularity[pairs.sequence[p]] += pairs.strength[p];
  const normaliser = popularity.map((value) => (value > 0 ? value ** -options.popularityExponent : 0));
  const { perItem } = options;
  const neighbour = Uint32Array.from({ length: n * perItem }, (_, slot) => Math.floor(slot / perItem));
  const weight = new Float32Array(n * perItem);
  const sums = new Float64Array(n);
  const touched: number[] = [];
  for (let item = 0; item < n; item++) {
    touched.length = 0;
    for (let o = pairs.start[item]; o < pairs.start[item + 1]; o++)
      addFollowers(pairs, pairs.occurrence[o], options, sums, touched);
    const own = popularity[item] + options.shrinkage;
    const scored = touched
      .filter((other) => other !== item)
      .map((other) => [other, (sums[other] * normaliser[other]) / own] as const);
    scored.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    for (let slot = 0; slot < Math.min(perItem, scored.length); slot++) {
      neighbour[item * perItem + slot] = scored[slot][0];
      weight[item * perItem + slot] = scored[slot][1];
    }
    for (const other of touched) sums[other] = 0;
  }
  return { perItem, neighbour, weight };
}

/** The positives of all users in one sequence, and where each item occurs in it. */
interface Pairs {
  readonly sequence: Uint32Array;
  /** y·c of each positive. */
  readonly strength: Float32Array;
  /** End of the user's part of the sequence, for each position. */
  readonly end: Uint32Array;
  /** `[n + 1]` into `occurrence`. */
  readonly start: Uint32Array;
  readonly occurrence: Uint32Array;
}

function countPairs(dataset: Dataset, signals: EventSignals, isUsed: (user: number) => boolean): Pairs {
  const { start: userStart, item } = dataset.events;
  const sequence: number[] = [];
  const strength: number[] = [];
  const end: number[] = [];
  for (let u = 0; u < dataset.users.length; u++) {
    if (!isUsed(u)) continue;
    for (let e = userStart[u]; e < userStart[u + 1]; e++) {
      const pull = signals.target[e] * signals.confidence[e];
      if (pull <= 0) continue;
      sequence.push(item[e]);
      strength.push(pull);
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
    end: Uint32Array.from(end),
    start,
    occurrence,
  };
}

function addFollowers(
  { sequence, strength, end }: Pairs,
  from: number,
  options: NeighbourOptions,
  sums: Float64Array,
  touched: number[],
): void {
  let fade = strength[from];
  const last = Math.min(end[from] - 1, from + options.window);
  for (let p = from + 1; p <= last; p++) {
    if (sums[sequence[p]] === 0) touched.push(sequence[p]);
    sums[sequence[p]] += fade * strength[p];
    fade *= options.decay;
  }
}
