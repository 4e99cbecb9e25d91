/** The catalogue as columns: dictionaries and the numbers of every item that do not come from training. */
import { type DescribedColumns, describeItems } from "../../shared/describe-items.ts";
import type { Dictionaries } from "../../shared/item-columns.ts";
import type { Item } from "../../shared/item.ts";

/** Rows in the order of the items given. */
export interface Catalogue {
  readonly dictionaries: Dictionaries;
  /** Inverse document frequency of each category: 1 + ln(n / items of it). `[categories]` */
  readonly categoryWeight: Float32Array;
  readonly columns: DescribedColumns;
}

export function catalogueOf(items: readonly Item[]): Catalogue {
  const dictionaries: Dictionaries = {
    categories: distinct(items.flatMap((item) => item.categories)),
    languages: distinct(items.flatMap((item) => item.language ?? [])),
    regions: distinct(items.flatMap((item) => item.regions ?? [])),
  };
  const columns = describeItems(items, dictionaries);
  const counts = new Uint32Array(dictionaries.categories.length);
  for (const category of columns.category) counts[category]++;
  return {
    dictionaries,
    categoryWeight: Float32Array.from(counts, (count) => 1 + Math.log(items.length / count)),
    columns,
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
