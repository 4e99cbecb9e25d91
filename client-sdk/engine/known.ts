/**
 * What the device knows of an item, in the two forms it takes: as stored with an event (categories by name, good for any
 * release) and as scoring reads it (categories by number of one release).
 */
import { categoriesOf, dequantize } from "../../shared/item-columns.ts";
import type { KnownItem } from "../../shared/interest.ts";
import type { StoredKnown } from "../storage/schema.ts";
import type { Held } from "./held.ts";
import { createMapper } from "./space-maps.ts";

/** @returns undefined where the items in use do not have it */
export function knownOf({ release, items }: Held, item: string): StoredKnown | undefined {
  const { table } = items;
  const row = table.rowOf.get(item);
  if (row === undefined) return undefined;
  const neighbours = items.neighbours(row);
  return {
    space: release.space,
    ...(neighbours && { release: release.id }),
    vector: dequantize(table.columns, row),
    categories: Array.from(categoriesOf(table.columns, row), (number) => table.dictionaries.categories[number]!),
    author: table.columns.author[row]!,
    neighbours: neighbours ?? [],
  };
}

/** Reads stored knowledge with the numbers of one release. Vectors that no map takes to its space mean nothing here. */
export function createKnownReader({ release, items, maps = [] }: Held): (stored: StoredKnown) => KnownItem | undefined {
  const numbers = new Map(items.table.dictionaries.categories.map((name, number) => [name, number]));
  const toSpace = createMapper(maps, release.space);
  return ({ space, vector: stored, categories, author, neighbours }) => {
    const vector = toSpace(stored, space);
    if (vector?.length !== release.dim) return undefined;
    const known = categories.map((name) => numbers.get(name)).filter((number) => number !== undefined);
    return { vector, categories: known, author, neighbours };
  };
}
