// Releases in the bucket: stored once all they name is there and fits together, never changed. Which of them are served
// is the channels' business.

import { canonicalJson } from "../../shared/canonical-json.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { PutAnswer } from "../../shared/protocol.ts";
import { blobsOf, MAX_RELEASE_BYTES, parseRelease, releaseFiles, releaseId } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { checkPack } from "../retrieval/check-pack.ts";
import { loadNeighbours, loadTables, tablesBytes } from "../retrieval/tables.ts";
import { digest, text } from "../runtime.ts";
import { whileClaimed } from "./claims.ts";
import { blobKey, releaseKey } from "./keys.ts";
import { fromStore } from "./stored.ts";

export const RELEASE_ID = /^[0-9a-f]{32}$/;

/** The release of an id, or null where none was published. */
export async function readRelease(bucket: R2Bucket, id: string): Promise<Release | null> {
  if (!RELEASE_ID.test(id)) return null;
  const object = await bucket.get(releaseKey(id));
  if (object === null) return null;
  return fromStore(`release ${id}`, async () => parseRelease(await object.json()));
}

/** Whether a release of this id was published. */
export async function hasRelease(bucket: R2Bucket, id: string): Promise<boolean> {
  return RELEASE_ID.test(id) && (await bucket.head(releaseKey(id))) !== null;
}

/**
 * `PUT /v1/releases/:id`. The id is the hash of the content, so storing it again changes nothing but its signature: it
 * may gain one or another one, and never loses one.
 * @param options.checkLarge checks the rows of a release that is too large for the Worker, and gives the hash of its ids;
 * undefined for any other. The neighbour file of such a release, which only devices with all of the index read, is left to them
 * @param options.makeRoom lets go of so many bytes of what is in memory: checking a release holds it for a moment
 * @throws NearfeedError with a path: hash_mismatch, incomplete_release, bad_format, wrong_space, bad_value, …
 */
export async function putRelease(
  bucket: R2Bucket,
  request: Request,
  options: {
    id: string;
    now: number;
    makeRoom: (bytes: number) => void;
    checkLarge: (release: Release) => Promise<string> | undefined;
  },
): Promise<Response> {
  const { id, now, makeRoom, checkLarge } = options;
  const release = parseRelease(await readJson(request, MAX_RELEASE_BYTES));
  if (release.id !== id) {
    throw new NearfeedError("bad_value", `id must be that of the address, ${id.slice(0, 64)}, got ${release.id}`, {
      path: "id",
    });
  }
  const expected = await releaseId(release, { digest, text });
  if (expected !== id) {
    throw new NearfeedError("hash_mismatch", `the content has the id ${expected}, got ${id}`, {
      path: "id",
      hint: "The id is made of the content; a changed release is a new one.",
    });
  }
  const blobs = releaseFiles(release).flatMap(blobsOf);
  const keys = [releaseKey(id), ...blobs.map(({ sha256 }) => blobKey(sha256))];
  const answer = await whileClaimed(bucket, keys, now, async () => {
    await checkBlobs(bucket, release);
    const large = checkLarge(release);
    if (large !== undefined) await checkPacks(bucket, release, await large);
    else {
      makeRoom(Math.max(tablesBytes(release), release.files.neighbours.bytes));
      await checkContent(bucket, release);
    }
    return store(bucket, release);
  });
  return jsonAnswer(answer, answer.created ? 201 : 200);
}

async function store(bucket: R2Bucket, release: Release): Promise<PutAnswer> {
  const content = canonicalJson(release);
  const stored = await bucket.get(releaseKey(release.id));
  const known = await stored?.text();
  // One that is there is written again too, so that it is young: whoever publishes it is about to use it.
  await bucket.put(releaseKey(release.id), known === undefined || release.signed ? content : known, {
    httpMetadata: { contentType: "application/json" },
    // Where somebody else has written meanwhile, that is young, and may have a signature that this one lacks.
    ...(stored && !release.signed && { onlyIf: { etagMatches: stored.etag } }),
  });
  return { id: release.id, bytes: text.encode(content).length, created: stored === null };
}

/** Every file is there in its size. */
async function checkBlobs(bucket: R2Bucket, release: Release): Promise<void> {
  for (const [role, file] of Object.entries(release.files)) {
    for (const { sha256, bytes } of blobsOf(file)) {
      const head = await bucket.head(blobKey(sha256));
      if (head?.size === bytes) continue;
      const got = head === null ? "none" : `one of ${head.size} bytes`;
      throw new NearfeedError("incomplete_release", `${file.name} needs a blob of ${bytes} bytes, found ${got}`, {
        path: `files.${role}`,
        hint: "Upload every file before the release.",
      });
    }
  }
}

/** The files that the edge reads itself and the neighbours fit together. One after the other: what was checked is let go. */
async function checkContent(bucket: R2Bucket, release: Release): Promise<void> {
  const tables = await loadTables(bucket, release, { hash: true });
  await tables.content();
  const { rows } = tables.index;
  await loadNeighbours(bucket, release, rows, { hash: true });
  await checkPacks(bucket, release, rows);
}

async function checkPacks(bucket: R2Bucket, release: Release, rows: string): Promise<void> {
  await checkPack(bucket, release, "pools", rows);
  await checkPack(bucket, release, "rows", rows);
}
