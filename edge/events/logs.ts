// `GET /v1/logs` and `GET /v1/logs/<part>`: the event log for whoever holds the secret. The listing has no state: a page
// begins behind a name, so it can be taken up anywhere, by anybody, at any time.

import { NearfeedError } from "../../shared/errors.ts";
import { LOG_PAGE, LOG_PART, LOG_PREFIX } from "../../shared/event-log.ts";
import type { LogList } from "../../shared/event-log.ts";
import { jsonAnswer } from "../http/answers.ts";

/** R2 takes keys of at most this many bytes, so no name can lie behind a longer one. */
const MAX_KEY_CHARS = 1_024;

/** A page of parts, behind the name `after`. Objects in the folder that are no parts of ours are left out. */
export async function listParts(bucket: R2Bucket, after = ""): Promise<Response> {
  if (after.length > MAX_KEY_CHARS) {
    throw new NearfeedError("too_long", `after may have ${MAX_KEY_CHARS} characters, got ${after.length}`, {
      path: "?after",
    });
  }
  const { objects, truncated } = await bucket.list({
    prefix: LOG_PREFIX,
    startAfter: LOG_PREFIX + after,
    limit: LOG_PAGE,
  });
  const named = objects.map(({ key, size, etag }) => ({ name: key.slice(LOG_PREFIX.length), bytes: size, md5: etag }));
  const answer: LogList = {
    parts: named.filter(({ name }) => LOG_PART.test(name)),
    next: truncated ? (named.at(-1)?.name ?? null) : null,
  };
  return jsonAnswer(answer);
}

/** The bytes of a part. Its ETag is the MD5 of them: a part that was written anew since it was listed says so. */
export async function getPart(bucket: R2Bucket, name: string): Promise<Response> {
  const object = LOG_PART.test(name) ? await bucket.get(LOG_PREFIX + name) : null;
  if (object === null) throw new NearfeedError("unknown_part", "the log has no part of this name");
  return new Response(object.body, {
    headers: {
      "Cache-Control": "no-store",
      "Content-Length": String(object.size),
      "Content-Type": "application/gzip",
      ETag: object.httpEtag,
    },
  });
}
