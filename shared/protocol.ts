// What goes over HTTP between a device or publisher and the edge: routes, headers, limits, requests and answers.
// Candidates files and events have files of their own; the rules of HTTP (caching, CORS) are the edge's.

import type { Channel } from "./channel.ts";
import type { ErrorBody } from "./errors.ts";
import type { Filter } from "./filter.ts";
import { vector } from "./parse.ts";
import { manifestBody, retrieveBody, vectorsAnswerBody, vectorsRequestBody } from "./protocol-bodies.ts";
import { PROTOCOL_VERSION } from "./release.ts";
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
  /** Items a request to put items. */
  putItems: 500,
  /** Bytes of a request to put items: 500 of 2 kB. */
  putItemsBytes: 1024 * 1024,
  /** Bytes of a request to forget: one token of 43 characters, and room. */
  forgetBytes: 1_024,
  /** Bytes of a request to put vectors: one number, and room. */
  vectorsBytes: 1_024,
  /** Bytes of a channel action: a hundred rules, and once more in the channel that is signed. */
  channelBytes: 64 * 1024,
  /** Bytes of a request to collect garbage: one key, and room. */
  garbageBytes: 8 * 1024,
} as const;

/** How many items the start pool holds. */
export const START_COUNT = 400;

/** How many items an answer of similar ones holds at most: a few screens of them. */
export const SIMILAR_COUNT = 100;

/** How many items a list of what trends holds at most. */
export const TRENDING_COUNT = 100;

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
  openapi: () => "/v1/openapi.json",
  manifest: (channel: string) => `/v1/manifest?channel=${encodeURIComponent(channel)}`,
  blob: (sha256: string) => `/v1/blobs/${sha256}`,
  start: (release: string, place: { language?: string; region?: string } = {}) =>
    withQuery(`/v1/${release}/start`, { language: place.language, region: place.region }),
  pool: (release: string, cell: number) => `/v1/${release}/pools/${cell}`,
  rows: (release: string, block: number) => `/v1/${release}/rows/${block}`,
  retrieve: (release: string) => `/v1/${release}/retrieve`,
  similar: (release: string, item: string) => `/v1/${release}/similar/${encodeURIComponent(item)}`,
  trending: (list: { surface?: string; region?: string } = {}) => withQuery("/v1/trending", list),
  events: () => "/v1/events",
  forget: () => "/v1/forget",
  release: (id: string) => `/v1/releases/${id}`,
  vectors: (release: string) => `/v1/releases/${release}/vectors`,
  channel: (name: string) => `/v1/channels/${name}`,
  garbage: () => "/v1/gc",
  items: () => "/v1/items",
  item: (id: string) => `/v1/items/${encodeURIComponent(id)}`,
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
  /** The canary's release, whole; absent where there is none. A device decides by itself which of the two it takes. */
  canary?: Release;
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

/** `GET /v1/trending`: what most people wanted lately, on a surface or on all, in a region or everywhere. */
export interface TrendingAnswer {
  /** The highest scores first. */
  items: TrendingItem[];
}

/** An item that trends. */
export interface TrendingItem {
  item: string;
  /** How many people wanted it, each by half less for every six hours since. */
  score: number;
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

/**
 * `PUT /v1/items`: what became of each item, in order. `live`: it is in lists within a second. `released`: every served
 * release has it, so it is as the release says until the next one; if it was deleted, it is back.
 */
export interface PutItemsAnswer {
  items: { id: string; state: "live" | "released" }[];
}

/** `DELETE /v1/items/:id`. */
export interface DeleteItemAnswer {
  id: string;
  state: "deleted";
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

/** A path with those keys of a query that are given. */
function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? path : `${path}?${given.join("&")}`;
}

/** Parses a manifest; errors carry the path. */
export function parseManifest(value: unknown): Manifest {
  return manifestBody(value, "");
}

/** Parses a request to put vectors. */
export function parseVectorsRequest(value: unknown): VectorsRequest {
  return vectorsRequestBody(value, "");
}

/** Parses the answer to one. */
export function parseVectorsAnswer(value: unknown): VectorsAnswer {
  return vectorsAnswerBody(value, "");
}

/** Parses a retrieve request whose vectors must have dimension `dim`. */
export function parseRetrieveRequest(value: unknown, dim: number): RetrieveRequest {
  return retrieveBody(vector(dim, REQUEST_LIMITS.magnitude), REQUEST_LIMITS)(value, "");
}
