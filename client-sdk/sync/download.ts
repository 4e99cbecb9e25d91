/**
 * Downloads one file of a release. What has arrived of it is kept when the connection breaks, for as long as the page
 * lives; of a large file also in the store, so that the next visit goes on from there. The whole is checked by size and
 * hash, whatever it was put together from: also where the edge has it in parts, which are fetched one after the other.
 */
import { NearfeedError } from "../../shared/errors.ts";
import { ROUTES } from "../../shared/protocol.ts";
import { blobsOf } from "../../shared/release.ts";
import type { ReleaseFile } from "../../shared/release.ts";
import { sha256 } from "../runtime.ts";
import type { Store } from "../storage/store.ts";
import { errorOf, reach } from "./http.ts";
import type { Send } from "./http.ts";

/** What has arrived of a file. */
interface Arrived {
  /** As long as the file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many came; more than the file has where it is another one. */
  length: number;
  /** How many of them are in the store. */
  stored: number;
}

interface Outcome {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True where not all of it came in one answer. */
  readonly resumed: boolean;
  readonly problem: string | undefined;
}

export interface DownloadOptions {
  readonly endpoint: string;
  readonly send: Send;
  /** Undefined where nothing may be stored. */
  readonly store: Store | undefined;
}

export interface Downloads {
  /** @throws NearfeedError `offline`, `bad_release`, or what the edge objected to */
  file(file: ReleaseFile, options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Forgets what has arrived of any other file. What is whole stays, too, until the rest of its release has come. */
  keepOnly(hashes: readonly string[], store: Store | undefined): Promise<void>;
}

/** A smaller file is sooner fetched again than put together. */
const LARGE_BYTES = 1024 * 1024;
/** What a reload loses at most of a large file. */
const PART_BYTES = 1024 * 1024;
/** A line that breaks more often is left until the next sync. */
const MAX_RESUMES = 5;

export function createDownloads(): Downloads {
  const kept = new Map<string, Arrived>();

  async function arrivedOf({ sha256: hash, bytes }: ReleaseFile, store: Store | undefined): Promise<Arrived> {
    const known = kept.get(hash);
    if (known) return known;
    const arrived: Arrived = { bytes: new Uint8Array(bytes), length: 0, stored: 0 };
    const parts = bytes > LARGE_BYTES ? ((await store?.parts(hash)) ?? []) : [];
    for (const part of parts) {
      // Two tabs may have stored parts that overlap; behind a gap nothing can be used.
      if (part.offset > arrived.length || part.offset + part.bytes.length > bytes) break;
      arrived.bytes.set(part.bytes, part.offset);
      arrived.length = arrived.stored = Math.max(arrived.length, part.offset + part.bytes.length);
    }
    kept.set(hash, arrived);
    return arrived;
  }

  function keep(arrived: Arrived, file: ReleaseFile, store: Store | undefined, least: number): void {
    const { bytes, length, stored } = arrived;
    if (file.bytes <= LARGE_BYTES || length > file.bytes || length - stored < least) return;
    arrived.stored = length;
    void store?.putPart({ sha256: file.sha256, offset: stored, bytes: bytes.slice(stored, length) });
  }

  /** Fetches what is missing, however often the line breaks. @returns whether it came in pieces */
  async function complete(arrived: Arrived, file: ReleaseFile, options: DownloadOptions): Promise<boolean> {
    const { endpoint, send, store } = options;
    let resumed = arrived.length > 0;
    // What our own store holds need not lie in the browser's cache as well.
    const cache = store ? "no-store" : "default";
    let breaks = 0;
    let end = 0;
    for (const part of blobsOf(file)) {
      const start = end;
      end += part.bytes;
      while (arrived.length < end) {
        const length = arrived.length;
        const from = length - start;
        resumed ||= from > 0;
        let begun = false;
        const take = (status: number, chunk: Uint8Array) => {
          // A server that knows no ranges sends the whole part.
          if (!begun && status === 200) arrived.length = arrived.stored = start;
          begun = true;
          const room = end - arrived.length;
          arrived.bytes.set(chunk.subarray(0, room), arrived.length);
          if (chunk.length > room) {
            // Of any part: what is here is of another file.
            arrived.length = file.bytes + chunk.length - room;
            throw new Error("more bytes than the file has");
          }
          arrived.length += chunk.length;
          keep(arrived, file, store, PART_BYTES);
        };
        try {
          const request = { method: "GET", cache, ...(from > 0 && { from }) } as const;
          const reply = await reach(send, `${endpoint}${ROUTES.blob(part.sha256)}`, request, { take });
          if (reply.status !== 200 && reply.status !== 206) throw errorOf(reply);
          keep(arrived, file, store, 1);
          // An answer that ends early without an error: the size says so to whoever checks the whole.
          if (arrived.length < end) return resumed;
        } catch (error) {
          if (arrived.length > file.bytes) return resumed;
          keep(arrived, file, store, 1);
          const broke = error instanceof NearfeedError && error.code === "offline";
          if (!broke || arrived.length <= length || breaks++ === MAX_RESUMES) throw error;
        }
      }
    }
    return resumed;
  }

  /** From what is here, or from the start. What turns out to be damaged is forgotten. */
  async function once(file: ReleaseFile, options: DownloadOptions): Promise<Outcome> {
    const { store } = options;
    const arrived = await arrivedOf(file, store);
    const { bytes } = arrived;
    const outcome = await complete(arrived, file, options)
      .then(async (resumed) => ({ bytes, resumed, problem: await problemOf(file, bytes, arrived.length) }))
      .catch((error: unknown) => {
        if (!(error instanceof NearfeedError && error.code === "bad_range")) throw error;
        // The edge has no byte after those that are here, so these are of another file.
        return { bytes, resumed: true, problem: error.message };
      });
    if (outcome.problem) {
      kept.delete(file.sha256);
      await store?.dropParts((hash) => hash === file.sha256);
    }
    return outcome;
  }

  return {
    async file(file, options) {
      const first = await once(file, options);
      // The damage may lie in what was here before: the whole of it once more.
      const { bytes, problem } = first.problem && first.resumed ? await once(file, options) : first;
      if (!problem) return bytes;
      throw new NearfeedError("bad_release", `${file.name} arrived damaged: ${problem}`, {
        path: `files.${file.name}`,
      });
    },
    async keepOnly(hashes, store) {
      for (const hash of kept.keys()) if (!hashes.includes(hash)) kept.delete(hash);
      await store?.dropParts((hash) => !hashes.includes(hash));
    },
  };
}

/** @param length where it is not that of the bytes */
export async function problemOf(
  file: ReleaseFile,
  bytes: Uint8Array,
  length = bytes.length,
): Promise<string | undefined> {
  if (length !== file.bytes) return `got ${length} bytes, expected ${file.bytes}`;
  const hash = await sha256(bytes);
  return hash === file.sha256 ? undefined : `got SHA-256 ${hash}, expected ${file.sha256}`;
}
