/**
 * What a person likes in words instead of vectors: sums of faded signals over categories and authors, for the content
 * term and for lists whose categories come in the person's own shares.
 */
import type { KnownItem } from "./interest.ts";
import { AUTHOR_WEIGHT } from "./item-table.ts";

/** Sums over what was wanted, w at the taste's time scale. */
export interface ContentSums {
  /** Σ w y x, each item's categories and author scaled to length 1 together. `[categories]` */
  readonly category: Float64Array;
  /** The same by `authorKey`. */
  readonly author: ReadonlyMap<number, number>;
  /** Σ w y / n over the n categories of each item. `[categories]` */
  readonly share: Float64Array;
}

/**
 * @param weight w, `[n]`
 * @param categoryWeight `[categories]`
 * @param earlier sums that the signals come on top of, and what is left of them
 */
export function contentSums(
  signals: readonly (KnownItem & { readonly target: number })[],
  weight: ArrayLike<number>,
  categoryWeight: ArrayLike<number>,
  earlier?: { readonly sums: ContentSums; readonly fade: number },
): ContentSums {
  const fade = earlier?.fade ?? 1;
  const category = earlier ? earlier.sums.category.map((sum) => fade * sum) : new Float64Array(categoryWeight.length);
  const share = earlier ? earlier.sums.share.map((sum) => fade * sum) : new Float64Array(categoryWeight.length);
  const author = new Map(Array.from(earlier?.sums.author ?? [], ([key, sum]) => [key, fade * sum]));
  signals.forEach((signal, i) => {
    const pull = weight[i]! * signal.target;
    if (pull <= 0) return;
    const { categories } = signal;
    let squared = signal.author === 0 ? 0 : AUTHOR_WEIGHT ** 2;
    for (let k = 0; k < categories.length; k++) {
      share[categories[k]!]! += pull / categories.length;
      squared += categoryWeight[categories[k]!]! ** 2;
    }
    if (squared === 0) return;
    const scaled = pull / Math.sqrt(squared);
    for (let k = 0; k < categories.length; k++) category[categories[k]!]! += scaled * categoryWeight[categories[k]!]!;
    if (signal.author !== 0) author.set(signal.author, (author.get(signal.author) ?? 0) + scaled * AUTHOR_WEIGHT);
  });
  return { category, author, share };
}
