// How the items of releases lie in one Vectorize index: their ids, namespaces and metadata, and what a filter becomes.
//
// Several releases are served at once, so all names begin with a release. A release is spread over sixteen namespaces: a query answers at most a hundred, and sixteen of them, whose rows are as good as dealt out like cards, hold the best
// thousand all but surely. Vectorize indexes one string, number or boolean a property, and an item has several categories and
// regions. Of the most common three of either, each has a property of its own. Of the others the rarest is stored, by rank: who
// has a category has one that is as rare or rarer, so a range of ranks lets all of those pass, and some others, which are
// filtered afterwards. The rarer the category, the fewer they are. That is ten properties, as many as there may be.

import type { Filter } from "../../shared/filter.ts";
import { categoriesOf } from "../../shared/item-columns.ts";
import type { Dictionaries, ItemColumns } from "../../shared/item-columns.ts";
import { mixBits } from "../../shared/noise.ts";

/**
 * Namespaces a release. Of the best 1,000, one of them holds 62 give or take 8; more than the 100 that one call answers are
 * five deviations away. Fewer would lose some of the thousand, more would cost calls for nothing.
 */
export const PARTITIONS = 16;

/** What one call may answer without values and metadata. */
const MAX_TOP_K = 100;

/** How many deviations of its expected share a partition is asked for. */
const DEVIATIONS = 5;

/** How many of the most common categories, and of the regions, have a property of their own. */
const FLAGS = 3;

/** The property names of metadata; each needs a metadata index of type number before vectors are inserted. */
export const METADATA_PROPERTIES = [
  "language",
  "day",
  "category",
  "category1",
  "category2",
  "category3",
  "region",
  "region1",
  "region2",
  "region3",
] as const;

/** The metadata of a vector. Numbers and not names, so that no filter is ever too long. */
export type VectorMetadata = Record<(typeof METADATA_PROPERTIES)[number], number>;

/** Places of the names of a release's dictionaries in the order of how many items have them, the rarest 0. */
export interface Ranks {
  readonly categories: readonly number[];
  readonly regions: readonly number[];
}

/** The rank of an item that has no category or region. */
const NO_RANK = -1;

/** The language of an item without one, as in the index. */
const NO_LANGUAGE = 0;

const MINUTES_PER_DAY = 24 * 60;
const MS_PER_DAY = MINUTES_PER_DAY * 60_000;

/** The id of a row's vector: at most 43 of the 64 bytes that an id may have. */
export function vectorId(release: string, row: number): string {
  return `${release}:${row}`;
}

/** The row of an id that {@link vectorId} made. */
export function rowOfVector(id: string): number {
  return Number(id.slice(id.indexOf(":") + 1));
}

/** The partition of a row: by a hash, because rows may have a pattern, and what a filter lets pass must be spread as well. */
export function partitionOf(row: number): number {
  return mixBits(row) % PARTITIONS;
}

/** The namespace of a partition. */
export function namespaceOf(release: string, partition: number): string {
  return `${release}:${partition}`;
}

/** The ranks of a release's categories and regions; equally rare ones by number. */
export function ranksOf(
  { category, region }: Pick<ItemColumns, "category" | "region">,
  { categories, regions }: Dictionaries,
): Ranks {
  return { categories: ranked(category, categories.length), regions: ranked(region, regions.length) };
}

/** What is stored beside a row's vector. Days and not minutes, because ranges over many values make Vectorize slow. */
export function metadataOf(columns: ItemColumns, row: number, ranks: Ranks): VectorMetadata {
  const { language, publishedAt, region, regionStart } = columns;
  const categories = ranksIn(categoriesOf(columns, row), ranks.categories);
  const regions = ranksIn(region.subarray(regionStart[row], regionStart[row + 1]), ranks.regions);
  const flags = (kind: Kind, has: (rank: number) => boolean) =>
    Array.from({ length: FLAGS }, (_, at) => [flag(kind, at), Number(has(ranks[KINDS[kind]].length - 1 - at))]);
  return Object.fromEntries([
    ["language", language[row]!],
    ["day", Math.floor(publishedAt[row]! / MINUTES_PER_DAY)],
    ["category", categories.length === 0 ? NO_RANK : Math.min(...categories)],
    ["region", regions.length === 0 ? NO_RANK : Math.min(...regions)],
    ...flags("category", (rank) => categories.includes(rank)),
    ...flags("region", (rank) => regions.length === 0 || regions.includes(rank)),
  ]) as VectorMetadata; // one entry a property
}

/** The part of a filter that Vectorize can apply. Every row that passes the filter passes this; others may, too. */
export interface PartialFilter {
  /** Undefined where nothing is to be filtered. */
  readonly metadata: VectorizeVectorMetadataFilter | undefined;
  /** True where exactly the rows that pass it pass the filter. */
  readonly exact: boolean;
}

/** Translates a filter. */
export function partialFilter(filter: Filter, dictionaries: Dictionaries, ranks: Ranks): PartialFilter {
  const { language, region, categories = {}, publishedAfter } = filter;
  const metadata: VectorizeVectorMetadataFilter = {};
  let exact = true;
  if (language !== undefined) {
    const number = dictionaries.languages.indexOf(language) + 1; // 0 where no item has it: the same as no language
    metadata["language"] = { $in: [...new Set([NO_LANGUAGE, number])] };
  }
  if (region !== undefined) {
    const rank = ranks.regions[dictionaries.regions.indexOf(region)] ?? NO_RANK;
    const own = flagOf("region", rank, ranks);
    if (own !== undefined) metadata[own] = 1;
    // An item without regions is for all of them, and its rank is below every other.
    else metadata["region"] = { $lte: rank };
    exact &&= own !== undefined || rank === NO_RANK;
  }
  const { any, all = [], none = [] } = categories;
  const rankOf = (name: string) => ranks.categories[dictionaries.categories.indexOf(name)] ?? NO_RANK;
  const must = [...(any?.length === 1 ? any : []), ...all].map(rankOf);
  let most = any === undefined || any.length === 1 ? Infinity : Math.max(NO_RANK, ...any.map(rankOf));
  for (const rank of must) {
    const own = flagOf("category", rank, ranks);
    if (own !== undefined) metadata[own] = 1;
    else most = Math.min(most, rank);
  }
  if (most < Infinity) metadata["category"] = { $gt: NO_RANK, $lte: most };
  for (const rank of none.map(rankOf)) {
    const own = flagOf("category", rank, ranks);
    if (own !== undefined) metadata[own] = 0;
    exact &&= own !== undefined || rank === NO_RANK;
  }
  // An item without a date has day 0 and never passes.
  if (publishedAfter !== undefined) metadata["day"] = { $gte: Math.max(1, Math.floor(publishedAfter / MS_PER_DAY)) };
  exact &&= most === Infinity && publishedAfter === undefined;
  return { metadata: Object.keys(metadata).length === 0 ? undefined : metadata, exact };
}

/** Rows that one partition is asked for, so that together they hold the best `count`, or as many as there can be of those. */
export function rowsAPartition(count: number, { exact }: PartialFilter): number {
  if (!exact) return MAX_TOP_K;
  const share = count / PARTITIONS;
  return Math.min(MAX_TOP_K, Math.ceil(share + DEVIATIONS * Math.sqrt(share)) + 1);
}

type Kind = "category" | "region";
const KINDS = { category: "categories", region: "regions" } as const;

/** The property of the most common name (`at` 0), the second, the third. */
function flag(kind: Kind, at: number): string {
  return `${kind}${at + 1}`;
}

/** The property that a name of this rank has for itself, if any. */
function flagOf(kind: Kind, rank: number, ranks: Ranks): string | undefined {
  const at = ranks[KINDS[kind]].length - 1 - rank;
  return rank !== NO_RANK && at < FLAGS ? flag(kind, at) : undefined;
}

function ranked(numbers: Uint16Array, size: number): number[] {
  const counts = new Uint32Array(size);
  for (const number of numbers) counts[number]!++;
  const order = [...counts.keys()].sort((a, b) => counts[a]! - counts[b]! || a - b);
  const ranks = Array<number>(size);
  order.forEach((number, rank) => (ranks[number] = rank));
  return ranks;
}

function ranksIn(numbers: Uint16Array, ranks: readonly number[]): number[] {
  return Array.from(numbers, (number) => ranks[number]!);
}
