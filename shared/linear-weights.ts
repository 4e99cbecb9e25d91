/**
 * The weights of the linear score: fitted on validation by the trainer, shipped in `release.json`, read by every side.
 */
import type { AppealName } from "./appeal.ts";

/** Positives whose neighbours are looked at where a release does not say: beyond ten a fitted half-life leaves noise. */
export const NEIGHBOUR_POSITIVES = 10;

/** The most that a release may ask for: so many of the newest are kept where a log is shortened. */
export const MAX_NEIGHBOUR_POSITIVES = 500;

export interface LinearWeights {
  /** a: weight of v·u at the taste scale. */
  readonly taste: number;
  /** b: weight of v·u at the intent scale. */
  readonly intent: number;
  /** n: weight of the neighbour sum. */
  readonly neighbour: number;
  /** h_nb: half-life of the neighbour sum, in later positives. */
  readonly neighbourHalfLifePositives: number | null;
  /** So many of the last positives count in the neighbour sum; 10 if absent. */
  readonly neighbourPositives?: number;
  /** k: weight of the content cosine. */
  readonly content: number;
  /** p: weight of `log1p(popularity) / popularityMax`. */
  readonly popularity: number;
  /** The largest `log1p(popularity)` of the catalogue. */
  readonly popularityMax: number;
  /** Weight of each appeal, in units of the score; absent where items have none. */
  readonly appeal?: Readonly<Record<AppealName, number>>;
  /** q: weight of the skip term, in units of the score. */
  readonly skip: number;
  readonly skipHalfLifePositives: number | null;
  readonly skipHalfLifeMs: number | null;
  /** g: what a category set to +1 by the person adds to its items. */
  readonly adjustment: number;
  /** Standard deviation of the linear score over the catalogue, mean of training users; the unit that people are shown. */
  readonly deviation: number;
}
