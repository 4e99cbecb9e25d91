// A small kit for parsing at the boundary: combinators that turn an unknown value into a typed one, or throw a
// NearfeedError that names the path, what was got and what was expected. Not a schema language, no coercion, no defaults.

import { NearfeedError } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";

/** Returns `value` typed, or throws a NearfeedError whose path starts with `path` ("" at the root). */
export type Parser<T> = ((value: unknown, path: string) => T) & {
  /** What it takes, for whoever describes it; the combinators below say it, and {@link taking} of a parser made by hand. */
  readonly takes?: Takes;
};

/** What a parser takes: the name of a combinator, and what that was given. */
export type Takes =
  | readonly ["string", { readonly max: number; readonly min?: number }]
  | readonly ["matching", RegExp, string]
  | readonly ["number" | "integer", { readonly min?: number; readonly max?: number }]
  | readonly ["boolean" | "json" | "jsonObject"]
  | readonly ["oneOf", readonly (string | number)[]]
  | readonly ["array", Parser<unknown>, { readonly max: number; readonly min?: number }]
  | readonly ["record", Parser<unknown>, { readonly max: number }]
  | readonly ["object", Readonly<Record<string, Parser<unknown>>>]
  | readonly ["vector", number, number]
  /** What all of these take; of `same` there is one, and the parser refuses some of what it takes. */
  | readonly ["nullable" | "optional" | "same" | "anyOf", ...Parser<unknown>[]];

/** Says what a parser takes. */
export function taking<P extends Parser<unknown>>(parser: P, ...takes: Takes): P {
  return Object.assign(parser, { takes });
}

/** The type that a parser returns. */
export type Parsed<P> = P extends (value: unknown, path: string) => infer T ? T : never;

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** How deep free JSON may nest: enough for any report, too little to exhaust a stack. */
const MAX_JSON_DEPTH = 16;

/** Longest excerpt of an offending value in a message. */
const MAX_SHOWN_CHARS = 40;

/** What a value is, for messages: its JSON type and, where it is short and harmless, the value itself. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "string") {
    return value.length <= MAX_SHOWN_CHARS ? JSON.stringify(value) : `a string of ${value.length} characters`;
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return value === undefined ? "nothing" : `an ${typeof value}`;
}

/** `path.key`, or `path["odd key"]` for keys that are not identifiers. */
export function pathOf(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) {
    const shown = key.length <= MAX_SHOWN_CHARS ? key : `${key.slice(0, MAX_SHOWN_CHARS)}…`;
    return `${path}[${JSON.stringify(shown)}]`;
  }
  return path === "" ? key : `${path}.${key}`;
}

/** Throws the error of a value that is not what was expected. */
export function refuse(code: ErrorCode, path: string, expected: string, value: unknown): never {
  const place = path === "" ? "the value" : path;
  throw new NearfeedError(code, `${place} must be ${expected}, got ${describe(value)}`, path === "" ? {} : { path });
}

/** A well-formed string of `min`–`max` UTF-16 units. `code` is the error of a longer one. */
export function string(limits: { max: number; min?: number; code?: ErrorCode }): Parser<string> {
  const { max, min = 0, code = "too_long" } = limits;
  const parser: Parser<string> = (value, path) => {
    if (typeof value !== "string") return refuse("wrong_type", path, "a string", value);
    if (value.length > max) return refuse(code, path, `at most ${max} characters`, value);
    if (value.length < min) return refuse("bad_value", path, `at least ${min} characters`, value);
    // A lone surrogate has no UTF-8 form, so it could be neither stored nor hashed.
    if (/[\ud800-\udfff]/u.test(value)) return refuse("bad_value", path, "well-formed Unicode", "a lone surrogate");
    return value;
  };
  return taking(parser, "string", limits);
}

/** A string that matches `pattern`; `expected` says so in words. */
export function matching(pattern: RegExp, expected: string): Parser<string> {
  const parser: Parser<string> = (value, path) => {
    if (typeof value !== "string") return refuse("wrong_type", path, expected, value);
    return pattern.test(value) ? value : refuse("bad_value", path, expected, value);
  };
  return taking(parser, "matching", pattern, expected);
}

/** A finite number in [min, max]. */
export function number(range: { min?: number; max?: number } = {}): Parser<number> {
  const { min = -Infinity, max = Infinity } = range;
  const parser: Parser<number> = (value, path) => {
    if (typeof value !== "number") return refuse("wrong_type", path, "a number", value);
    if (!Number.isFinite(value)) return refuse("not_finite", path, "a finite number", value);
    if (value < min || value > max) return refuse("bad_value", path, rangeText("a number", min, max), value);
    return value;
  };
  return taking(parser, "number", range);
}

/** A safe integer in [min, max]. */
export function integer(range: { min?: number; max?: number } = {}): Parser<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  const parser: Parser<number> = (value, path) => {
    if (typeof value !== "number") return refuse("wrong_type", path, "an integer", value);
    if (!Number.isFinite(value)) return refuse("not_finite", path, "an integer", value);
    if (!Number.isInteger(value) || value < min || value > max) {
      return refuse("bad_value", path, rangeText("an integer", min, max), value);
    }
    return value;
  };
  return taking(parser, "integer", range);
}

function rangeText(kind: string, min: number, max: number): string {
  if (max === Infinity || max === Number.MAX_SAFE_INTEGER) {
    return min === -Infinity || min === Number.MIN_SAFE_INTEGER ? kind : `${kind} of at least ${min}`;
  }
  return min === -Infinity || min === Number.MIN_SAFE_INTEGER
    ? `${kind} of at most ${max}`
    : `${kind} in ${min}–${max}`;
}

/** true or false. */
export const boolean: Parser<boolean> = taking(
  (value, path) => (typeof value === "boolean" ? value : refuse("wrong_type", path, "true or false", value)),
  "boolean",
);

/** One of a closed list of strings or numbers. */
export function oneOf<const T extends string | number>(values: readonly T[], code: ErrorCode = "bad_value"): Parser<T> {
  const parser: Parser<T> = (value, path) => {
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    const shown = values.map((each) => JSON.stringify(each)).join(", ");
    return refuse(code, path, values.length === 1 ? shown : `one of ${shown}`, value);
  };
  return taking(parser, "oneOf", values);
}

/** What `parser` takes, or null. */
export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  const wrapped: Parser<T | null> = (value, path) => (value === null ? null : parser(value, path));
  return taking(wrapped, "nullable", parser);
}

/** An array of at most `max` entries; entry i is parsed at `path[i]`. */
export function array<T>(entry: Parser<T>, limits: { max: number; min?: number }): Parser<T[]> {
  const { max, min = 0 } = limits;
  const parser: Parser<T[]> = (value, path) => {
    if (!Array.isArray(value)) return refuse("wrong_type", path, "an array", value);
    if (value.length > max) return refuse("too_many", path, `an array of at most ${max}`, value);
    if (value.length < min) return refuse("bad_value", path, `an array of at least ${min}`, value);
    return value.map((each: unknown, i) => entry(each, pathOf(path, i)));
  };
  return taking(parser, "array", entry, limits);
}

/** A vector of exactly `dim` finite numbers of magnitude ≤ `max`. */
export function vector(dim: number, max = Infinity): Parser<number[]> {
  const finite = number({ min: -max, max });
  const parser: Parser<number[]> = (value, path) => {
    if (!Array.isArray(value)) return refuse("wrong_type", path, `a vector of ${dim} numbers`, value);
    if (value.length !== dim) return refuse("bad_vector_length", path, `a vector of ${dim} numbers`, value);
    return value.map((each: unknown, i) => finite(each, pathOf(path, i)));
  };
  return taking(parser, "vector", dim, max);
}

/** An object with free keys (≤ `max` of them, each ≤ 128 characters). */
export function record<T>(entry: Parser<T>, limits: { max: number }): Parser<Record<string, T>> {
  const parser: Parser<Record<string, T>> = (value, path) => {
    const source = plainObject(value, path);
    const keys = Object.keys(source);
    if (keys.length > limits.max) return refuse("too_many", path, `an object of at most ${limits.max} keys`, value);
    const long = keys.find((key) => key.length > 128);
    if (long !== undefined) return refuse("unknown_field", pathOf(path, long), "absent", long);
    // Not by assignment: a category may have the name `__proto__`.
    return Object.fromEntries(keys.map((key) => [key, entry(source[key], pathOf(path, key))]));
  };
  return taking(parser, "record", entry, limits);
}

/** Any JSON, finite and at most 16 levels deep. */
export const json: Parser<Json> = taking((value, path) => parseJson(value, path, 0), "json");

/** A JSON object of any shape. */
export const jsonObject: Parser<JsonObject> = taking((value, path) => {
  plainObject(value, path);
  return parseJson(value, path, 0) as JsonObject;
}, "jsonObject");

function parseJson(value: unknown, path: string, depth: number): Json {
  if (depth > MAX_JSON_DEPTH) return refuse("bad_value", path, `at most ${MAX_JSON_DEPTH} levels deep`, "more");
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : refuse("not_finite", path, "finite", value);
  if (Array.isArray(value)) return value.map((each: unknown, i) => parseJson(each, pathOf(path, i), depth + 1));
  const source = plainObject(value, path);
  const result: JsonObject = {};
  for (const key of Object.keys(source)) {
    if (key === "__proto__") return refuse("unknown_field", pathOf(path, key), "absent", key);
    result[key] = parseJson(source[key], pathOf(path, key), depth + 1);
  }
  return result;
}

/** The value as an object with string keys, or wrong_type. */
export function plainObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("wrong_type", path, "an object", value);
  }
  return value as Record<string, unknown>;
}

/** What {@link optional} makes. */
export type OptionalParser<T> = Parser<T | undefined> & { readonly optional: true };

/** Marks a field of {@link object} that may be absent. */
export function optional<T>(parser: Parser<T>): OptionalParser<T> {
  const wrapped: Parser<T | undefined> = (value, path) => (value === undefined ? undefined : parser(value, path));
  return Object.assign(taking(wrapped, "optional", parser), { optional: true as const });
}

type Shape = Record<string, Parser<unknown>>;
type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K] extends OptionalParser<unknown> ? K : never }[keyof S];
type ObjectOf<S extends Shape> = { [K in Exclude<keyof S, OptionalKeys<S>>]: Parsed<S[K]> } & {
  [K in OptionalKeys<S>]?: Parsed<S[K]>;
} extends infer O
  ? { [K in keyof O]: O[K] }
  : never;

/** An object with exactly the fields of `shape`. An unknown field is an error: a typing mistake must not pass silently. */
export function object<const S extends Shape>(shape: S): Parser<ObjectOf<S>> {
  const fields = Object.keys(shape);
  const parser: Parser<ObjectOf<S>> = (value, path) => {
    const source = plainObject(value, path);
    for (const key of Object.keys(source)) {
      if (Object.hasOwn(shape, key)) continue;
      const where = pathOf(path, key);
      throw new NearfeedError("unknown_field", `${where} is not a known field, expected ${fields.join(", ")}`, {
        path: where,
      });
    }
    const result: Record<string, unknown> = {};
    for (const key of fields) {
      const field = shape[key] as Parser<unknown> & { optional?: true };
      const where = pathOf(path, key);
      if (source[key] === undefined) {
        if (field.optional === true) continue;
        throw new NearfeedError("missing_field", `${where} is required and absent`, { path: where });
      }
      result[key] = field(source[key], where);
    }
    return result as ObjectOf<S>;
  };
  return taking(parser, "object", shape);
}
