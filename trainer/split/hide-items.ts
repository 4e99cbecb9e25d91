/**
 * Takes a part of the catalogue out of training, to measure how items do that nobody has met: they stay in the catalogue
 * with all that they say of themselves, and lose every event but those that are guessed.
 */
import { hashText } from "../../shared/hash-text.ts";
import type { Item } from "../../shared/item.ts";
import { integer, number, object, type Parser } from "../../shared/parse.ts";
import { type Dataset, selectEvents } from "../read/dataset.ts";
import { holdsOut } from "./split.ts";

/** Which items are hidden: the same ones for the same numbers and ids, in whatever catalogue they are. */
export interface HiddenItems {
  /** Of the catalogue, 0–1. */
  readonly share: number;
  readonly seed: number;
}

/** Reads what a release says of itself. */
export const parseHidden: Parser<HiddenItems> = object({ share: number({ min: 0, max: 1 }), seed: integer() });

/** 1 for every item that is hidden. `[items]` */
export function hiddenItems(items: readonly Item[], { share, seed }: HiddenItems): Uint8Array {
  return Uint8Array.from(items, ({ id }) => Number(hashText(`${seed} ${id}`) < share * 2 ** 32));
}

/**
 * The dataset without the events of hidden items, but for those that are held out: each user's last ones, or all from a moment
 * on. A user with too little left to hold the last ones out loses those of hidden items too: they would be learnt from.
 *
 * @param hidden 1 for every item that is hidden, `[items]`
 * @param held events of each user, or epoch ms
 */
export function withoutItems(
  dataset: Dataset,
  hidden: Uint8Array,
  held: { readonly holdout: number } | { readonly from: number },
): Dataset {
  const { start, item, at } = dataset.events;
  const kept: number[] = [];
  for (let user = 0; user < dataset.users.length; user++) {
    const [first, end] = [start[user], start[user + 1]];
    let testFrom = "from" in held ? first : Math.max(first, end - held.holdout);
    if ("from" in held) while (testFrom < end && at[testFrom] < held.from) testFrom++;
    const known: number[] = [];
    for (let e = first; e < testFrom; e++) if (hidden[item[e]] === 0) known.push(e);
    const isHeldOut = "from" in held || holdsOut(known.length + held.holdout, held.holdout);
    kept.push(...known);
    for (let e = testFrom; e < end; e++) if (isHeldOut || hidden[item[e]] === 0) kept.push(e);
  }
  return selectEvents(dataset, kept);
}
