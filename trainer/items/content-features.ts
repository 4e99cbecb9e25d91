/**
 * What an item says about itself, as sparse features: categories, tags, author, years, words of the title.
 *
 * Only features that several items share: one that names a single item can teach nothing about another.
 */
import type { Item } from "../../shared/item.ts";

export interface ContentFeatures {
  readonly names: readonly string[];
  /** Compressed rows: item i has features `feature[start[i] … start[i + 1])`, each with a value. */
  readonly start: Uint32Array;
  readonly feature: Uint32Array;
  readonly value: Float32Array;
}

/** Items that must share a feature. */
const LEAST_ITEMS = 5;

/** Most features: the map solves a dense system of this size. The most common ones stay. */
const MOST_FEATURES = 1024;

/** Years of one bucket: tastes go by era, not by year. */
const YEARS_PER_BUCKET = 5;

/** Shorter words carry no topic. */
const SHORTEST_WORD = 4;

/** The constant that every item has. */
const BIAS = "bias";

export function contentFeatures(items: readonly Item[]): ContentFeatures {
  const named = items.map((item) => [...new Set(featureNames(item))]);
  const counts = new Map<string, number>();
  for (const names of named) for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts]
    .filter(([name, count]) => count >= LEAST_ITEMS || name === BIAS)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_FEATURES)
    .map(([name]) => name);
  const indexOf = new Map(names.map((name, f) => [name, f]));
  const rows = named.map((list) => list.flatMap((name) => indexOf.get(name) ?? []));
  const start = new Uint32Array(items.length + 1);
  rows.forEach((row, i) => (start[i + 1] = start[i] + row.length));
  // Of k categories each says a k-th as much, so that many genres do not make a long vector.
  const value = rows.flatMap((row) => {
    const categories = row.filter((f) => names[f].startsWith("category:")).length;
    return row.map((f) => (names[f].startsWith("category:") ? 1 / Math.sqrt(categories) : 1));
  });
  return { names, start, feature: Uint32Array.from(rows.flat()), value: Float32Array.from(value) };
}

function featureNames(item: Item): string[] {
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
