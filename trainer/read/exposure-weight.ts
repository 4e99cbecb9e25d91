/**
 * What an exposure counts for what is learnt of lists: the inverse of how likely it was, as what was drawn stands for all that could have
 * been drawn in its place (Horvitz and Thompson 1952).
 */
import type { Dataset } from "./dataset.ts";

/**
 * Weights are cut here (Ionides 2008): of fifty items a drawn one would count fifty times, and one lucky click would move everything. As
 * every tenth place of a list is drawn, such a place counts as much as the others together.
 */
const MOST_WEIGHT = 10;

/** 1 for what was not drawn, and in a log that does not say. */
export function exposureWeight({ events }: Pick<Dataset, "events">, e: number): number {
  return events.propensity ? Math.min(MOST_WEIGHT, 1 / events.propensity[e]) : 1;
}
