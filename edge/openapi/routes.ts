// Every route in words: who may call it, with what, and what it answers. A test compares it with the routes of app.ts and
// with real answers; how the description is put together is document.ts.

import type { ErrorCode } from "../../shared/errors.ts";
import { EVENT_LIMITS } from "../../shared/event.ts";
import { MEDIA_TYPES, REQUEST_LIMITS, SIMILAR_COUNT, START_COUNT } from "../../shared/protocol.ts";
import { MAX_BLOB_BYTES, MAX_RELEASE_BYTES } from "../../shared/release.ts";
import type { SchemaName } from "./schemas.ts";

/** What an answer holds: JSON of a schema, another media type, or nothing. */
export type Content = { readonly json: SchemaName } | { readonly type: string } | undefined;

/** An answer that is no error. */
export interface GoodAnswer {
  readonly status: number;
  readonly about: string;
  readonly content?: Content;
}

/** One route. */
export interface RouteAbout {
  readonly method: "get" | "post" | "put" | "delete";
  /** As in app.ts. */
  readonly path: string;
  readonly who: "public" | "pages" | "secret";
  readonly about: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly content: NonNullable<Content>; readonly maxBytes: number };
  readonly answers: readonly GoodAnswer[];
  /** Beyond those of every route of its kind. */
  readonly errors: readonly ErrorCode[];
}

const TENSORS: Content = { type: MEDIA_TYPES.tensors };
const CANDIDATES = "A candidates file: safetensors, described in the protocol.";
const UNCHANGED: GoodAnswer = { status: 304, about: "What the caller has is still so." };

/** What any release route may answer. */
const OF_RELEASE = ["unknown_release", "stale_release", "bad_release"] as const satisfies ErrorCode[];

/** What any JSON body may be refused for. */
const OF_JSON = [
  "bad_json",
  "bad_media_type",
  "too_large",
  "wrong_type",
  "missing_field",
  "unknown_field",
  "bad_value",
] as const satisfies ErrorCode[];

/** What the routes of the publisher may answer while garbage is collected, or while something is away. */
const OF_BUCKET = ["unavailable"] as const satisfies ErrorCode[];

/** The routes, in the order of app.ts. */
export const ROUTES_ABOUT: readonly RouteAbout[] = [
  {
    method: "get",
    path: "/healthz",
    who: "public",
    about: "Says that the edge runs, and which protocol it speaks.",
    answers: [{ status: 200, about: "It runs.", content: { json: "Health" } }],
    errors: [],
  },
  {
    method: "get",
    path: "/v1/openapi.json",
    who: "public",
    about: "This description.",
    answers: [{ status: 200, about: "OpenAPI 3.1.", content: { type: "application/json" } }],
    errors: [],
  },
  {
    method: "get",
    path: "/v1/manifest",
    who: "public",
    about: "What a device follows: a channel, its release, and the canary's where there is one.",
    query: { channel: "The channel; `stable` unless given." },
    answers: [{ status: 200, about: "The manifest.", content: { json: "Manifest" } }, UNCHANGED],
    errors: ["unknown_channel", "bad_release"],
  },
  {
    method: "get",
    path: "/v1/blobs/:sha256",
    who: "public",
    about: "A file of a release, by its hash. Takes Range, If-Range and If-None-Match.",
    answers: [
      { status: 200, about: "All of it.", content: TENSORS },
      { status: 206, about: "The range that was asked for.", content: TENSORS },
      UNCHANGED,
    ],
    errors: ["unknown_blob", "bad_range"],
  },
  {
    method: "get",
    path: "/v1/:release/start",
    who: "public",
    about: `The start pool: up to ${START_COUNT} popular and new items of a language and a region.`,
    query: { language: "One of the release's languages.", region: "One of the release's regions." },
    answers: [{ status: 200, about: CANDIDATES, content: TENSORS }],
    errors: OF_RELEASE,
  },
  {
    method: "get",
    path: "/v1/:release/pools/:cell",
    who: "public",
    about: "The items of one interest cell, with their neighbours.",
    answers: [{ status: 200, about: CANDIDATES, content: TENSORS }, UNCHANGED],
    errors: [...OF_RELEASE, "unknown_cell"],
  },
  {
    method: "get",
    path: "/v1/:release/rows/:block",
    who: "public",
    about: "Vectors and neighbours of the items whose ids hash to one block.",
    answers: [{ status: 200, about: CANDIDATES, content: TENSORS }, UNCHANGED],
    errors: [...OF_RELEASE, "unknown_block"],
  },
  {
    method: "get",
    path: "/v1/:release/similar/:item",
    who: "public",
    about: `Up to ${SIMILAR_COUNT} items like one.`,
    answers: [{ status: 200, about: CANDIDATES, content: TENSORS }],
    errors: [...OF_RELEASE, "unknown_item", "bad_value", "id_too_long", "rate_limited", "unavailable"],
  },
  {
    method: "get",
    path: "/v1/trending",
    who: "public",
    about: "What trends, the most wanted first: counts that fade by half in six hours.",
    query: { surface: "On this surface; on all unless given.", region: "In this region; everywhere unless given." },
    answers: [{ status: 200, about: "Items that three people or more wanted.", content: { json: "TrendingAnswer" } }],
    errors: ["bad_value", "id_too_long", "too_long", "rate_limited", "unavailable"],
  },
  {
    method: "post",
    path: "/v1/:release/retrieve",
    who: "pages",
    about:
      "Candidates of all sources: near some query vectors, like some items, trending, new, popular, little known. Nothing of it is kept.",
    body: { content: { json: "RetrieveRequest" }, maxBytes: REQUEST_LIMITS.retrieveBytes },
    answers: [{ status: 200, about: CANDIDATES, content: TENSORS }],
    errors: [
      ...OF_RELEASE,
      ...OF_JSON,
      "not_finite",
      "id_too_long",
      "too_long",
      "too_many",
      "bad_vector_length",
      "wrong_space",
    ],
  },
  {
    method: "post",
    path: "/v1/events",
    who: "pages",
    about: "Takes events. 202 means kept; each event has a verdict of its own, and one that is sent again counts once.",
    body: { content: { json: "Envelope" }, maxBytes: EVENT_LIMITS.bodyBytes },
    answers: [{ status: 202, about: "A verdict an event, in order.", content: { json: "EventsAnswer" } }],
    errors: [
      ...OF_JSON,
      "bad_key",
      "wrong_version",
      "not_finite",
      "id_too_long",
      "too_long",
      "too_many",
      "unavailable",
    ],
  },
  {
    method: "post",
    path: "/v1/forget",
    who: "pages",
    about: "Deletes what was uploaded under the id that a token stands for, within a day.",
    body: { content: { json: "ForgetRequest" }, maxBytes: REQUEST_LIMITS.forgetBytes },
    answers: [
      { status: 202, about: "Recorded; later events of the id are dropped.", content: { json: "ForgetAnswer" } },
    ],
    errors: [...OF_JSON, "unavailable"],
  },
  {
    method: "put",
    path: "/v1/blobs/:sha256",
    who: "secret",
    about: "Stores a file of a release, if it has the hash of its address. Needs a Content-Length.",
    body: { content: { type: MEDIA_TYPES.tensors }, maxBytes: MAX_BLOB_BYTES },
    answers: [
      { status: 201, about: "Stored.", content: { json: "PutAnswer" } },
      { status: 200, about: "It was there.", content: { json: "PutAnswer" } },
    ],
    errors: [...OF_BUCKET, "bad_value", "length_required", "too_large", "bad_media_type", "hash_mismatch"],
  },
  {
    method: "put",
    path: "/v1/releases/:id",
    who: "secret",
    about: "Stores a release, once all its files are there and fit together.",
    body: { content: { json: "Release" }, maxBytes: MAX_RELEASE_BYTES },
    answers: [
      { status: 201, about: "Stored.", content: { json: "PutAnswer" } },
      { status: 200, about: "It was there.", content: { json: "PutAnswer" } },
    ],
    errors: [
      ...OF_BUCKET,
      ...OF_JSON,
      "not_finite",
      "id_too_long",
      "too_long",
      "too_many",
      "bad_vector_length",
      "wrong_space",
      "wrong_version",
      "incomplete_release",
      "bad_format",
      "bad_release",
      "hash_mismatch",
    ],
  },
  {
    method: "post",
    path: "/v1/releases/:id/vectors",
    who: "secret",
    about: "One step of putting the vectors of a release where the edge searches them outside its memory.",
    body: { content: { json: "VectorsRequest" }, maxBytes: REQUEST_LIMITS.vectorsBytes },
    answers: [{ status: 200, about: "How far they are.", content: { json: "VectorsAnswer" } }],
    errors: [...OF_BUCKET, ...OF_JSON, "unknown_release", "bad_release"],
  },
  {
    method: "get",
    path: "/v1/channels/:name",
    who: "secret",
    about: "A channel alone.",
    answers: [{ status: 200, about: "The channel.", content: { json: "Channel" } }],
    errors: ["unknown_channel", "bad_release"],
  },
  {
    method: "post",
    path: "/v1/channels/:name",
    who: "secret",
    about: "Activates a release, rolls back, starts or ends a canary, or sets rules; on the state that `expect` names.",
    body: { content: { json: "ChannelAction" }, maxBytes: REQUEST_LIMITS.channelBytes },
    answers: [{ status: 200, about: "The channel as it is now.", content: { json: "Channel" } }],
    errors: [
      ...OF_BUCKET,
      ...OF_JSON,
      "not_finite",
      "id_too_long",
      "too_long",
      "too_many",
      "wrong_version",
      "unknown_channel",
      "unknown_release",
      "sequence_conflict",
      "no_previous",
      "no_canary",
      "bad_release",
    ],
  },
  {
    method: "put",
    path: "/v1/items",
    who: "secret",
    about: "Adds or changes an item or a list of them, all or none; they are in lists within a second.",
    body: { content: { json: "PutItems" }, maxBytes: REQUEST_LIMITS.putItemsBytes },
    answers: [{ status: 200, about: "What became of each.", content: { json: "PutItemsAnswer" } }],
    errors: [...OF_JSON, "id_too_long", "too_long", "too_many", "unknown_channel", "bad_release", "unavailable"],
  },
  {
    method: "delete",
    path: "/v1/items/:id",
    who: "secret",
    about: "Hides an item: in no list within a second, and hidden on devices with their next manifest.",
    answers: [{ status: 200, about: "It is hidden.", content: { json: "DeleteItemAnswer" } }],
    errors: ["id_too_long", "unknown_item", "too_many", "unavailable"],
  },
  {
    method: "post",
    path: "/v1/gc",
    who: "secret",
    about: "One step of a garbage collection: deletes releases that no channel serves and files that no release names.",
    body: { content: { json: "GarbageRequest" }, maxBytes: REQUEST_LIMITS.garbageBytes },
    answers: [{ status: 200, about: "What it did.", content: { json: "GarbageStep" } }],
    errors: [...OF_BUCKET, ...OF_JSON, "too_long", "bad_release"],
  },
  {
    method: "get",
    path: "/v1/logs",
    who: "secret",
    about: "The parts of the event log, a page of them.",
    query: { after: "The `next` of the page before." },
    answers: [{ status: 200, about: "Parts in the order of their names.", content: { json: "LogList" } }],
    errors: ["too_long"],
  },
  {
    method: "post",
    path: "/v1/logs/compact",
    who: "secret",
    about: "One step of carrying out the deletion requests that wait.",
    answers: [{ status: 200, about: "What it did.", content: { json: "CompactStep" } }],
    errors: [],
  },
  {
    method: "get",
    path: "/v1/logs/:date/:hour/:part",
    who: "secret",
    about: "A part of the event log: gzip NDJSON.",
    answers: [{ status: 200, about: "The part; its ETag is the MD5.", content: { type: "application/gzip" } }],
    errors: ["unknown_part"],
  },
  {
    method: "get",
    path: "/v1/metrics",
    who: "secret",
    about: "What is counted, for Prometheus.",
    answers: [{ status: 200, about: "Prometheus text.", content: { type: "text/plain" } }],
    errors: [],
  },
];
