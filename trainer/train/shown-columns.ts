/** What heads read that learn from what was shown and left. */
import { FEATURE_FAMILIES } from "../../shared/features.ts";

/**
 * Columns of `candidate_feature`. Such a log says yes or no a few
 * times a person, and most of what tells one item from another there is the item's own; what is personal is in the linear score
 * already. Columns of which each says little add up to noise: GAUC of clicks on two windows of KuaiRand before its test part,
 * by a hidden layer on thirty of them .6186, on these .6212.
 */
export const SHOWN_COLUMNS: readonly string[] = [
  "linear",
  "category_affinity_last_500",
  "category_aversion_last_500",
  "author_affinity_last_500",
  "author_aversion",
  "popularity_log",
  "history",
  "duration",
  "duration_known",
  ...FEATURE_FAMILIES.appeal,
  "positives",
  "signals",
];
