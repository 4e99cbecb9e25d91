/**
 * The columns of items that do not come from training: what an item says of itself, as numbers. The trainer makes them for a
 * catalogue, the edge for items that were added since.
 */
import { authorKey } from "./item-columns.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import type { Item } from "./item.ts";

/** They are in the order of the items. */
export type DescribedColumns = Pick<
  ItemColumns,
  "publishedAt" | "author" | "duration" | "language" | "categoryStart" | "category" | "regionStart" | "region"
>;

const MS_PER_MINUTE = 60_000;
const LONGEST_SECONDS = 0xffff;
const LAST_MINUTE = 0xffff_ffff;

/** @param items all of whose names are in the dictionaries */
export function describeItems(items: readonly Item[], dictionaries: Dictionaries): DescribedColumns {
  const { categories, languages, regions } = dictionaries;
  const languageOf = numbers(languages);
  const category = ragged(items, numbers(categories), (item) => item.categories);
  const region = ragged(items, numbers(regions), (item) => item.regions ?? []);
  return {
    publishedAt: Uint32Array.from(items, (item) =>
      Math.min(LAST_MINUTE, Math.floor((item.publishedAt ?? 0) / MS_PER_MINUTE)),
    ),
    author: Uint32Array.from(items, (item) => (item.author === undefined ? 0 : authorKey(item.author))),
    duration: Uint16Array.from(items, (item) => Math.min(LONGEST_SECONDS, Math.round((item.durationMs ?? 0) / 1000))),
    language: Uint8Array.from(items, (item) => (item.language === undefined ? 0 : languageOf.get(item.language)! + 1)),
    categoryStart: category.start,
    category: category.values,
    regionStart: region.start,
    region: region.values,
  };
}

function numbers(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}

function ragged(
  items: readonly Item[],
  numberOf: ReadonlyMap<string, number>,
  names: (item: Item) => readonly string[],
): { start: Uint32Array; values: Uint16Array } {
  const start = new Uint32Array(items.length + 1);
  items.forEach((item, i) => (start[i + 1] = start[i]! + names(item).length));
  return { start, values: Uint16Array.from(items.flatMap(names), (name) => numberOf.get(name)!) };
}
