/**
 * Which known items an item is most like by what it says of itself: the cosine of features weighed by how rare they are.
 *
 * Of each feature only the best known items are looked at: how people go on from those is known best, and a common feature
 * then costs no more than a rare one.
 */
import { BIAS, contentFeatures } from "../../shared/content-map.ts";
import type { Item } from "../../shared/item.ts";

export interface LikeItem {
  readonly item: number;
  /** All of one item add up to 1. */
  readonly share: number;
}

/** Items that an item's own are guessed from; 10 and 100 did no better on validation of Amazon Beauty. */
const LIKE_ITEMS = 30;

/** Power of the cosine: at 1 the like and the half alike count too much the same. */
const SHARPNESS = 4;

/** Best known items of a feature that are looked at. */
const ITEMS_OF_FEATURE = 300;

/** @param history people who met each item, `[n]`; items without any are never found */
export function createLikeItems(items: readonly Item[], history: Uint32Array): (item: number) => LikeItem[] {
  const features = items.map((item) =>
    contentFeatures(item)
      .map(({ name }) => name)
      .filter((name) => name !== BIAS),
  );
  const counts = new Map<string, number>();
  for (const name of features.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const weight = (name: string) => (1 + Math.log(items.length / counts.get(name)!)) ** 2;
  const length = features.map((names) => Math.sqrt(names.reduce((sum, name) => sum + weight(name), 0)));
  const known = Array.from(items.keys())
    .filter((item) => history[item] > 0)
    .sort((a, b) => history[b] - history[a] || a - b);
  const itemsOf = new Map<string, number[]>();
  for (const item of known) {
    for (const name of features[item]) {
      const list = itemsOf.get(name) ?? [];
      if (list.length < ITEMS_OF_FEATURE) list.push(item);
      itemsOf.set(name, list);
    }
  }
  return (item) => {
    const common = new Map<number, number>();
    for (const name of features[item]) {
      for (const other of itemsOf.get(name) ?? []) {
        if (other !== item) common.set(other, (common.get(other) ?? 0) + weight(name));
      }
    }
    const likest = [...common]
      .map(([other, sum]) => ({ item: other, share: sum / (length[item] * length[other]) }))
      .sort((a, b) => b.share - a.share || a.item - b.item)
      .slice(0, LIKE_ITEMS)
      .map((like) => ({ ...like, share: like.share ** SHARPNESS }));
    const total = likest.reduce((sum, { share }) => sum + share, 0);
    return likest.map((like) => ({ ...like, share: like.share / total }));
  };
}
