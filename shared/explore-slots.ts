/**
 * Exploration slots: fixed places of a list that are drawn by how little is known, from a distribution that is recorded,
 * so that training can weigh what they taught. How little is known of an item is `exploration.ts`.
 *
 * A slot draws from softmax(priority / T) over the eligible that are not on the list yet, by the Gumbel-max trick with
 * noise named by (list, place, item): exactly that distribution over lists, and the same item for the same list again.
 */
import type { ItemTable } from "./item-table.ts";
import { gumbelOf, seededHash } from "./noise.ts";

/** What tells how much is known of items: a table, or the columns of an index alone. */
type HasColumns = Pick<ItemTable, "columns">;

export interface SlotSettings {
  /** Place of the first slot, from 0. */
  readonly first: number;
  /** Places from one slot to the next. */
  readonly every: number;
  /** T, in standard deviations of the priorities of what is eligible: releases and people differ in their scale. */
  readonly temperature: number;
}

export interface Eligible {
  /** Positions among the candidates. */
  readonly positions: readonly number[];
  /** `[positions]` */
  readonly priority: ArrayLike<number>;
}

export interface Draw {
  /** Position among the candidates. */
  readonly position: number;
  /** How likely this draw was, given what is on the list before it. */
  readonly propensity: number;
}

/** The best of the uncertain and the new that slots draw from: deeper ones would be shown to people they do not suit. */
export const ELIGIBLE = 50;
/** Uncertain is the quarter of the items at hand of which the least is known. */
const UNCERTAIN_SHARE = 0.25;
/** New is what was published in the last two weeks. */
const NEW_MINUTES = 14 * 24 * 60;
const MS_PER_MINUTE = 60_000;

export function isSlot(place: number, { first, every }: SlotSettings): boolean {
  return place >= first && (place - first) % every === 0;
}

/** True where one of the places from `from` to `to` (exclusive) is a slot. */
export function hasSlot(from: number, to: number, { first, every }: SlotSettings): boolean {
  const next = from <= first ? first : first + Math.ceil((from - first) / every) * every;
  return next < to;
}

/** Whether little is known of a row: it is uncertain or new. @param now epoch ms */
export function littleKnown(table: HasColumns, now: number): (row: number) => boolean {
  const { uncertainty, publishedAt } = table.columns;
  const least = uncertainFrom(table);
  const isNew = publishedLately(now);
  return (row) => uncertainty[row]! >= least || isNew(publishedAt[row]!);
}

/** Whether something was published lately, as of `now` (epoch ms). */
export function publishedLately(now: number): (publishedAt: number) => boolean {
  const latest = now / MS_PER_MINUTE;
  return (publishedAt) => publishedAt > latest - NEW_MINUTES && publishedAt <= latest;
}

/**
 * Draws a slot's item; undefined where nothing eligible is left.
 *
 * @param list names the list
 * @param isTaken of a position among the candidates
 * @param idOf of a position among the candidates
 */
export function drawSlot(
  { positions, priority }: Eligible,
  slot: { readonly list: string; readonly place: number; readonly temperature: number },
  isTaken: (position: number) => boolean,
  idOf: (position: number) => string,
): Draw | undefined {
  const seed = seededHash(slot.list, slot.place);
  // Without spread every temperature says the same: all alike.
  const unit = slot.temperature * deviation(priority) || 1;
  const left = positions.map((position) => !isTaken(position));
  const top = Array.from(priority).reduce((most, value, e) => (left[e] ? Math.max(most, value) : most), -Infinity);
  let sum = 0;
  let chosen = -1;
  let chosenWeight = 0;
  let highest = -Infinity;
  for (let e = 0; e < positions.length; e++) {
    if (!left[e]) continue;
    const logit = (priority[e]! - top) / unit;
    const weight = Math.exp(logit);
    sum += weight;
    const noisy = logit + gumbelOf(idOf(positions[e]!), seed);
    if (noisy <= highest) continue;
    highest = noisy;
    chosen = positions[e]!;
    chosenWeight = weight;
  }
  return chosen < 0 ? undefined : { position: chosen, propensity: chosenWeight / sum };
}

function deviation(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
}

/** A table's threshold costs a sort, and a table never changes. */
const thresholds = new WeakMap<HasColumns, number>();

/** The least τ of the quarter of the table of which the least is known. */
export function uncertainFrom(table: HasColumns): number {
  let least = thresholds.get(table);
  if (least === undefined) {
    const sorted = table.columns.uncertainty.slice().sort();
    least = sorted[Math.floor((1 - UNCERTAIN_SHARE) * sorted.length)] ?? 0;
    thresholds.set(table, least);
  }
  return least;
}
