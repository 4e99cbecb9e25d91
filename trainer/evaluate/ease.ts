/**
 * EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"): every item predicted from all others by ridge
 * regression, in closed form. A rival for tables, where the catalogue is small enough for a dense inverse; no release has it.
 */
import { createBreath } from "../breath.ts";
import type { EventSignals } from "../items/event-signals.ts";
import { solveInPlace } from "../math/dense-solve.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import type { Scorer } from "./replay.ts";

/** B with a zero diagonal: row i says what having i adds to the score of each other. */
export interface EaseWeights {
  /** `[n, n]`, in memory that threads share. */
  readonly weights: Float32Array;
  readonly size: number;
}

/** Items up to which the two n×n matrices (400 MB) and the n³ work (minutes of one core) are worth it for a rival. */
export const EASE_MOST_ITEMS = 5_000;

/** λ, people: as its paper found for MovieLens-20M. */
const REGULARIZATION = 500;

/** Half-life of what a person did, in later positives, in the row that forgets: the best of those tried on MovieLens-1M. */
const HALF_LIFE_POSITIVES = 5;

export interface EaseOptions {
  readonly dataset: Dataset;
  /** Of this dataset's events. */
  readonly signals: EventSignals;
  /** Held-out events, which are not learnt from. */
  readonly ranges: readonly TargetRange[];
  /** Row of each of the dataset's items, −1 where there is none. */
  readonly rowOfItem: Int32Array;
  /** n */
  readonly size: number;
  readonly regularization?: number;
  readonly signal?: AbortSignal;
}

/** @throws the signal's reason once it is aborted */
export async function fitEase(options: EaseOptions): Promise<EaseWeights> {
  const { dataset, signals, ranges, rowOfItem, size: n, regularization = REGULARIZATION } = options;
  const { start, item } = dataset.events;
  const breathe = createBreath(options.signal);
  const heldFrom = new Map(ranges.map(({ user, from }) => [user, from]));
  const gram = new Float64Array(n * n);
  for (let user = 0; user < dataset.users.length; user++) {
    await breathe();
    const liked = new Set<number>();
    for (let e = start[user]; e < (heldFrom.get(user) ?? start[user + 1]); e++) {
      const row = rowOfItem[item[e]];
      if (row >= 0 && signals.target[e] * signals.confidence[e] > 0) liked.add(row);
    }
    for (const i of liked) for (const j of liked) gram[i * n + j]++;
  }
  for (let i = 0; i < n; i++) gram[i * n + i] += regularization;
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  await solveInPlace(gram, n, inverse, breathe);
  const weights = new Float32Array(new SharedArrayBuffer(4 * n * n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) if (i !== j) weights[i * n + j] = -inverse[i * n + j] / inverse[j * n + j];
  }
  return { weights, size: n };
}

/** @param isRecent whether what a person did fades; else all of a history counts alike, as published */
export function easeScorer(
  { weights, size }: EaseWeights,
  rowOf: ReadonlyMap<string, number>,
  isRecent: boolean,
): Scorer {
  return (_, { signals }) => {
    const scores = new Float64Array(size);
    const liked = signals.filter(({ target, confidence }) => target * confidence > 0);
    liked.forEach(({ item }, i) => {
      const row = rowOf.get(item);
      if (row === undefined) return;
      const weight = isRecent ? 2 ** (-(liked.length - 1 - i) / HALF_LIFE_POSITIVES) : 1;
      for (let j = 0, at = row * size; j < size; j++, at++) scores[j] += weight * weights[at];
    });
    return scores;
  };
}
