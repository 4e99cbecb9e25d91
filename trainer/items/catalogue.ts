/** The catalogue as columns: dictionaries and the numbers of every item that do not come from training. */
import { authorKey, type Dictionaries } from "../../shared/item-columns.ts";
import type { Item } from "../../shared/item.ts";

/** Rows in the order of the items given. */
export interface Catalogue {
  readonly dictionaries: Dictionaries;
  /** Inverse document frequency of each category: 1 + ln(n / items of it). `[categories]` */
  readonly categoryWeight: Float32Array;
  readonly category: readonly Uint16Array[];
  readonly region: readonly Uint16Array[];
  readonly author: Uint32Array;
  /** Minutes since 1970, 0 where unknown. */
  readonly publishedAt: Uint32Array;
  /** Seconds, 0 where unknown. */
  readonly duration: Uint16Array;
  readonly language: Uint8Array;
}

const MS_PER_MINUTE = 60_000;
const LONGEST_SECONDS = 0xffff;

export function catalogueOf(items: readonly Item[]): Catalogue {
  const dictionaries: Dictionaries = {
    categories: distinct(items.flatMap((item) => item.categories)),
    languages: distinct(items.flatMap((item) => item.language ?? [])),
    regions: distinct(items.flatMap((item) => item.regions ?? [])),
  };
  const numberOf = (list: readonly string[]) => new Map(list.map((name, i) => [name, i]));
  const [categories, languages, regions] = [dictionaries.categories, dictionaries.languages, dictionaries.regions].map(
    numberOf,
  );
  const category = items.map((item) => Uint16Array.from(item.categories, (name) => categories.get(name)!));
  const counts = new Uint32Array(dictionaries.categories.length);
  for (const list of category) for (const c of list) counts[c]++;
  return {
    dictionaries,
    categoryWeight: Float32Array.from(counts, (count) => 1 + Math.log(items.length / count)),
    category,
    region: items.map((item) => Uint16Array.from(item.regions ?? [], (name) => regions.get(name)!)),
    author: Uint32Array.from(items, (item) => (item.author === undefined ? 0 : authorKey(item.author))),
    publishedAt: Uint32Array.from(items, (item) => Math.floor((item.publishedAt ?? 0) / MS_PER_MINUTE)),
    duration: Uint16Array.from(items, (item) => Math.min(LONGEST_SECONDS, Math.round((item.durationMs ?? 0) / 1000))),
    language: Uint8Array.from(items, (item) => (item.language === undefined ? 0 : languages.get(item.language)! + 1)),
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
