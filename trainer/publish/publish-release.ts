/**
 * Uploads a release: first the files that the edge lacks, then the release that names them, then, where the edge has an index
 * outside its memory, the vectors. Only then may a channel point at it, so a publish that is cut off at any moment leaves the
 * active release as it was.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { blobsOf, type Release, releaseFiles } from "../../shared/release.ts";
import { readReleaseBlob, readReleaseFolder } from "../release/release-folder.ts";
import type { EdgeClient } from "./edge-client.ts";
import type { Signer } from "./signing-key.ts";
import { uploadVectors } from "./upload-vectors.ts";

export interface Upload {
  readonly release: Release;
  /** Bytes sent; files that the edge had are not sent again. */
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface UploadOptions {
  readonly onBytes?: (done: number, total: number) => void;
  /** Items whose vectors were put into an index outside the edge's memory, where it has one. */
  readonly onItems?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Signs what is uploaded; the folder stays as it is. */
  readonly signer?: Signer;
}

/** @throws NearfeedError where the folder is damaged or the edge refuses */
export async function uploadRelease(client: EdgeClient, folder: string, options: UploadOptions = {}): Promise<Upload> {
  const { onBytes, onItems, signer, signal } = options;
  const read = await readReleaseFolder(folder);
  const release = signer ? signer.sign(read) : read;
  const files = releaseFiles(release);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let sentBytes = 0;
  for (let isFirst = true; ; isFirst = false) {
    let doneBytes = 0;
    for (const file of files) {
      let offset = 0;
      for (const blob of blobsOf(file)) {
        if (!(await client.hasBlob(blob))) {
          await client.putBlob(blob, await readReleaseBlob(folder, file, blob, offset), file.name);
          sentBytes += blob.bytes;
        }
        offset += blob.bytes;
        doneBytes += blob.bytes;
        onBytes?.(doneBytes, totalBytes);
      }
    }
    try {
      await client.putRelease(release);
      break;
    } catch (error) {
      // A file that was there has gone since: nothing referred to it, and garbage was collected. Now it is known to be missing.
      if (!isFirst || !isIncomplete(error)) throw error;
    }
  }
  await uploadVectors(client, release.id, { onItems, signal });
  return { release, sentBytes, totalBytes };
}

function isIncomplete(error: unknown): boolean {
  if (!(error instanceof NearfeedError && error.cause instanceof NearfeedError)) return false;
  return error.cause.code === "incomplete_release";
}
