// What a publisher and the edge say to each other about garbage: releases that no channel serves, artifacts that no release
// names, and vectors whose release is gone. What is garbage, and how it is deleted without a race, is the business of the edge.

import { array, boolean, integer, nullable, object, optional, string } from "./parse.ts";
import type { Parsed } from "./parse.ts";

/** R2 takes keys of at most this many bytes. */
const MAX_KEY_CHARS = 1_024;

/** Objects a step looks at, as many as R2 lists and deletes at once. */
export const GARBAGE_PAGE = 1_000;

const key = string({ max: MAX_KEY_CHARS });

/** The body of `POST /v1/gc`. */
export const garbageRequest = object({
  /** The `next` of the step before; absent at the beginning. */
  after: optional(key),
  /** True: says what would be deleted, and deletes nothing. */
  dryRun: optional(boolean),
});

/** The answer. */
export const garbageStep = object({
  /** Objects that were looked at. */
  looked: integer({ min: 0 }),
  /** Keys that were deleted, or would be: `releases/{id}.json`, `blobs/{sha256}`, and `vectors/{id}.json` for the vectors of a release. */
  deleted: array(key, { max: GARBAGE_PAGE }),
  /** Bytes of these. */
  bytes: integer({ min: 0 }),
  /** The `after` of the next step, the same again where vectors are left; null at the end. */
  next: nullable(key),
});

/** What is asked of one step. */
export type GarbageRequest = Parsed<typeof garbageRequest>;

/** What one step did. */
export type GarbageStep = Parsed<typeof garbageStep>;
