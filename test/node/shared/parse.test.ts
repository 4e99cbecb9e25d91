import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ERROR_CODES, errorBody, errorFromBody, isErrorCode, NearfeedError } from "../../../shared/errors.ts";
import {
  array,
  describe as shown,
  integer,
  json,
  jsonObject,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  string,
  vector,
} from "../../../shared/parse.ts";
import type { Parser } from "../../../shared/parse.ts";

const shape = object({
  name: string({ min: 1, max: 5 }),
  size: optional(integer({ min: 0, max: 9 })),
  kind: oneOf(["a", "b"]),
  parts: array(object({ at: number() }), { max: 2 }),
  note: nullable(string({ max: 3 })),
});
const good = { name: "n", kind: "a", parts: [{ at: 1 }, { at: 2.5 }], note: null };

function errorOf(parser: Parser<unknown>, value: unknown): [string, string | undefined] | null {
  try {
    parser(value, "");
    return null;
  } catch (error) {
    return error instanceof NearfeedError ? [error.code, error.path] : ["another error", String(error)];
  }
}

describe("a parser", () => {
  test("returns what is good, without what is absent", () => {
    expect(shape(good, "")).toEqual(good);
    expect(shape({ ...good, size: 3 }, "")).toEqual({ ...good, size: 3 });
    expect(Object.hasOwn(shape({ ...good, size: undefined }, ""), "size")).toBe(false);
  });

  test.each([
    [null, "wrong_type", undefined],
    [[], "wrong_type", undefined],
    [{ ...good, name: undefined }, "missing_field", "name"],
    [{ ...good, nme: 1 }, "unknown_field", "nme"],
    [{ ...good, "odd key": 1 }, "unknown_field", '["odd key"]'],
    [{ ...good, name: 5 }, "wrong_type", "name"],
    [{ ...good, name: "" }, "bad_value", "name"],
    [{ ...good, name: "toolong" }, "too_long", "name"],
    [{ ...good, name: "\ud800" }, "bad_value", "name"],
    [{ ...good, size: "3" }, "wrong_type", "size"],
    [{ ...good, size: 1.5 }, "bad_value", "size"],
    [{ ...good, size: 10 }, "bad_value", "size"],
    [{ ...good, size: null }, "wrong_type", "size"],
    [{ ...good, kind: "c" }, "bad_value", "kind"],
    [{ ...good, parts: [{ at: 1 }, { at: Number.NaN }] }, "not_finite", "parts[1].at"],
    [{ ...good, parts: [{ at: -Infinity }] }, "not_finite", "parts[0].at"],
    [{ ...good, parts: [{}] }, "missing_field", "parts[0].at"],
    [{ ...good, parts: {} }, "wrong_type", "parts"],
    [{ ...good, parts: [1, 2, 3].map((at) => ({ at })) }, "too_many", "parts"],
    [{ ...good, note: 1 }, "wrong_type", "note"],
    [JSON.parse('{"__proto__":{"name":"n"}}'), "unknown_field", "__proto__"],
  ])("names what is wrong and where: %#", (value, code, path) => {
    expect(errorOf(shape, value)).toEqual([code, path]);
  });

  test("throws nothing but NearfeedErrors, whatever it is given", () => {
    const parsers: Parser<unknown>[] = [
      shape,
      json,
      jsonObject,
      vector(2),
      record(number(), { max: 3 }),
      oneOf([1, 2]),
      string({ max: 3 }),
    ];
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }), (value) => {
        for (const parser of parsers) {
          const error = errorOf(parser, value);
          expect(error === null || isErrorCode(error[0])).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a vector", () => {
  test("has exactly its dimension, of finite numbers", () => {
    expect(vector(2)([1, -2.5], "q")).toEqual([1, -2.5]);
    expect(errorOf(vector(2), [1])).toEqual(["bad_vector_length", undefined]);
    expect(errorOf(vector(2), [1, Number.NaN])).toEqual(["not_finite", "[1]"]);
    expect(errorOf(vector(2), [1, "2"])).toEqual(["wrong_type", "[1]"]);
    expect(errorOf(vector(2, 10), [1, 11])).toEqual(["bad_value", "[1]"]);
  });
});

describe("free JSON", () => {
  test("is kept as it is, within a depth", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__"'));
        expect(json(value, "")).toEqual(value);
      }),
    );
    expect(errorOf(json, JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`))?.[0]).toBe("bad_value");
    expect(errorOf(json, undefined)?.[0]).toBe("wrong_type");
    expect(errorOf(jsonObject, [])?.[0]).toBe("wrong_type");
  });
});

test("messages show short values and only describe long ones", () => {
  expect(shown("short")).toBe('"short"');
  expect(shown("x".repeat(1_000))).toBe("a string of 1000 characters");
  expect(shown([1, 2])).toBe("an array of 2");
});

describe("errors", () => {
  test("travel as JSON and come back", () => {
    const error = new NearfeedError("bad_value", "what happened", { path: "a.b", hint: "do this" });
    const back = errorFromBody(JSON.parse(JSON.stringify(errorBody(error))));
    expect(back).toMatchObject({ code: "bad_value", message: "what happened", path: "a.b", hint: "do this" });
    expect(errorBody(new NearfeedError("internal", "m"))).toEqual({ error: { code: "internal", message: "m" } });
  });

  test("of an unknown code or another shape do not pass for ours", () => {
    for (const body of [
      null,
      1,
      {},
      { error: null },
      { error: { code: "toString" } },
      { error: { code: "made_up" } },
    ]) {
      expect(errorFromBody(body)).toBeUndefined();
    }
  });

  test("have a status that HTTP knows, or none", () => {
    for (const status of Object.values(ERROR_CODES)) {
      expect(status === 0 || (status >= 400 && status < 600)).toBe(true);
    }
  });
});
