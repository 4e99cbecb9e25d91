import { Validator as SchemaValidator } from "@cfworker/json-schema";
import { Validator } from "@seriousme/openapi-schema-validator";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorsOf, openapi } from "../../../edge/openapi/document.ts";
import { schemaOf } from "../../../edge/openapi/json-schema.ts";
import { ROUTES_ABOUT } from "../../../edge/openapi/routes.ts";
import { EDGE_CODES, SCHEMAS } from "../../../edge/openapi/schemas.ts";
import type { SchemaName } from "../../../edge/openapi/schemas.ts";
import { activate } from "../../../shared/channel.ts";
import { ERROR_CODES } from "../../../shared/errors.ts";
import {
  array,
  boolean,
  integer,
  json,
  jsonObject,
  matching,
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
import { createUlid } from "../../../shared/ulid.ts";
import { smallRelease } from "../../harness/small-release.ts";

const document = openapi() as {
  readonly paths: Record<string, Record<string, { operationId: string; responses: Record<string, object> }>>;
  readonly components: { readonly schemas: Record<string, object> };
};

/** The validator of a named schema, with all the others it refers to. */
function validatorOf(schema: object): SchemaValidator {
  return new SchemaValidator({ ...schema, components: document.components } as object, "2020-12", false);
}

function takes(parser: Parser<unknown>, value: unknown): boolean {
  try {
    parser(value, "");
    return true;
  } catch {
    return false;
  }
}

describe("the description", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(
      JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
    );
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test("gives every operation a name of its own", () => {
    const names = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("postV1ReleaseRetrieve");
  });

  test("has every code that is ever on the wire, at its status", () => {
    const described = new Set(ROUTES_ABOUT.flatMap(errorsOf));
    // These two are of no route: there is none, or not for the method.
    for (const code of EDGE_CODES.filter((each) => each !== "not_found" && each !== "method_not_allowed")) {
      // A device speaks of events that are too old, in verdicts.
      if (code !== "too_old") expect([...described], code).toContain(code);
    }
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { responses } of Object.values(methods)) {
        for (const [status, response] of Object.entries(responses)) {
          for (const code of JSON.stringify(response)
            .match(/(?<="description":")[a-z_, ]+(?=")/)?.[0]
            .split(", ") ?? []) {
            if (Object.hasOwn(ERROR_CODES, code))
              expect([path, code, String(ERROR_CODES[code as "internal"])]).toEqual([path, code, status]);
          }
        }
      }
    }
  });
});

describe("a schema that is made of a parser", () => {
  const odd = fc.oneof(
    // The validator loses itself where a key is __proto__.
    {
      weight: 3,
      arbitrary: fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes("__proto__")),
    },
    fc.constantFrom<unknown>(
      "",
      "a",
      "abc",
      "abcd",
      "x1",
      "one",
      0,
      1,
      2.5,
      -1,
      3,
      100,
      [],
      [1],
      [1, 2],
      [1, 2, 3],
      {},
      null,
      true,
    ),
    fc.record(
      { a: fc.constantFrom<unknown>("one", "abcd", 1, null), b: fc.constantFrom<unknown>(1, -1, "x", [1]) },
      { requiredKeys: [] },
    ),
    fc.dictionary(fc.constantFrom("a", "b", "c", "x".repeat(129)), fc.constantFrom<unknown>(0, 2, "y")),
  );
  test.each<[string, Parser<unknown>]>([
    ["string", string({ min: 1, max: 3 })],
    ["matching", matching(/^[a-z]\d$/, "a letter and a digit")],
    ["number", number({ min: 0, max: 2.5 })],
    ["number without bounds", number()],
    ["integer", integer({ min: 0 })],
    ["boolean", boolean],
    ["oneOf", oneOf(["one", 3])],
    ["one value", oneOf(["one"])],
    ["nullable", nullable(string({ max: 3 }))],
    ["array", array(integer({ min: 0 }), { min: 1, max: 2 })],
    ["vector", vector(2, 2)],
    ["record", record(number({ max: 1 }), { max: 2 })],
    ["object", object({ a: string({ max: 3 }), b: optional(number({ min: 0 })) })],
    [
      "an object of objects",
      object({ a: optional(nullable(string({ max: 4 }))), b: optional(array(boolean, { max: 1 })) }),
    ],
    ["json", json],
    ["any object", jsonObject],
  ])("takes what the parser takes, and nothing else: %s", (_, parser) => {
    const validator = validatorOf(schemaOf(parser, new Map()));
    let taken = 0;
    fc.assert(
      fc.property(odd, (value) => {
        const expected = takes(parser, value);
        if (expected) taken++;
        expect(validator.validate(value).valid).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  test("is refused where a parser says nothing of itself, however deep it lies", () => {
    const silent: Parser<number> = () => 1;
    for (const parser of [silent, object({ a: silent }), array(optional(silent), { max: 1 })]) {
      expect(() => schemaOf(parser, new Map())).toThrow("does not say");
    }
  });
});

describe("the named schemas", async () => {
  const { release } = await smallRelease();
  const channel = {
    ...activate(null, "stable", release.id, 1_800_000_000_000),
    canary: { release: "a".repeat(32), percent: 5 },
  };
  const event = { id: createUlid(Date.now, Math.random)(), type: "view", item: "i", at: 1, dwellMs: 3, fraction: 0.5 };
  const samples: Partial<Record<SchemaName, unknown>> = {
    Manifest: { channel, release, canary: release, tombstones: ["i"] },
    Channel: { ...channel, rules: [{ kind: "pin", item: "i", position: 0, until: 1 }] },
    ChannelAction: { action: "canary", release: release.id, percent: 10, expect: 1 },
    Release: release,
    RetrieveRequest: {
      space: "s",
      queries: [[1, 2]],
      count: 3,
      filter: { language: "de", categories: { any: ["a"] } },
      items: ["i"],
    },
    Event: event,
    Envelope: { v: 1, key: "k", release: "r", surface: "s", subject: "u", utcOffsetMinutes: 60, events: [event] },
    ForgetRequest: { token: "A".repeat(43) },
    GarbageRequest: { after: "blobs/x", dryRun: true },
    Error: { error: { code: "bad_value", message: "m", path: "p" } },
  };

  test.each(Object.entries(samples))("take what is sent: %s", (name, sample) => {
    expect(validatorOf(document.components.schemas[name]!).validate(JSON.parse(JSON.stringify(sample))).errors).toEqual(
      [],
    );
  });

  /** Every place in a JSON value. */
  function places(value: unknown, path: string[] = []): string[][] {
    if (typeof value !== "object" || value === null) return [path];
    return [path, ...Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]))];
  }
  function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
      string,
      unknown
    >;
    copy[key] = replaced(copy[key], rest, by);
    return copy;
  }

  test("refuse nothing that its parser takes, whatever is put in whichever place", () => {
    const validators = new Map(
      Object.keys(samples).map((name) => [name, validatorOf(document.components.schemas[name]!)]),
    );
    const outcomes = { both: 0, neither: 0, parserOnly: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(samples) as SchemaName[])),
        fc.nat(),
        fc.oneof(
          fc.jsonValue({ maxDepth: 1 }),
          fc.constantFrom<unknown>(0, 1, 0.5, "a", null, [], {}, "a".repeat(32), true),
        ),
        (name, place, by) => {
          const sample = JSON.parse(JSON.stringify(samples[name])) as unknown;
          const all = places(sample);
          const value = replaced(sample, all[place % all.length]!, by);
          const byParser = takes(SCHEMAS[name], value);
          const bySchema = validators.get(name)!.validate(value).valid;
          if (byParser) expect(bySchema, name).toBe(true);
          outcomes[byParser ? "both" : bySchema ? "parserOnly" : "neither"]++;
        },
      ),
      { numRuns: 3_000 },
    );
    // What only the parser refuses are the checks across fields, which are few.
    expect(outcomes.parserOnly).toBeLessThan(outcomes.neither / 20);
    expect(outcomes.both).toBeGreaterThan(100);
  });
});
