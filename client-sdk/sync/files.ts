/** The files of a release: taken from the store where they are, else fetched, and in either case checked by size and hash. */
import { NearfeedError } from "../../shared/errors.ts";
import { ROUTES } from "../../shared/protocol.ts";
import type { ReleaseFile } from "../../shared/release.ts";
import { sha256 } from "../runtime.ts";
import type { Store } from "../storage/store.ts";
import { get } from "./http.ts";
import type { Send } from "./http.ts";

export interface FileSource {
  readonly endpoint: string;
  readonly send: Send;
  /** Undefined where nothing may be stored. */
  readonly store: Store | undefined;
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
    const bytes = held.get(file.sha256) ?? (await fromStore(source, file)) ?? (await fetchFile(source, file));
    return [file.sha256, bytes] as const;
  });
  return new Map(await Promise.all(brought));
}

/** @throws NearfeedError as {@link bringFiles} */
async function fetchFile({ endpoint, send, store }: FileSource, file: ReleaseFile): Promise<Uint8Array<ArrayBuffer>> {
  // What our own store holds need not lie in the browser's cache as well.
  const cache = store ? "no-store" : "default";
  const bytes = await get(send, `${endpoint}${ROUTES.blob(file.sha256)}`, cache);
  const problem = await problemOf(file, bytes);
  if (problem) {
    throw new NearfeedError("bad_release", `${file.name} arrived damaged: ${problem}`, { path: `files.${file.name}` });
  }
  return bytes;
}

/** A stored file that was damaged on the device is fetched again. */
async function fromStore(source: FileSource, file: ReleaseFile): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = await source.store?.file(file.sha256);
  return bytes && (source.trustStore || !(await problemOf(file, bytes))) ? bytes : undefined;
}

async function problemOf(file: ReleaseFile, bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.length !== file.bytes) return `got ${bytes.length} bytes, expected ${file.bytes}`;
  const hash = await sha256(bytes);
  return hash === file.sha256 ? undefined : `got SHA-256 ${hash}, expected ${file.sha256}`;
}
