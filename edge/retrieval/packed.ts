// `GET /v1/:release/pools/:cell` and `GET /v1/:release/rows/:block`: the items of one interest cell, or those whose ids have
// one hash. The same bytes for everybody, as they were published, so caches hold them; who asks for which is not looked at
// and not kept. The index of the release is not needed for it.

import { NearfeedError } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import type { PackKind } from "../../shared/pack-file.ts";
import { HEADERS, MEDIA_TYPES } from "../../shared/protocol.ts";
import { matches } from "../publish/blobs.ts";
import { fromStore } from "../publish/stored.ts";
import type { Packs } from "./served.ts";

/** A packed file of a release never changes: its address names both. */
const CACHE_CONTROL = "public, max-age=31536000, immutable";

/** What a number of each kind is called, and the error of one that does not exist. */
const NAMES: Readonly<Record<PackKind, { path: string; plural: string; code: ErrorCode }>> = {
  pools: { path: "cell", plural: "cells", code: "unknown_cell" },
  rows: { path: "block", plural: "blocks", code: "unknown_block" },
};

/**
 * Answers one packed file, a candidates file, as it lies in the bucket.
 * @throws NearfeedError unknown_cell, unknown_block
 */
export async function packed(packs: Packs, kind: PackKind, asked: string, request: Request): Promise<Response> {
  const pack = packs[kind];
  const { path, plural, code } = NAMES[kind];
  if (pack === undefined) {
    throw new NearfeedError(code, `the release has no ${plural}`, { path, hint: "Train and publish it anew." });
  }
  const number = /^(0|[1-9]\d{0,8})$/.test(asked) ? Number(asked) : pack.entries;
  if (number >= pack.entries) {
    throw new NearfeedError(code, `the release has ${plural} 0 to ${pack.entries - 1}`, { path });
  }
  const etag = `"${packs.release.id}-${kind}-${number}"`;
  const headers = new Headers({
    "Cache-Control": CACHE_CONTROL,
    "Content-Type": MEDIA_TYPES.tensors,
    ETag: etag,
    [HEADERS.release]: packs.release.id,
  });
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const file = await fromStore(`the pack of ${kind}`, () => pack.find(number));
  headers.set("Content-Length", String(file.bytes));
  if (request.method === "HEAD") return new Response(null, { headers });
  return new Response((await file.open()).body, { headers });
}
