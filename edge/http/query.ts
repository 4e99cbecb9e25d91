// Query strings: a route names the keys it knows; anything else is refused, so that caches cannot be filled with junk.

import { NearfeedError } from "../../shared/errors.ts";

/**
 * The query of a request as an object of the known keys.
 * @throws NearfeedError unknown_query for other keys, bad_value for a key given twice
 */
export function knownQuery<const K extends string>(url: string, keys: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const [key, value] of new URL(url).searchParams) {
    const known = keys.find((each) => each === key);
    if (known === undefined) {
      const expected = keys.length === 0 ? "none" : keys.join(", ");
      throw new NearfeedError("unknown_query", `the query has an unknown key, expected ${expected}`, {
        path: `?${key.slice(0, 64)}`,
      });
    }
    if (found[known] !== undefined) {
      throw new NearfeedError("bad_value", `the query gives ${known} twice`, { path: `?${known}` });
    }
    found[known] = value;
  }
  return found;
}
