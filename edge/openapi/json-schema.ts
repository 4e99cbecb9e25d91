// From what a parser takes to a JSON Schema (draft 2020-12, as OpenAPI 3.1 has it). The parsers are the source: what they
// refuse, the schema refuses, but for the few checks across fields that a schema cannot say.

import type { Parser, Takes } from "../../shared/parse.ts";

/** A schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Parsers that are described once and referred to by name. */
export type Named = ReadonlyMap<Parser<unknown>, string>;

/** Longest name of a free key; see `record` of shared/parse.ts. */
const MAX_KEY_CHARS = 128;

/**
 * The schema of a parser.
 * @param named referred to as `#/components/schemas/<name>` wherever they stand, but for the parser itself
 * @throws Error where it, or one that it is made of, does not say what it takes
 */
export function schemaOf(parser: Parser<unknown>, named: Named): JsonSchema {
  if (parser.takes === undefined) throw new Error("a parser does not say what it takes");
  return describe(parser.takes, (part) => {
    const name = named.get(part);
    return name === undefined ? schemaOf(part, named) : reference(name);
  });
}

/** A reference to what is described elsewhere. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function describe(takes: Takes, schema: (part: Parser<unknown>) => JsonSchema): JsonSchema {
  switch (takes[0]) {
    case "string":
      return { type: "string", ...bounds("Length", takes[1]) };
    case "matching":
      return { type: "string", pattern: takes[1].source, description: takes[2] };
    case "number":
      return { type: "number", ...limit("minimum", takes[1].min), ...limit("maximum", takes[1].max) };
    case "integer": {
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = takes[1];
      return { type: "integer", minimum: min, maximum: max };
    }
    case "boolean":
      return { type: "boolean" };
    case "json":
      return {};
    case "jsonObject":
      return { type: "object" };
    case "oneOf":
      return takes[1].length === 1 ? { const: takes[1][0] } : { enum: takes[1] };
    case "array":
      return { type: "array", items: schema(takes[1]), ...bounds("Items", takes[2]) };
    case "vector":
      return {
        type: "array",
        items: { type: "number", minimum: -takes[2], maximum: takes[2] },
        ...bounds("Items", { min: takes[1], max: takes[1] }),
      };
    case "record":
      return {
        type: "object",
        additionalProperties: schema(takes[1]),
        propertyNames: { maxLength: MAX_KEY_CHARS },
        maxProperties: takes[2].max,
      };
    case "object":
      return objectSchema(takes[1], schema);
    case "nullable":
      return { anyOf: [schema(takes[1]!), { type: "null" }] };
    case "optional":
    case "same":
      return schema(takes[1]!);
    case "anyOf":
      return { anyOf: takes.slice(1).map((part) => schema(part as Parser<unknown>)) };
  }
}

function objectSchema(
  shape: Readonly<Record<string, Parser<unknown>>>,
  schema: (part: Parser<unknown>) => JsonSchema,
): JsonSchema {
  const fields = Object.entries(shape);
  const required = fields.filter(([, part]) => part.takes?.[0] !== "optional").map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(fields.map(([name, part]) => [name, schema(part)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function bounds(of: "Length" | "Items", { min, max }: { readonly min?: number; readonly max?: number }): JsonSchema {
  return { ...(min !== undefined && min > 0 && limit(`min${of}`, min)), ...limit(`max${of}`, max) };
}

/** Infinite bounds are none. */
function limit(keyword: string, value: number | undefined): JsonSchema | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : { [keyword]: value };
}
