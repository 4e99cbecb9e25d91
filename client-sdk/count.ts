/** How many entries a list has that says nothing, or too much, about it, and how many candidates an app may bring along. */

import type { Query } from "./types.ts";

/** Entries of a list where the query names no count. */
const DEFAULT_COUNT = 20;
/** More would make every update of the page slow, whatever the ranking costs. */
export const MAX_COUNT = 200;
/** Most candidates that an app brings along: the target of a ranking within one frame. */
export const MAX_GIVEN = 10_000;

export function countOf(count: unknown): number {
  return typeof count === "number" && count >= 1 ? Math.min(Math.floor(count), MAX_COUNT) : DEFAULT_COUNT;
}

/**
 * What a query says, and nothing else that an app may have put into it: of a long string by mistake, a spread would take
 * every character, and the page's thread for seconds. The type wants every field of a query named here.
 *
 * @throws what a getter of the app's own throws
 */
export function counted(
  query: Query | undefined,
): { [Field in keyof Required<Query>]: Query[Field] } & { readonly count: number } {
  const { surface, count, diversity, filter, exclude, personalized } = (query ?? {}) as Query;
  return { surface, count: countOf(count), diversity, filter, exclude, personalized };
}

/** What can be cloned even where the app's array is a proxy, and no more of it than shows that it is too long. */
export function copyOfIds(ids: readonly string[]): readonly string[] {
  return Array.isArray(ids) ? ids.slice(0, MAX_GIVEN + 1) : ids;
}
