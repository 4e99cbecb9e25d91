// For each error code that a request can bring about, a request that does; for each other code of the wire, why none can.

import type { ErrorCode } from "../../../shared/errors.ts";
import { releaseId } from "../../../shared/release.ts";
import { digest, text } from "../small-release.ts";
import type { SmallRelease } from "../small-release.ts";
import { RawJson } from "./json-text.ts";
import type { ValidRequest } from "./valid-requests.ts";
import { wireOf } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

/** Codes of the wire that no request brings about on an edge that is whole. */
export const NOT_PROVOKED = {
  internal: "it would be a defect",
  bad_configuration: "the bindings are those of wrangler.toml",
  bad_release: "a release is checked before it is stored; only damage to the bucket makes one bad",
  unavailable: "bucket, queue and Durable Objects are there",
} as const satisfies Partial<Record<ErrorCode, string>>;

/** Posts a minute from one address; see wrangler.toml. */
const LIMIT_POSTS = 600;

/** Requests, of which the last is answered with the code, as an error or as the verdict on an event. */
export type Provoking = Partial<Record<ErrorCode, readonly WireRequest[]>>;

/** @param given the valid requests; the releases that are active and no longer served */
export async function provokingRequests(given: {
  readonly valid: readonly ValidRequest[];
  readonly active: SmallRelease;
  readonly stale: SmallRelease;
  /** Of the channel `stable`. */
  readonly sequence: number;
  readonly secret: string;
}): Promise<Provoking> {
  const { valid, active, stale, sequence, secret } = given;
  const of = (route: string): ValidRequest => valid.find((each) => each.route === route)!;
  const wire = (route: string, change: Partial<ValidRequest> = {}) => wireOf({ ...of(route), ...change }, secret);
  const withBody = (route: string, change: object) =>
    wire(route, { body: { ...(of(route).body as object), ...change } });
  const events = "POST /v1/events";
  const retrieve = "POST /v1/:release/retrieve";
  const channel = "POST /v1/channels/:name";
  const blob = "PUT /v1/blobs/:sha256";
  const envelope = of(events).body as { events: readonly [object] };
  const missing = "0".repeat(64);
  const anywhere = (release: SmallRelease) => [release.release.id, "1"];
  const { release, blobs } = active;

  // A release of which one file is cut off, and one of which a file is absent.
  const cut = blobs.get(release.files.index.sha256)!.slice(0, -5);
  const cutFile = { ...release.files.index, sha256: await digest(cut), bytes: cut.length };
  const costs = { ...release.costs!, device: release.costs!.device - (release.files.index.bytes - cut.length) };
  const damaged = await renamed({ ...release, costs, files: { ...release.files, index: cutFile } });
  const absentFile = { ...release.files.index, sha256: missing };
  const incomplete = await renamed({ ...release, files: { ...release.files, index: absentFile } });
  const putRelease = (body: { id: string }) => wire("PUT /v1/releases/:id", { parameters: [body.id], body });
  const single = (name: string) => ({
    parameters: [name],
    body: { action: "activate", release: release.id, expect: 0 },
  });
  const rollback = (expect: number) => ({ parameters: ["single"], body: { action: "rollback", expect } });

  return {
    bad_json: [wire(events, { body: text.encode("{") })],
    wrong_type: [withBody(retrieve, { count: "5" })],
    missing_field: [wire(retrieve, { body: {} })],
    unknown_field: [withBody(retrieve, { user: 1 })],
    bad_value: [withBody(retrieve, { count: 0 })],
    not_finite: [withBody(retrieve, { count: new RawJson("1e999") })],
    id_too_long: [withBody(retrieve, { items: ["x".repeat(1_000)] })],
    too_long: [wire("GET /v1/logs", { query: { after: "x".repeat(2_000) } })],
    too_many: [withBody(retrieve, { items: Array<string>(11).fill("x") })],
    bad_vector_length: [withBody(retrieve, { queries: [[1]] })],
    wrong_space: [withBody(retrieve, { space: "other-space" })],
    wrong_version: [withBody(events, { v: 2 })],
    too_old: [withBody(events, { events: [{ ...envelope.events[0], at: 1 }] })],
    unknown_query: [wire("GET /v1/manifest", { query: { user: "x" } })],
    bad_key: [withBody(events, { key: "another" })],
    unauthorized: [{ ...wire("GET /v1/metrics"), headers: [] }],
    forbidden_origin: [{ ...wire(events), headers: [["Origin", "https://elsewhere.test"]] }],
    not_found: [{ method: "GET", target: "/v1", headers: [] }],
    unknown_release: [wire(retrieve, { parameters: ["0".repeat(32)] })],
    unknown_channel: [wire("GET /v1/manifest", { query: { channel: "nobody" } })],
    unknown_blob: [wire("GET /v1/blobs/:sha256", { parameters: [missing] })],
    unknown_part: [wire("GET /v1/logs/:date/:hour/:part", { parameters: ["dt=2000-01-01", "hour=00", "x"] })],
    unknown_item: [wire("GET /v1/:release/similar/:item", { parameters: [release.id, "nothing"] })],
    unknown_cell: [wire("GET /v1/:release/pools/:cell", { parameters: [release.id, "99999"] })],
    unknown_block: [wire("GET /v1/:release/rows/:block", { parameters: [release.id, "99999"] })],
    method_not_allowed: [{ ...wire(events), method: "PUT" }],
    length_required: [{ ...wire(blob), chunked: true }],
    too_large: [withBody(events, { surface: "x".repeat(300_000) })],
    bad_media_type: [{ ...wire(events), headers: [["Content-Type", "image/png"]] }],
    bad_range: [{ ...wire("GET /v1/blobs/:sha256"), headers: [["Range", "bytes=99999999-"]] }],
    // Twice as many, for a minute may end in between.
    rate_limited: Array.from({ length: 2 * (LIMIT_POSTS + 1) }, () => ({
      ...wire("POST /v1/forget", { body: {} }),
      headers: [["CF-Connecting-IP", "203.0.113.7"]] as const,
    })),
    stale_release: [wire("GET /v1/:release/pools/:cell", { parameters: anywhere(stale) })],
    sequence_conflict: [wire(channel, { parameters: ["stable"], body: { action: "rollback", expect: 99 } })],
    no_previous: [wire(channel, single("single")), wire(channel, rollback(1))],
    no_canary: [wire(channel, { parameters: ["stable"], body: { action: "promote", expect: sequence } })],
    incomplete_release: [putRelease(incomplete)],
    bad_format: [wire(blob, { parameters: [cutFile.sha256], body: cut }), putRelease(damaged)],
    hash_mismatch: [wire(blob, { parameters: [missing] })],
  };
}

async function renamed<T extends SmallRelease["release"]>(release: T): Promise<T> {
  return { ...release, id: await releaseId(release, { digest, text }) };
}
