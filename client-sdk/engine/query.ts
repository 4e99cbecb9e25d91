/** What a page asks for, checked where it arrives in the engine. */
import { filter } from "../../shared/filter.ts";
import { id, MAX_ID_CHARS } from "../../shared/item.ts";
import { array, boolean, integer, number, object, optional, string } from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { MAX_GIVEN } from "../count.ts";
import type { Query } from "../types.ts";

/** Longest `exclude`: beyond that, a filter says it better. */
const MAX_EXCLUDED = 100_000;

export type CheckedQuery = Query & { readonly count: number };

const query: Parser<CheckedQuery> = object({
  surface: string({ min: 1, max: MAX_ID_CHARS }),
  count: integer({ min: 1 }),
  diversity: optional(number({ min: 0, max: 1 })),
  filter: optional(filter),
  exclude: optional(array(id, { max: MAX_EXCLUDED })),
  personalized: optional(boolean),
});

/** @throws NearfeedError with the path `ids` */
export function checkIds(value: unknown): string[] {
  return array(id, { max: MAX_GIVEN })(value, "ids");
}

/** @throws NearfeedError with the path `id` */
export function checkId(value: unknown): string {
  return id(value, "id");
}

/** @throws NearfeedError with the path below `query` */
export function checkQuery(value: unknown): CheckedQuery {
  return query(value, "query");
}
