/** How often each item was taken when it was shown: the plainest rival of a feed, which knows items and no person. */
import type { Dataset } from "../read/dataset.ts";
import { FEED_LABELS, type FeedLabel, feedLabel, isExposure } from "../read/feed-labels.ts";

/** Exposures at the mean rate that every item is thought to begin with; of 5, 20 and 50 the best on validation of KuaiRand. */
const IMAGINED = 5;

/**
 * Smoothed rates of each label by item, from exposures before a moment; all 0 for a label that the log never has. `[items]`
 *
 * @param until epoch ms
 */
export function itemRates(dataset: Dataset, until: number): Readonly<Record<FeedLabel, Float64Array>> {
  const { item, at } = dataset.events;
  const n = dataset.items.length;
  const shown = new Float64Array(n);
  let all = 0;
  const isCounted = (e: number) => at[e] < until && isExposure(dataset, e);
  for (let e = 0; e < item.length; e++) {
    if (!isCounted(e)) continue;
    shown[item[e]]++;
    all++;
  }
  const ratesOf = (label: FeedLabel) => {
    const of = feedLabel(dataset, label, until);
    const taken = new Float64Array(n);
    if (!of || all === 0) return taken;
    let sum = 0;
    for (let e = 0; e < item.length; e++) {
      if (!isCounted(e)) continue;
      taken[item[e]] += of[e];
      sum += of[e];
    }
    return taken.map((count, i) => (count + (IMAGINED * sum) / all) / (shown[i] + IMAGINED));
  };
  return Object.fromEntries(FEED_LABELS.map((label) => [label, ratesOf(label)])) as Record<FeedLabel, Float64Array>;
}
