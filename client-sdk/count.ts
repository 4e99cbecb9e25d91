/** How many entries a list has that says nothing, or too much, about it. */

import type { Query } from "./types.ts";

/** Entries of a list where the query names no count. */
const DEFAULT_COUNT = 20;
/** More would make every update of the page slow, whatever the ranking costs. */
export const MAX_COUNT = 200;

export function countOf(count: unknown): number {
  return typeof count === "number" && count >= 1 ? Math.min(Math.floor(count), MAX_COUNT) : DEFAULT_COUNT;
}

/** @throws what a getter of the app's own throws */
export function counted(query: Query): Query & { readonly count: number } {
  return { ...query, count: countOf(query?.count) };
}
