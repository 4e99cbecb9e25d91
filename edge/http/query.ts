// Query strings: a route names the keys it knows; anything else is refused, so that caches cannot be filled with junk. For
// the same reason one thing has one address: what says the same in other letters is refused too.

import { NearfeedError } from "../../shared/errors.ts";

/** Escapes that a normal address (RFC 3986 §6.2.2) has not: of characters that stand for themselves, or in small letters. */
const NOT_NORMAL = /%(?:2[DE]|3\d|[46][1-9A-F]|5[\dAF]|7[\dAE]|[a-f].|.[a-f])/;

/** Between two & or beside one nothing stands; whoever reads the pairs does not see it. */
const EMPTY_PAIR = /[?&](?:&|$)/;

/**
 * The query of a request as an object of the known keys.
 * @throws NearfeedError unknown_query for other keys and for none, bad_value for a key given twice or an address that is
 * not normal
 */
export function knownQuery<const K extends string>(url: string, keys: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  const { pathname, search, searchParams } = new URL(url);
  if (NOT_NORMAL.test(pathname + search)) {
    throw new NearfeedError(
      "bad_value",
      "the address escapes characters that stand for themselves, or in small letters",
      {
        hint: "Escape with encodeURIComponent, and only once.",
      },
    );
  }
  if (EMPTY_PAIR.test(search)) {
    throw new NearfeedError("unknown_query", "the query has an & with nothing beside it", { path: "?" });
  }
  for (const [key, value] of searchParams) {
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
