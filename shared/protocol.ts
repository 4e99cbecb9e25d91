// What goes over HTTP between a device or publisher and the edge: routes, headers, limits, requests and answers.
// Candidates files and events have files of their own; the rules of HTTP (caching, CORS) are the edge's.

import { parseChannel } from "./channel.ts";
import type { Channel } from "./channel.ts";
import type { ErrorBody } from "./errors.ts";
import { filter } from "./filter.ts";
import type { Filter } from "./filter.ts";
import { id as idParser } from "./item.ts";
import { array, boolean, integer, nullable, object, optional, vector } from "./parse.ts";
import type { Parser } from "./parse.ts";
import { parseRelease, PROTOCOL_VERSION } from "./release.ts";
import type { Release } from "./release.ts";

export { PROTOCOL_VERSION };

/** What a request to the edge may hold. */
export const REQUEST_LIMITS = {
  /** Query vectors a retrieve request: taste, intent and a few of the encoder's. */
  queries: 8,
  /** Candidates an answer. */
  count: 1_000,
  /** Items whose neighbours a retrieve request may ask for: the last positives. */
  items: 10,
  /** Magnitude of one number of a query: far above any posterior, far below where float32 scores overflow. */
  magnitude: 1e6,
  /** Bytes of a retrieve body: 8 vectors of 1,024 numbers of 20 digits, and room. */
  retrieveBytes: 256 * 1024,
  /** Bytes of a request to forget: one token of 43 characters, and room. */
  forgetBytes: 1_024,
  /** Bytes of a request to put vectors: one number, and room. */
  vectorsBytes: 1_024,
  /** Bytes of a channel action: a hundred rules, and once more in the channel that is signed. */
  channelBytes: 64 * 1024,
} as const;

/** How many items the start pool holds. */
export const START_COUNT = 400;

/** How many items an answer of similar ones holds at most: a few screens of them. */
export const SIMILAR_COUNT = 100;

/** Header names that both sides use, in the case in which they are written. */
export const HEADERS = {
  /** The release that made an answer. */
  release: "Nearfeed-Release",
  /** The parts of the index that did not answer, by name, separated by commas; absent where all did. */
  missing: "Nearfeed-Missing",
} as const;

/** Media types of the answers that are not JSON. */
export const MEDIA_TYPES = { tensors: "application/octet-stream", events: "text/plain;charset=UTF-8" } as const;

/** The paths of the routes, relative to the endpoint. Ids and names are percent-encoded. */
export const ROUTES = {
  health: () => "/healthz",
  manifest: (channel: string) => `/v1/manifest?channel=${encodeURIComponent(channel)}`,
  blob: (sha256: string) => `/v1/blobs/${sha256}`,
  start: (release: string, place: { language?: string; region?: string } = {}) => {
    const query = [
      place.language === undefined ? "" : `language=${encodeURIComponent(place.language)}`,
      place.region === undefined ? "" : `region=${encodeURIComponent(place.region)}`,
    ].filter((each) => each !== "");
    return `/v1/${release}/start${query.length === 0 ? "" : `?${query.join("&")}`}`;
  },
  pool: (release: string, cell: number) => `/v1/${release}/pools/${cell}`,
  rows: (release: string, block: number) => `/v1/${release}/rows/${block}`,
  retrieve: (release: string) => `/v1/${release}/retrieve`,
  similar: (release: string, item: string) => `/v1/${release}/similar/${encodeURIComponent(item)}`,
  events: () => "/v1/events",
  forget: () => "/v1/forget",
  release: (id: string) => `/v1/releases/${id}`,
  vectors: (release: string) => `/v1/releases/${release}/vectors`,
  channel: (name: string) => `/v1/channels/${name}`,
  logs: (after?: string) => (after === undefined ? "/v1/logs" : `/v1/logs?after=${encodeURIComponent(after)}`),
  logPart: (name: string) => `/v1/logs/${name}`,
  compactLogs: () => "/v1/logs/compact",
  metrics: () => "/v1/metrics",
} as const;

/** `GET /v1/manifest`: what a device follows. */
export interface Manifest {
  channel: Channel;
  /** The active release, whole. */
  release: Release;
  /** Ids of items to hide at once, whatever the release says. */
  tombstones: string[];
}

/** The sources of a retrieve answer beside the nearest, which fill what these leave. */
export const QUOTED_SOURCES = ["similar", "trending", "fresh", "popular", "explore"] as const;

/** Places of an answer that are kept for a source, where it finds so many. */
export type Quotas = Partial<Record<(typeof QUOTED_SOURCES)[number], number>>;

/** `POST /v1/:release/retrieve`; the answer is a candidates file. */
export interface RetrieveRequest {
  /** The space of the query vectors. */
  space: string;
  /** 1–8 vectors of d finite numbers; the nearest of each are united. May be empty where `items` is given. */
  queries: number[][]; // [q, d]
  /** How many candidates, 1–1,000. */
  count: number;
  filter?: Filter;
  /** Ids of recent positives; their stored neighbours join the candidates. */
  items?: string[];
  /** Places by source, together at most `count`; a source that is not given has the edge's share. */
  quotas?: Quotas;
  /** True: the answer carries the display data of the candidates too. */
  catalog?: boolean;
}

/** `POST /v1/events`, status 202: one verdict an event, in order. */
export interface EventsAnswer {
  accepted: number;
  refused: number;
  verdicts: (
    | { index: number; id: string; accepted: true }
    | ({ index: number; id?: string; accepted: false } & ErrorBody)
  )[];
}

/** `POST /v1/forget`: the token (32 bytes as base64url) of the subject whose events are to be deleted. */
export interface ForgetRequest {
  token: string;
}

/** `POST /v1/forget`, status 202: what is deleted. Events of the subject that come later are answered 202 and dropped. */
export interface ForgetAnswer {
  subject: string;
}

/** `PUT /v1/blobs/:sha256` and `PUT /v1/releases/:id`: stored anew (201) or already there (200). */
export interface PutAnswer {
  id: string;
  bytes: number;
  created: boolean;
}

/** `POST /v1/releases/:id/vectors`: where the last step ended, 0 for the first. */
export interface VectorsRequest {
  from: number;
}

/** `POST /v1/releases/:id/vectors`: how far the vectors of a release are in the index that the edge searches. */
export interface VectorsAnswer {
  /** Items of the release. */
  items: number;
  /** The `from` of the next step; null where all are sent. */
  next: number | null;
  /** True once all can be found, and where the edge searches in memory; until then ask again. */
  ready: boolean;
}

/** `GET /healthz`. */
export interface HealthAnswer {
  ok: true;
  protocol: typeof PROTOCOL_VERSION;
}

const manifestParser = object({
  channel: (value, path) => parseChannel(value, path),
  release: (value, path) => parseRelease(value, path),
  tombstones: array(idParser, { max: 100_000 }),
});

/** Parses a manifest; errors carry the path. */
export function parseManifest(value: unknown): Manifest {
  return manifestParser(value, "");
}

const count = integer({ min: 0 });
const vectorsRequest: Parser<VectorsRequest> = object({ from: count });
const vectorsAnswer: Parser<VectorsAnswer> = object({ items: count, next: nullable(count), ready: boolean });

/** Parses a request to put vectors. */
export function parseVectorsRequest(value: unknown): VectorsRequest {
  return vectorsRequest(value, "");
}

/** Parses the answer to one. */
export function parseVectorsAnswer(value: unknown): VectorsAnswer {
  return vectorsAnswer(value, "");
}

const places = integer({ min: 0, max: REQUEST_LIMITS.count });

const quotas: Parser<Quotas> = object({
  similar: optional(places),
  trending: optional(places),
  fresh: optional(places),
  popular: optional(places),
  explore: optional(places),
});

/** Parses a retrieve request whose vectors must have dimension `dim`. */
export function parseRetrieveRequest(value: unknown, dim: number): RetrieveRequest {
  return object({
    space: idParser,
    queries: array(vector(dim, REQUEST_LIMITS.magnitude), { max: REQUEST_LIMITS.queries }),
    count: integer({ min: 1, max: REQUEST_LIMITS.count }),
    filter: optional(filter),
    items: optional(array(idParser, { max: REQUEST_LIMITS.items })),
    quotas: optional(quotas),
    catalog: optional(boolean),
  })(value, "");
}
