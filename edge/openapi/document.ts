// `GET /v1/openapi.json`: the API described, put together from the routes in words (routes.ts) and from the parsers that
// read what is sent (schemas.ts). Nothing is described twice.

import { ERROR_CODES } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import type { Parser } from "../../shared/parse.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol.ts";
import { reference, schemaOf } from "./json-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import { ROUTES_ABOUT } from "./routes.ts";
import type { Content, RouteAbout } from "./routes.ts";
import { EDGE_CODES, SCHEMAS } from "./schemas.ts";

/** Errors of every route. */
const OF_ALL: readonly ErrorCode[] = ["unknown_query", "bad_value", "internal", "bad_configuration"];

/** And of every route for these callers. */
const OF_CALLERS: Readonly<Record<RouteAbout["who"], readonly ErrorCode[]>> = {
  public: [],
  pages: ["forbidden_origin", "rate_limited"],
  secret: ["unauthorized"],
};

const PARAMETER = /:(\w+)/g;

/** The description, as OpenAPI 3.1. */
export function openapi(): JsonSchema {
  const named = new Map<Parser<unknown>, string>(Object.entries(SCHEMAS).map(([name, parser]) => [parser, name]));
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of ROUTES_ABOUT) {
    (paths[route.path.replace(PARAMETER, "{$1}")] ??= {})[route.method] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Nearfeed edge",
      version: String(PROTOCOL_VERSION),
      description: `${errorsInWords()}\n\nA path that does not exist is answered 404 \`not_found\`, a method that a route does not have 405 \`method_not_allowed\`.`,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, parser]) => [name, schemaOf(parser, named)])),
      securitySchemes: {
        secret: { type: "http", scheme: "bearer", description: "The publish secret." },
      },
    },
  };
}

/** The codes that a route may answer with. */
export function errorsOf({ who, errors }: RouteAbout): readonly ErrorCode[] {
  return [...new Set([...errors, ...OF_CALLERS[who], ...OF_ALL])];
}

function operation(route: RouteAbout): JsonSchema {
  const { method, path, who, about, query = {}, body, answers } = route;
  const parameters = [
    ...[...path.matchAll(PARAMETER)].map(([, name]) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
    })),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: "query",
      description,
      schema: { type: "string" },
    })),
  ];
  return {
    operationId: `${method}${path.replace(/[^a-z0-9]+(\w)/gi, (_, letter: string) => letter.toUpperCase())}`,
    summary: about,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, description: `At most ${body.maxBytes} bytes.`, ...content(body.content) },
    }),
    responses: {
      ...Object.fromEntries(
        answers.map((each) => [each.status, { description: each.about, ...content(each.content) }]),
      ),
      ...errorResponses(errorsOf(route)),
    },
    security: who === "secret" ? [{ secret: [] }] : [],
  };
}

function content(of: Content): JsonSchema {
  if (of === undefined) return {};
  if ("type" in of) return { content: { [of.type]: {} } };
  return { content: { "application/json": { schema: reference(of.json) } } };
}

/** One response a status, with the codes that it stands for. */
function errorResponses(codes: readonly ErrorCode[]): Record<string, JsonSchema> {
  return Object.fromEntries(
    [...byStatus(codes)].map(([status, here]) => {
      const schema = {
        allOf: [reference("Error")],
        properties: { error: { properties: { code: { enum: here } } } },
      };
      return [status, { description: here.join(", "), content: { "application/json": { schema } } }];
    }),
  );
}

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const statuses = [...new Set(codes.map((code) => ERROR_CODES[code]))].sort((a, b) => a - b);
  return new Map(statuses.map((status) => [status, codes.filter((code) => ERROR_CODES[code] === status)]));
}

function errorsInWords(): string {
  const lines = [...byStatus(EDGE_CODES)].map(
    ([status, codes]) => `- ${status}: ${codes.map((code) => `\`${code}\``).join(", ")}`,
  );
  return ["Every error is `{ error: { code, message, path?, hint? } }`. The codes, by status:", "", ...lines].join(
    "\n",
  );
}
