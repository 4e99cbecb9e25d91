// Reads a file of a release out of the bucket into bytes that are already there, part by part, so that a large one is never
// held twice.

import { NearfeedError } from "../../shared/errors.ts";
import { blobsOf } from "../../shared/release.ts";
import type { ReleaseFile } from "../../shared/release.ts";
import { blobKey } from "../publish/keys.ts";
import { digest } from "../runtime.ts";
import { readInto } from "./read-into.ts";

/** Where a file goes, and what becomes of it. */
export interface ReadOptions<T> {
  /** The file's role; errors name it. */
  role: string;
  /** As long as the file. */
  into: Uint8Array;
  decode: (bytes: Uint8Array) => T;
  /** Whether to check the hash of a file in parts; that of a blob was checked when it was stored. */
  hash?: boolean;
}

/**
 * Reads a file and decodes it where it lies.
 * @throws NearfeedError bad_release, bad_format, hash_mismatch, or what `decode` finds, with the file's role in the path
 */
export async function readFile<T>(bucket: R2Bucket, file: ReleaseFile, options: ReadOptions<T>): Promise<T> {
  const { role, into, decode, hash = false } = options;
  const path = `files.${role}`;
  let at = 0;
  for (const { sha256, bytes } of blobsOf(file)) {
    const object = await bucket.get(blobKey(sha256));
    if (object === null) throw new NearfeedError("bad_release", `${file.name} is gone from the bucket`, { path });
    if (object.size !== bytes) {
      const message = `${file.name} has ${object.size} bytes in the bucket, the release says ${bytes}`;
      throw new NearfeedError("bad_format", message, { path });
    }
    await readInto(into.subarray(at, at + bytes), object.body);
    at += bytes;
  }
  if (hash && file.parts !== undefined && (await digest(into)) !== file.sha256) {
    throw new NearfeedError("hash_mismatch", `the parts of ${file.name} do not have its hash together`, { path });
  }
  try {
    return decode(into);
  } catch (error) {
    if (!(error instanceof NearfeedError)) throw error;
    const where = error.path === undefined ? path : `${path}:${error.path}`;
    throw new NearfeedError(error.code, `${file.name}: ${error.message}`, { path: where, cause: error });
  }
}
