/**
 * The columns of `candidate_feature` that heads read which learn from what was shown and left. Such a log says yes or no a few
 * times a person, and most of what tells one item from another there is the item's own: columns of which each says little add
 * up to noise (GAUC of clicks on 2 and 3 May of KuaiRand, by a hidden layer alone: .613 with all columns, .623 with these).
 */
import { FEATURE_FAMILIES } from "../../shared/features.ts";

/** Its clock goes on beyond what training has seen, by more than its whole spread there. */
const UNSEEN = ["age", "age_known"];

/** Where a family has a column a window, the longest says what the shorter ones do, of more events. */
export const SHOWN_COLUMNS: readonly string[] = [
  ...FEATURE_FAMILIES.posterior,
  ...FEATURE_FAMILIES.linear,
  "cosine_max_last_32",
  "cosine_mean_last_32",
  "neighbour_last_10",
  "category_affinity_last_20",
  "category_affinity_last_500",
  "category_aversion_last_500",
  "category_count",
  "author_affinity_last_500",
  "author_aversion",
  ...FEATURE_FAMILIES.item.filter((name) => !UNSEEN.includes(name)),
  ...FEATURE_FAMILIES.appeal,
  "positives",
  "signals",
];
