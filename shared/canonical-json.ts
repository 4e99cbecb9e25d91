// RFC 8785 (JSON Canonicalization Scheme): one byte sequence for one JSON value, so that it can be hashed and signed.
// Not a parser; duplicate keys cannot occur in a JavaScript object.

import { NearfeedError } from "./errors.ts";

/**
 * The canonical text of a JSON value: no white space, keys sorted by UTF-16 units, numbers and strings as ECMAScript
 * writes them. `undefined` fields are left out, as in JSON.stringify.
 * @throws NearfeedError not_finite, wrong_type (not JSON) or bad_value (a lone surrogate), with the path
 */
export function canonicalJson(value: unknown, path = "$"): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value))
      throw new NearfeedError("not_finite", `${path} is ${value}; JSON has no such number`, { path });
    return JSON.stringify(value);
  }
  if (typeof value === "string") return quote(value, path);
  if (Array.isArray(value)) return `[${value.map((each, i) => canonicalJson(each, `${path}[${i}]`)).join(",")}]`;
  if (typeof value !== "object")
    throw new NearfeedError("wrong_type", `${path} is a ${typeof value}, not JSON`, { path });
  const source = value as Record<string, unknown>;
  const fields = Object.keys(source)
    .filter((key) => source[key] !== undefined)
    .sort() // the default order of sort() is by UTF-16 units, which is what RFC 8785 §3.2.3 asks for
    .map((key) => `${quote(key, path)}:${canonicalJson(source[key], `${path}.${key}`)}`);
  return `{${fields.join(",")}}`;
}

function quote(text: string, path: string): string {
  if (/[\ud800-\udfff]/u.test(text)) throw new NearfeedError("bad_value", `${path} has a lone surrogate`, { path });
  return JSON.stringify(text);
}
