/**
 * What the items of a catalogue say about themselves, as sparse rows over the features that several of them share: one that
 * names a single item can teach nothing about another.
 */
import { BIAS, contentFeatures } from "../../shared/content-map.ts";
import type { Item } from "../../shared/item.ts";

export interface FeatureRows {
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

export function featureRows(items: readonly Item[]): FeatureRows {
  const counts = new Map<string, number>();
  for (const item of items) for (const { name } of contentFeatures(item)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts]
    .filter(([name, count]) => count >= LEAST_ITEMS || name === BIAS)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_FEATURES)
    .map(([name]) => name);
  const indexOf = new Map(names.map((name, f) => [name, f]));
  const rows = items.map((item) => contentFeatures(item, (name) => indexOf.has(name)));
  const start = new Uint32Array(items.length + 1);
  rows.forEach((row, i) => (start[i + 1] = start[i] + row.length));
  const all = rows.flat();
  return {
    names,
    start,
    feature: Uint32Array.from(all, ({ name }) => indexOf.get(name)!),
    value: Float32Array.from(all, ({ value }) => value),
  };
}
