/** What training is told, and the names of its stages. */
import type { PreparedItems } from "../items/prepared-items.ts";
import type { ImportedVectors } from "../read/read-vectors.ts";
import type { LinearFit } from "../tune/tune-linear.ts";

export interface TrainOptions {
  readonly seed: number;
  /** Events of each user that are kept out of training for the table; as many before them are for choices. */
  readonly holdout: number;
  /** Weights found earlier on this data; without them they are tuned. */
  readonly fit?: LinearFit;
  /** Vectors that were made elsewhere, of this dataset's items. */
  readonly imported?: ImportedVectors;
  /** What was learnt elsewhere of this dataset's items, without any of its held-out events. */
  readonly prepared?: PreparedItems;
  readonly threads?: number;
  readonly onStep?: (stage: Stage, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export type Stage =
  | "neighbours for tuning"
  | "vectors for tuning"
  | "score parts"
  | "weights"
  | "vectors"
  | "vectors without some items"
  | "new items";
