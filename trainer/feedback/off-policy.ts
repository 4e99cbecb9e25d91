/**
 * What another policy would have got from the same people, from what the one in use has drawn by chance.
 *
 * Self-normalised inverse propensity scoring (Swaminathan & Joachims 2015): a card that was drawn with propensity p and that
 * the other policy shows with probability π counts π/p, and the sum is divided by the sum of these weights.
 */
import type { Estimate } from "../evaluate/bootstrap.ts";
import { weightedRates } from "./rates.ts";
import type { Card, Outcome } from "./read-cards.ts";

/** How likely the other policy would have been to show a card where it stood, given what stood before it; 0–1. */
export type TargetPolicy = (card: Card) => number;

/**
 * The policies whose probabilities a log has for every card.
 *
 * `unexplored`: the same selection without exploration slots; it shows what was not drawn as it was shown, and nothing of
 * what was drawn. `even`: slots that draw evenly of what they could draw. How much that was is not in the log: every slot
 * is taken to have had as much, so that π is the same for all.
 */
export const TARGET_POLICIES = {
  unexplored: ({ explored }) => (explored ? 0 : 1),
  even: ({ explored }) => (explored ? 1 : 0),
} as const satisfies Record<string, TargetPolicy>;

export interface OffPolicy extends Readonly<Record<Outcome, Estimate>> {
  readonly name: string;
  /** Cards that have a weight. */
  readonly cards: number;
  readonly people: number;
  /** (Σ w)² / Σ w²: as many cards of equal weight would say as much. */
  readonly effective: number;
}

/** @returns undefined where no card has a weight: the log says nothing of that policy */
export function estimateOffPolicy(
  cards: readonly Card[],
  name: string,
  target: TargetPolicy,
  seed: number,
): OffPolicy | undefined {
  const weightOf = (card: Card) => target(card) / card.propensity;
  const weighted = cards.filter((card) => weightOf(card) > 0);
  if (weighted.length === 0) return undefined;
  const weights = weighted.map(weightOf);
  const sum = weights.reduce((a, b) => a + b, 0);
  return {
    name,
    cards: weighted.length,
    people: new Set(weighted.map(({ person }) => person)).size,
    effective: sum ** 2 / weights.reduce((squares, weight) => squares + weight ** 2, 0),
    ...weightedRates(weighted, weightOf, seed),
  };
}
