// The twin of the filter in shared/: one item at a time, by names, straight from what the fields of a filter mean.

import type { Filter } from "../../shared/filter.ts";
import type { Dictionaries, ItemColumns } from "../../shared/item-columns.ts";

/** Items as an index or a small release has them. */
export interface FilteredItems {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
}

/** Whether one item passes. */
export function passes({ columns, dictionaries }: FilteredItems, row: number, filter: Filter): boolean {
  const names = (start: Uint32Array, values: Uint16Array, list: readonly string[]): string[] =>
    Array.from(values.slice(start[row], start[row + 1]), (each) => list[each]);
  const categories = names(columns.categoryStart, columns.category, dictionaries.categories);
  const regions = names(columns.regionStart, columns.region, dictionaries.regions);
  const language = columns.language[row] === 0 ? undefined : dictionaries.languages[columns.language[row] - 1];
  const { any, all, none } = filter.categories ?? {};
  return (
    (filter.language === undefined || language === undefined || language === filter.language) &&
    (filter.region === undefined || regions.length === 0 || regions.includes(filter.region)) &&
    (any === undefined || any.some((each) => categories.includes(each))) &&
    (all === undefined || all.every((each) => categories.includes(each))) &&
    (none === undefined || !none.some((each) => categories.includes(each))) &&
    (filter.publishedAfter === undefined || columns.publishedAt[row] * 60_000 > filter.publishedAfter)
  );
}
