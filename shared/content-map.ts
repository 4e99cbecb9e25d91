/**
 * The content map: from what an item says about itself to its vector. Training fits it, for items that nobody has met; the
 * edge embeds a new item with it the second it is added. One function for both, so that both get the same vector.
 */
import type { Item } from "./item.ts";

export interface ContentMap {
  /** Names of the features, as {@link contentFeatures} gives them. */
  readonly names: readonly string[];
  /** `[features, d]` row-major. */
  readonly weights: Float32Array;
  readonly dim: number;
}

/** One feature of an item. */
export interface ContentFeature {
  readonly name: string;
  readonly value: number;
}

/** Years of one bucket: tastes go by era, not by year. */
const YEARS_PER_BUCKET = 5;

/** Shorter words carry no topic. */
const SHORTEST_WORD = 4;

/** The constant that every item has. */
export const BIAS = "bias";

/**
 * What an item says about itself, each thing once: categories, tags, author, years, words of the title and text.
 *
 * @param isKnown the features that count; of k known categories each says a k-th as much, so that many genres do not make a
 * long vector
 */
export function contentFeatures(item: Item, isKnown: (name: string) => boolean = () => true): ContentFeature[] {
  const known = [...new Set(namesOf(item))].filter(isKnown);
  const categories = known.filter((name) => name.startsWith("category:")).length;
  return known.map((name) => ({ name, value: name.startsWith("category:") ? 1 / Math.sqrt(categories) : 1 }));
}

/** Makes a function from an item to its vector, `[d]`; zero where the map knows nothing of it. */
export function createEmbedder({ names, weights, dim }: ContentMap): (item: Item) => Float32Array {
  const numberOf = new Map(names.map((name, number) => [name, number]));
  return (item) => {
    const vector = new Float64Array(dim);
    for (const { name, value } of contentFeatures(item, (each) => numberOf.has(each))) {
      const at = numberOf.get(name)! * dim;
      for (let j = 0; j < dim; j++) vector[j]! += value * weights[at + j]!;
    }
    return Float32Array.from(vector);
  };
}

function namesOf(item: Item): string[] {
  const year =
    item.data?.["year"] ?? (item.publishedAt === undefined ? undefined : new Date(item.publishedAt).getUTCFullYear());
  return [
    BIAS,
    ...item.categories.map((category) => `category:${category}`),
    ...(item.tags ?? []).map((tag) => `tag:${tag}`),
    ...(item.author === undefined ? [] : [`author:${item.author}`]),
    ...(typeof year === "number" ? [`years:${Math.floor(year / YEARS_PER_BUCKET) * YEARS_PER_BUCKET}`] : []),
    ...words(`${item.title ?? ""} ${item.text ?? ""}`).map((word) => `word:${word}`),
  ];
}

function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.filter((word) => word.length >= SHORTEST_WORD) ?? []
  );
}
