/**
 * Uploads a release: first the files that the edge lacks, then the release that names them. Only then may a channel point
 * at it, so a publish that is cut off at any moment leaves the active release as it was.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { type Release, releaseFiles } from "../../shared/release.ts";
import { readReleaseFile, readReleaseFolder } from "../release/release-folder.ts";
import type { EdgeClient } from "./edge-client.ts";
import type { Signer } from "./signing-key.ts";

export interface Upload {
  readonly release: Release;
  /** Bytes sent; files that the edge had are not sent again. */
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface UploadOptions {
  readonly onBytes?: (done: number, total: number) => void;
  /** Signs what is uploaded; the folder stays as it is. */
  readonly signer?: Signer;
}

/** @throws NearfeedError where the folder is damaged or the edge refuses */
export async function uploadRelease(client: EdgeClient, folder: string, options: UploadOptions = {}): Promise<Upload> {
  const { onBytes, signer } = options;
  const read = await readReleaseFolder(folder);
  const release = signer ? signer.sign(read) : read;
  const files = releaseFiles(release);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let sentBytes = 0;
  for (let isFirst = true; ; isFirst = false) {
    let doneBytes = 0;
    for (const file of files) {
      if (!(await client.hasBlob(file))) {
        await client.putBlob(file, await readReleaseFile(folder, file));
        sentBytes += file.bytes;
      }
      doneBytes += file.bytes;
      onBytes?.(doneBytes, totalBytes);
    }
    try {
      await client.putRelease(release);
      break;
    } catch (error) {
      // A file that was there has gone since: nothing referred to it, and garbage was collected. Now it is known to be missing.
      if (!isFirst || !isIncomplete(error)) throw error;
    }
  }
  return { release, sentBytes, totalBytes };
}

function isIncomplete(error: unknown): boolean {
  if (!(error instanceof NearfeedError && error.cause instanceof NearfeedError)) return false;
  return error.cause.code === "incomplete_release";
}
