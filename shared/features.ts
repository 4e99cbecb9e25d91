/**
 * The named columns of the ranker's `candidate_feature`, in order, grouped in families.
 *
 * This list is part of the model signature: a model trained on other columns is refused. What a column holds is computed
 * in `featurize.ts` and nowhere else, in training and in serving.
 */
import { APPEALS } from "./appeal.ts";

/** Signals whose cosine to a candidate is a column each, newest first. */
export const RECENT_SIGNALS = 32;
/** Positives whose neighbour weight to a candidate is a column each, newest first. */
export const RECENT_POSITIVES = 10;
/** Windows, in last positives, over which category affinity is averaged. */
export const AFFINITY_WINDOWS = [1, 3, 5, 10, 20, 50, 500] as const;
/** Windows, in last unwanted items, of category aversion. */
export const AVERSION_WINDOWS = [3, 10, 500] as const;
/** Windows, in last positives, of author affinity. */
export const AUTHOR_WINDOWS = [3, 10, 500] as const;
/** Windows, in last positives, of the largest and the mean cosine. */
export const COSINE_WINDOWS = [3, 10, 32] as const;
/** Windows, in last unwanted items, of the largest cosine. */
export const AVERSION_COSINE_WINDOWS = [3, 10] as const;
/** Windows, in last positives, of summed neighbour weights. */
export const NEIGHBOUR_WINDOWS = [1, 3, 10] as const;

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}_${i}`);
const windowed = (name: string, windows: readonly number[]) => windows.map((window) => `${name}_last_${window}`);

export const FEATURE_FAMILIES = {
  posterior: ["taste_dot", "taste_cosine", "intent_dot", "intent_cosine"],
  linear: ["linear", "neighbour", "content", "skip"],
  recentCosine: numbered("recent_cosine", RECENT_SIGNALS),
  cosineWindow: [...windowed("cosine_max", COSINE_WINDOWS), ...windowed("cosine_mean", COSINE_WINDOWS)],
  aversionWindow: windowed("aversion_cosine_max", AVERSION_COSINE_WINDOWS),
  recentNeighbour: numbered("recent_neighbour", RECENT_POSITIVES),
  neighbourWindow: windowed("neighbour", NEIGHBOUR_WINDOWS),
  category: [
    ...windowed("category_affinity", AFFINITY_WINDOWS),
    ...windowed("category_aversion", AVERSION_WINDOWS),
    "category_best",
    "category_worst",
    "category_count",
  ],
  author: [...windowed("author_affinity", AUTHOR_WINDOWS), "author_aversion"],
  item: [
    "popularity",
    "popularity_log",
    "history",
    "uncertainty",
    "vector_norm",
    "age_known",
    "age",
    "duration_known",
    "duration",
  ],
  appeal: [...APPEALS.map((name) => `${name}_appeal`), "appeal_known"],
  person: ["positives", "signals", "repelled", "hours_since_last", "taste_norm", "intent_norm"],
  source: ["is_nearest", "is_trending", "is_fresh", "is_popular", "is_similar", "is_explore", "is_neighbour"],
} as const satisfies Record<string, readonly string[]>;

/** All column names, in order. */
export const FEATURES: readonly string[] = Object.values(FEATURE_FAMILIES).flat();
