/**
 * The items that targets are told apart from: the whole catalogue where it is small, else a sample by a power of how
 * often they occur.
 */
import { MASKED } from "./model-numbers.ts";
import type { Random } from "../math/random.ts";

/** The others of one batch. */
export interface Others {
  /** `[M]` rows; −2 in slots of no item. */
  readonly item: Float32Array;
  /** `[M]` log of how often each was expected among the M. */
  readonly logExpected: Float32Array;
  /** The same of any row. */
  logExpectedOf(row: number): number;
}

/** Catalogues up to this size are not sampled: the softmax over all of them takes about as long as the encoder. */
export const MOST_WHOLE = 5_000;

/** Between drawing all alike and drawing as often as items occur: rare items must be pushed down too. */
const FREQUENCY_POWER = 0.5;
/** Occurrences given to every item, so that each is drawn at times. */
const SMOOTHING = 0.5;

/** M for a catalogue of n items. @param negatives for those that are sampled */
export function othersCount(n: number, negatives: number): number {
  return Math.ceil((n <= MOST_WHOLE ? n : negatives) / 4) * 4;
}

/** @param occurrences of each row */
export function createOthers(occurrences: ArrayLike<number>, negatives: number, random: Random): () => Others {
  const n = occurrences.length;
  const count = othersCount(n, negatives);
  if (n <= MOST_WHOLE) {
    const whole = wholeCatalogue(n, count);
    return () => whole;
  }
  const upTo = new Float64Array(n);
  let sum = 0;
  for (let row = 0; row < n; row++) upTo[row] = sum += (occurrences[row] + SMOOTHING) ** FREQUENCY_POWER;
  const logExpectedOf = (row: number) => Math.log((count * (upTo[row] - (row > 0 ? upTo[row - 1] : 0))) / sum);
  return () => {
    const item = Float32Array.from({ length: count }, () => firstAbove(upTo, random() * sum));
    return { item, logExpected: item.map(logExpectedOf), logExpectedOf };
  };
}

function wholeCatalogue(n: number, count: number): Others {
  const item = Float32Array.from({ length: count }, (_, row) => (row < n ? row : -2));
  return { item, logExpected: item.map((row) => (row < 0 ? MASKED : 0)), logExpectedOf: () => 0 };
}

function firstAbove(upTo: Float64Array, x: number): number {
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (upTo[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
