// Applies a hard filter to the rows of an index or of a candidates file. One function for the edge and the device, so
// that the same filter means the same rows on both.

import type { Filter } from "./filter.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";

const MINUTE_MS = 60_000;

/** A list of 0 and 1, one a row: 1 where the item passes. Null where the filter lets everything pass. */
export function passingRows(columns: ItemColumns, dictionaries: Dictionaries, filter: Filter): Uint8Array | null {
  const checks = rowChecks(columns, dictionaries, filter);
  if (checks.length === 0) return null;
  const passing = new Uint8Array(columns.size);
  for (let row = 0; row < columns.size; row++) passing[row] = checks.every((check) => check(row)) ? 1 : 0;
  return passing;
}

type RowCheck = (row: number) => boolean;

function rowChecks(columns: ItemColumns, dictionaries: Dictionaries, filter: Filter): RowCheck[] {
  const { language, region, categories = {}, publishedAfter } = filter;
  const checks: RowCheck[] = [];
  if (language !== undefined) {
    const wanted = dictionaries.languages.indexOf(language) + 1; // 0: no item has it, so only items without one pass
    checks.push((row) => columns.language[row] === 0 || columns.language[row] === wanted);
  }
  if (region !== undefined) {
    const wanted = dictionaries.regions.indexOf(region);
    const has = raggedHas(columns.regionStart, columns.region);
    checks.push((row) => columns.regionStart[row] === columns.regionStart[row + 1] || has(row, wanted));
  }
  const numbers = (names: readonly string[]): number[] => names.map((name) => dictionaries.categories.indexOf(name));
  const has = raggedHas(columns.categoryStart, columns.category);
  if (categories.any !== undefined) {
    const any = numbers(categories.any);
    checks.push((row) => any.some((each) => has(row, each)));
  }
  if (categories.all !== undefined && categories.all.length > 0) {
    const all = numbers(categories.all);
    checks.push((row) => all.every((each) => has(row, each)));
  }
  if (categories.none !== undefined && categories.none.length > 0) {
    const none = numbers(categories.none);
    checks.push((row) => !none.some((each) => has(row, each)));
  }
  if (publishedAfter !== undefined) {
    const minutes = publishedAfter / MINUTE_MS;
    checks.push((row) => columns.publishedAt[row] !== 0 && columns.publishedAt[row] > minutes);
  }
  return checks;
}

/** Whether a row's list holds a number; −1, an unknown name, is in no list. */
function raggedHas(start: Uint32Array, values: Uint16Array): (row: number, wanted: number) => boolean {
  return (row, wanted) => {
    for (let at = start[row]; at < start[row + 1]; at++) if (values[at] === wanted) return true;
    return false;
  };
}
