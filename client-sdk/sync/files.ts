/** The files of a release: taken from the store where they are, else downloaded (`download.ts`), and in either case checked. */
import type { ReleaseFile } from "../../shared/release.ts";
import { problemOf } from "./download.ts";
import type { DownloadOptions, Downloads } from "./download.ts";

export interface FileSource extends DownloadOptions {
  readonly downloads: Pick<Downloads, "file">;
  /** Stored files were checked before they were stored; hashing them again would hold up the first list. */
  readonly trustStore?: boolean;
}

/** Bytes by hash. */
export type FileBytes = Map<string, Uint8Array<ArrayBuffer>>;

/**
 * Brings all of some files, whole and checked, or fails. Stores nothing: that is for when they are in use.
 *
 * @param held bytes that are in memory already
 * @throws NearfeedError `offline`, `bad_release`, or what the edge objected to
 */
export async function bringFiles(
  source: FileSource,
  files: readonly ReleaseFile[],
  held: FileBytes,
): Promise<FileBytes> {
  const brought = files.map(async (file) => {
    const bytes =
      held.get(file.sha256) ?? (await fromStore(source, file)) ?? (await source.downloads.file(file, source));
    return [file.sha256, bytes] as const;
  });
  // Not all(): what goes on when one has failed would meet the next try.
  await Promise.allSettled(brought);
  return new Map(await Promise.all(brought));
}

/** A stored file that was damaged on the device is fetched again. */
async function fromStore(source: FileSource, file: ReleaseFile): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await source.store?.file(file.sha256);
  return bytes && (source.trustStore || !(await problemOf(file, bytes))) ? bytes : undefined;
}
