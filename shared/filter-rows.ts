// Applies a hard filter to the rows of an index or of a candidates file. One function for the edge and the device, so
// that the same filter means the same rows on both. It goes column by column: a catalogue may have a million rows.

import type { Filter } from "./filter.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";

const MINUTE_MS = 60_000;

/**
 * A list of 0 and 1, one a row: 1 where the item passes. Null where the filter lets everything pass.
 *
 * @param into `[n]`, written unless everything passes; a new list by default
 */
export function passingRows(
  columns: ItemColumns,
  dictionaries: Dictionaries,
  filter: Filter,
  into?: Uint8Array,
): Uint8Array | null {
  const sieves = sievesOf(columns, dictionaries, filter);
  if (sieves.length === 0) return null;
  const passing = (into ?? new Uint8Array(columns.size)).fill(1);
  for (const sieve of sieves) sieve(passing);
  return passing;
}

/** Writes 0 where one part of a filter refuses a row. */
type Sieve = (passing: Uint8Array) => void;

function sievesOf(columns: ItemColumns, dictionaries: Dictionaries, filter: Filter): Sieve[] {
  const { language, region, categories = {}, publishedAfter } = filter;
  const sieves: Sieve[] = [];
  if (language !== undefined) {
    const wanted = dictionaries.languages.indexOf(language) + 1; // 0: no item has it, so only items without one pass
    sieves.push((passing) => sieveLanguage(passing, columns.language, wanted));
  }
  if (publishedAfter !== undefined) {
    sieves.push((passing) => sieveDate(passing, columns.publishedAt, publishedAfter / MINUTE_MS));
  }
  if (region !== undefined) {
    const wanted = marked(dictionaries.regions, [region]);
    sieves.push((passing) => sieveLists(passing, columns.regionStart, columns.region, wanted, ONE_OF_OR_EMPTY));
  }
  const ofCategories = (names: readonly string[], verdict: Verdict): void => {
    const wanted = marked(dictionaries.categories, names);
    sieves.push((passing) => sieveLists(passing, columns.categoryStart, columns.category, wanted, verdict));
  };
  const { any, all = [], none = [] } = categories;
  if (any !== undefined) ofCategories(any, ONE_OF);
  for (const name of all) ofCategories([name], ONE_OF);
  if (none.length > 0) ofCategories(none, NONE_OF);
  return sieves;
}

/** 1 for the names of a dictionary that are wanted. */
function marked(dictionary: readonly string[], wanted: readonly string[]): Uint8Array {
  return Uint8Array.from(dictionary, (name) => (wanted.includes(name) ? 1 : 0));
}

/** What becomes of a row whose list holds a wanted name, holds only others, or is empty: 1 stays, 0 goes. */
interface Verdict {
  readonly wanted: 0 | 1;
  readonly others: 0 | 1;
  readonly empty: 0 | 1;
}

const ONE_OF: Verdict = { wanted: 1, others: 0, empty: 0 };
/** An item without regions is for all of them. */
const ONE_OF_OR_EMPTY: Verdict = { wanted: 1, others: 0, empty: 1 };
const NONE_OF: Verdict = { wanted: 0, others: 1, empty: 1 };

// The loops below do not branch on what a row holds: it is as good as random, and a wrong guess costs ten rows.

function sieveLists(
  passing: Uint8Array,
  start: Uint32Array, // [n + 1]
  values: Uint16Array,
  wanted: Uint8Array, // one a name of the dictionary
  verdict: Verdict,
): void {
  const ofFound = Uint8Array.of(verdict.others, verdict.wanted);
  let at = start[0]!;
  for (let row = 0; row < passing.length; row++) {
    const end = start[row + 1]!;
    if (at === end) {
      passing[row]! &= verdict.empty;
      continue;
    }
    let found = 0;
    for (; at < end; at++) found |= wanted[values[at]!]!;
    passing[row]! &= ofFound[found]!;
  }
}

function sieveLanguage(passing: Uint8Array, language: Uint8Array, wanted: number): void {
  const stays = new Uint8Array(256); // one a number of a language
  stays[0] = 1; // items without a language are for readers of all
  stays[wanted] = 1;
  for (let row = 0; row < passing.length; row++) passing[row]! &= stays[language[row]!]!;
}

/** @param minutes from 0, so that items without a date, 0, are later than nothing */
function sieveDate(passing: Uint8Array, publishedAt: Uint32Array, minutes: number): void {
  for (let row = 0; row < passing.length; row++) passing[row]! &= Number(publishedAt[row]! > minutes);
}
