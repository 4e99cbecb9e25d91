/**
 * Calibration: a list whose categories come in the shares in which the person likes them (Steck 2018, "Calibrated
 * Recommendations"), as a term of the greedy choice.
 *
 * Steck's objective is −KL(p ‖ q̃), p the person's shares, q̃ those of the list smoothed by p. Its slope along an item,
 * `Σ_g x_g p_g / q̃_g − 1`, is what an item is worth: positive for what the list lacks, negative for what it has too much
 * of. Smoothing is by a list of `IMAGINED` items in the very shares p, so that the first choices are hardly bound.
 */
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";

export interface Calibration {
  /** What the row would do for the shares: 0 keeps them as they are, −1 is of no category that is wanted. */
  gain(row: number): number;
  /** The list goes on with this row. */
  follow(row: number): void;
}

/** Items in the person's own shares that every list is thought to begin with. */
const IMAGINED = 10;

/**
 * The share of every category in what a person likes, as it has faded by now; sums to 1. `[categories]`
 *
 * @returns undefined where nothing liked has a category
 */
export function categoryShares(interest: Interest): Float64Array | undefined {
  const { share } = interest.content;
  const sum = share.reduce((total, each) => total + each, 0);
  return sum > 0 ? share.map((each) => each / sum) : undefined;
}

/** @param shares p, `[categories]` */
export function createCalibration(table: ItemTable, shares: Float64Array): Calibration {
  const { category, categoryStart } = table.columns;
  /** Items of the list, by category and in all. */
  const held = new Float64Array(shares.length);
  let items = 0;
  /** p / (held + IMAGINED · p): the slope but for the size of the list. */
  const lack = shares.map((share) => (share > 0 ? 1 / IMAGINED : 0));
  return {
    gain(row) {
      const [from, to] = [categoryStart[row]!, categoryStart[row + 1]!];
      if (from === to) return 0;
      let sum = 0;
      for (let at = from; at < to; at++) sum += lack[category[at]!]!;
      return (sum * (items + IMAGINED)) / (to - from) - 1;
    },
    follow(row) {
      const [from, to] = [categoryStart[row]!, categoryStart[row + 1]!];
      if (from === to) return;
      items++;
      for (let at = from; at < to; at++) {
        const g = category[at]!;
        held[g]! += 1 / (to - from);
        lack[g] = shares[g]! / (held[g]! + IMAGINED * shares[g]!);
      }
    },
  };
}
