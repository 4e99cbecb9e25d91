/** Fetches the active release of a channel from its edge into a folder, whole and checked. The way back of a publish. */
import { NearfeedError } from "../../shared/errors.ts";
import { blobsOf, FILE_ROLES, type Release, type ReleaseFile, releaseFiles } from "../../shared/release.ts";
import { type ReleaseBytes, writeReleaseFolder } from "../release/release-folder.ts";
import { sha256Hex } from "../runtime.ts";
import type { EdgeClient } from "./edge-client.ts";

export interface DownloadOptions {
  readonly onBytes?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * @param folder where the release is afterwards; a release that lies there is replaced
 * @throws NearfeedError `edge_failed` where the edge does not send it, `hash_mismatch` where what it sends is not the
 * release; the folder is then as it was
 */
export async function downloadRelease(
  client: EdgeClient,
  release: Release,
  folder: string,
  { onBytes, signal }: DownloadOptions = {},
): Promise<void> {
  const total = releaseFiles(release).reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes: Partial<Record<keyof ReleaseBytes, Uint8Array>> = {};
  let done = 0;
  for (const role of FILE_ROLES) {
    const file = release.files[role];
    if (!file) continue;
    signal?.throwIfAborted();
    bytes[role] = await fetchFile(client, file);
    onBytes?.((done += file.bytes), total);
  }
  // Every required role is among the files of a parsed release.
  await writeReleaseFolder(folder, release, bytes as ReleaseBytes);
}

async function fetchFile(client: EdgeClient, file: ReleaseFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const blob of blobsOf(file)) parts.push(await client.blob(blob, file.name));
  const content = Buffer.concat(parts);
  const got = sha256Hex(content);
  if (got === file.sha256) return content;
  throw new NearfeedError("hash_mismatch", `${file.name} came with the hash ${got}, the release says ${file.sha256}`, {
    path: file.name,
    hint: "Run the command again; if it says so again, the edge's copy is damaged: publish the release anew.",
  });
}
