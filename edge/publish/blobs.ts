// Artifacts by hash: stored once, never changed, cached for ever. The edge checks the hash of what it stores; a device
// checks it again.

import { NearfeedError } from "../../shared/errors.ts";
import type { PutAnswer } from "../../shared/protocol.ts";
import { MAX_BLOB_BYTES } from "../../shared/release.ts";
import { checkEncoding, checkLength } from "../http/body.ts";
import { errorAnswer, jsonAnswer } from "../http/answers.ts";
import { parseRange } from "../http/range.ts";
import { hex } from "../runtime.ts";
import { checkNotCondemned } from "./claims.ts";
import { blobKey } from "./keys.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** A hash names one content for ever, so no cache ever needs to ask again. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** `GET /v1/blobs/:sha256`, with Range, If-Range and If-None-Match. */
export async function getBlob(bucket: R2Bucket, request: Request, sha256: string): Promise<Response> {
  const head = SHA256.test(sha256) ? await bucket.head(blobKey(sha256)) : null;
  if (head === null) throw unknownBlob();
  const etag = `"${sha256}"`;
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": IMMUTABLE,
    // Inert and never recompressed on the way, so that ranges count the bytes that were hashed.
    "Content-Type": "application/octet-stream",
    ETag: etag,
  });
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const range = askedRange(request, head.size, etag);
  if (range === "unsatisfiable") return unsatisfiable(head.size);
  const { offset, length } = range ?? { offset: 0, length: head.size };
  headers.set("Content-Length", String(length));
  if (range !== null) headers.set("Content-Range", `bytes ${offset}-${offset + length - 1}/${head.size}`);
  const status = range === null ? 200 : 206;
  if (request.method === "HEAD" || length === 0) return new Response(null, { status, headers });
  const object = await bucket.get(blobKey(sha256), { range: { offset, length } });
  if (object === null) throw unknownBlob();
  return new Response(object.body, { status, headers });
}

/**
 * `PUT /v1/blobs/:sha256`. The body goes to the bucket as it arrives; the bucket keeps it only if the hash is right.
 * @throws NearfeedError hash_mismatch, too_large, length_required, bad_value, unavailable while it is being deleted
 */
export async function putBlob(
  bucket: R2Bucket,
  request: Request,
  { sha256, now }: { sha256: string; now: number },
): Promise<Response> {
  if (!SHA256.test(sha256)) {
    throw new NearfeedError("bad_value", "the address must be a SHA-256 of 64 lower-case hex digits", {
      path: "sha256",
    });
  }
  checkEncoding(request);
  const length = checkLength(request, MAX_BLOB_BYTES);
  if (length === null) throw new NearfeedError("length_required", "an artifact needs a Content-Length");
  const created = (await bucket.head(blobKey(sha256))) === null;
  await storeStream(bucket, request.body ?? emptyStream(), { sha256, length });
  // What was condemned while it was old goes, although it was stored anew: then it has to be stored once more.
  await checkNotCondemned(bucket, [blobKey(sha256)], now);
  if ((await bucket.head(blobKey(sha256))) === null) {
    throw new NearfeedError("unavailable", "the artifact was deleted while it was stored", { hint: "Send it again." });
  }
  const answer: PutAnswer = { id: sha256, bytes: length, created };
  return jsonAnswer(answer, created ? 201 : 200);
}

async function storeStream(
  bucket: R2Bucket,
  body: ReadableStream<Uint8Array>,
  claimed: { sha256: string; length: number },
): Promise<void> {
  const { sha256, length } = claimed;
  const [forBucket, forHash] = body.tee();
  const hash = new crypto.DigestStream("SHA-256");
  hash.digest.catch(() => undefined); // rejects besides the pipe when the body breaks off
  const hashed = forHash.pipeTo(hash).then(() => hash.digest);
  const fixed = new FixedLengthStream(length);
  const piped = forBucket.pipeTo(fixed.writable);
  const stored = bucket.put(blobKey(sha256), fixed.readable, { sha256 });
  // All three end before anything is decided: an unobserved rejection would be an error of its own.
  const [hashResult, pipeResult, putResult] = await Promise.allSettled([hashed, piped, stored]);
  if (hashResult.status === "rejected" || pipeResult.status === "rejected") {
    throw new NearfeedError("bad_value", "the body broke off or is not as long as its Content-Length says");
  }
  const got = hex(hashResult.value);
  if (got !== sha256) {
    throw new NearfeedError("hash_mismatch", `the body has the hash ${got}, expected ${sha256}`, { path: "sha256" });
  }
  if (putResult.status === "rejected") {
    throw new NearfeedError("unavailable", "the bucket refused the artifact", { cause: putResult.reason });
  }
}

function askedRange(request: Request, size: number, etag: string): ReturnType<typeof parseRange> {
  const ifRange = request.headers.get("if-range");
  if (ifRange !== null && ifRange !== etag) return null;
  return parseRange(request.headers.get("range"), size);
}

/** The answer to a range outside the artifact; it must name the size. */
function unsatisfiable(size: number): Response {
  const answer = errorAnswer(new NearfeedError("bad_range", `the artifact has ${size} bytes`, { path: "Range" }));
  answer.headers.set("Content-Range", `bytes */${size}`);
  return answer;
}

/** If-None-Match compares weakly: `W/"x"` is `"x"`. */
export function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}

function unknownBlob(): NearfeedError {
  return new NearfeedError("unknown_blob", "no artifact of this hash was published", { path: "sha256" });
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
