// The event log as an operator reads it: the names of its parts, the listing of them, and what a compaction says of
// itself. Not what a part holds: that is edge/events/event-message.ts.

import { array, boolean, integer, matching, nullable, object, string } from "./parse.ts";
import type { Parsed, Parser } from "./parse.ts";

/** Where the parts lie in the bucket. A part's name is its key below it. */
export const LOG_PREFIX = "events/";

/** Parts a page of the listing, the most that R2 lists at once. */
export const LOG_PAGE = 1_000;

/** `dt=YYYY-MM-DD/hour=HH/<table>-<sequence>.ndjson.gz`, the receipt time in UTC. */
export const LOG_PART = /^dt=\d{4}-\d\d-\d\d\/hour=\d\d\/[0-9a-f]{8}-\d{12}\.ndjson\.gz$/;

/** The name of a part. It becomes a path on disk, so nothing else may pass. */
export const partName: Parser<string> = matching(LOG_PART, "dt=YYYY-MM-DD/hour=HH/<table>-<sequence>.ndjson.gz");

const partParser = object({
  name: partName,
  bytes: integer({ min: 1 }),
  /** Of the bytes, as 32 hex digits. A part that was written anew has another one. */
  md5: matching(/^[0-9a-f]{32}$/, "an MD5 as 32 lower-case hex digits"),
});

/** As {@link parseLogList}. */
export const logListParser = object({
  parts: array(partParser, { max: LOG_PAGE }),
  next: nullable(string({ min: 1, max: 1_024 })),
});

const count = integer({ min: 0 });
/** As {@link parseCompactStep}. */
export const compactStepParser = object({
  /** Deletion requests that were carried out to the end. */
  requests: count,
  /** Parts that were read. */
  parts: count,
  /** Of these, written anew without the events of the forgotten, or deleted because nothing was left. */
  changed: count,
  /** Events that were deleted. */
  events: count,
  /** Parts that could not be read. They are left as they are, and counted again by the next compaction. */
  damaged: count,
  /** False: more is to be done, so ask again. */
  done: boolean,
});

/** One part of the log. `md5` is of its bytes. */
export type LogPart = Parsed<typeof partParser>;

/** `GET /v1/logs?after=`: parts in the order of their names; `next` is the `after` of the next page, null at the end. */
export type LogList = Parsed<typeof logListParser>;

/** `POST /v1/logs/compact`: what this one step did. */
export type CompactStep = Parsed<typeof compactStepParser>;

/** Parses a page of the listing; errors carry the path. */
export function parseLogList(value: unknown): LogList {
  return logListParser(value, "");
}

/** Parses what a step of a compaction did; errors carry the path. */
export function parseCompactStep(value: unknown): CompactStep {
  return compactStepParser(value, "");
}
