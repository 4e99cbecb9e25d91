// The parsers behind the protocol's functions, for whoever describes them. What their results mean is said in protocol.ts.

import { channelParser } from "./channel.ts";
import { filter } from "./filter.ts";
import { id } from "./item.ts";
import { array, boolean, integer, nullable, object, optional } from "./parse.ts";
import type { Parser } from "./parse.ts";
import type { Manifest, Quotas, RetrieveRequest, VectorsAnswer, VectorsRequest } from "./protocol.ts";
import { releaseParser } from "./release.ts";

/** Parses a manifest. */
export const manifestBody: Parser<Manifest> = object({
  channel: channelParser,
  release: releaseParser,
  canary: optional(releaseParser),
  tombstones: array(id, { max: 100_000 }),
});

/** Parses the places that sources are given in an answer of at most `count`. */
function quotasBody(count: number): Parser<Quotas> {
  const places = optional(integer({ min: 0, max: count }));
  return object({ similar: places, trending: places, fresh: places, popular: places, explore: places });
}

/** Parses a retrieve request; `query` parses one of its vectors. */
export function retrieveBody(
  query: Parser<number[]>,
  limits: { readonly queries: number; readonly count: number; readonly items: number },
): Parser<RetrieveRequest> {
  return object({
    space: id,
    queries: array(query, { max: limits.queries }),
    count: integer({ min: 1, max: limits.count }),
    filter: optional(filter),
    items: optional(array(id, { max: limits.items })),
    quotas: optional(quotasBody(limits.count)),
    catalog: optional(boolean),
  });
}

/** Parses a request to put vectors. */
export const vectorsRequestBody: Parser<VectorsRequest> = object({ from: integer({ min: 0 }) });

/** Parses the answer to one. */
export const vectorsAnswerBody: Parser<VectorsAnswer> = object({
  items: integer({ min: 0 }),
  next: nullable(integer({ min: 0 })),
  ready: boolean,
});
