/** How often people clicked, liked or skipped what they were shown, by release and by policy, with intervals by person. */
import { createBootstrap, type Estimate, type PersonSums } from "../evaluate/bootstrap.ts";
import { type Card, type Outcome, OUTCOMES } from "./read-cards.ts";

export interface RateRow extends Readonly<Record<Outcome, Estimate>> {
  readonly name: string;
  readonly cards: number;
  readonly people: number;
  /** Of the cards, those that an exploration slot has drawn. */
  readonly explored: number;
}

/** Rows by what `nameOf` calls a card, most cards first. */
export function ratesBy(cards: readonly Card[], nameOf: (card: Card) => string, seed: number): RateRow[] {
  const groups = Map.groupBy(cards, nameOf);
  return [...groups]
    .sort(([a, { length: m }], [b, { length: n }]) => n - m || (a < b ? -1 : 1))
    .map(([name, group]) => ({
      name,
      cards: group.length,
      people: new Set(group.map(({ person }) => person)).size,
      explored: group.filter(({ explored }) => explored).length,
      ...weightedRates(group, () => 1, seed),
    }));
}

/**
 * Σ w · outcome / Σ w, with intervals of 95 % by drawing the people of the cards.
 *
 * @param weightOf above 0 for a card of each person at least
 */
export function weightedRates(
  cards: readonly Card[],
  weightOf: (card: Card) => number,
  seed: number,
): Record<Outcome, Estimate> {
  const people = [...Map.groupBy(cards, ({ person }) => person).values()];
  const count = Float64Array.from(people, (own) => own.reduce((sum, card) => sum + weightOf(card), 0));
  const sums = OUTCOMES.map((outcome): PersonSums => ({
    sum: Float64Array.from(people, (own) => own.reduce((sum, card) => sum + weightOf(card) * Number(card[outcome]), 0)),
    count,
  }));
  const bootstrap = createBootstrap(sums, seed);
  return Object.fromEntries(OUTCOMES.map((outcome, o) => [outcome, bootstrap.estimate(sums[o])])) as Record<
    Outcome,
    Estimate
  >;
}
