// A pack in the bucket: its head is read once, a file of it by its range. Not what the file says; that is decoded by whoever
// asked for it, on a device or here.

import { NearfeedError } from "../../shared/errors.ts";
import { decodePackHead, packHeadBytes } from "../../shared/pack-file.ts";
import type { PackHead, PackKind } from "../../shared/pack-file.ts";
import { blobsOf } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { blobKey } from "../publish/keys.ts";
import { text } from "../runtime.ts";

/** The packed files of one kind of a release. */
export interface Pack {
  /** How many there are: 0 to `entries` − 1. */
  readonly entries: number;
  /** The head, from the bucket where it is not here yet. */
  head(): Promise<PackHead>;
  /** Where a file lies in the bucket. @throws NearfeedError of a damaged pack: bad_format, wrong_version, bad_release */
  find(entry: number): Promise<PackedFile>;
}

/** A range of one object. */
export interface PackedFile {
  readonly bytes: number;
  /** @throws NearfeedError bad_release where the object is gone */
  open(): Promise<R2ObjectBody>;
}

/** The pack of a kind, or undefined in a release without any. Nothing is read yet. */
export function openPack(bucket: R2Bucket, { files, costs }: Release, kind: PackKind): Pack | undefined {
  const file = files[kind];
  if (file === undefined || costs === undefined) return undefined;
  const entries = kind === "pools" ? costs.pool.cells : costs.rows.blocks;
  const parts = blobsOf(file);
  const path = `files.${kind}`;
  let head: Promise<PackHead> | undefined;

  async function readHead(): Promise<PackHead> {
    const length = Math.min(packHeadBytes(entries), parts[0].bytes);
    const object = await openRange(parts[0].sha256, { offset: 0, length });
    const bytes = new Uint8Array(await object.arrayBuffer());
    return decodePackHead(bytes, { kind, entries, packBytes: file!.bytes }, text);
  }

  async function openRange(sha256: string, range: R2Range): Promise<R2ObjectBody> {
    const object = await bucket.get(blobKey(sha256), { range });
    if (object === null) throw new NearfeedError("bad_release", `${file!.name} is gone from the bucket`, { path });
    return object;
  }

  function headOnce(): Promise<PackHead> {
    head ??= readHead().catch((error: unknown) => {
      head = undefined; // the next request tries again
      throw error;
    });
    return head;
  }

  return {
    entries,
    head: headOnce,
    async find(entry) {
      const { start, dataAt } = await headOnce();
      const [from, to] = [dataAt + start[entry], dataAt + start[entry + 1]];
      let partAt = 0;
      for (const { sha256, bytes } of parts) {
        const offset = from - partAt;
        if (offset < bytes) {
          if (to > partAt + bytes) break;
          return { bytes: to - from, open: () => openRange(sha256, { offset, length: to - from }) };
        }
        partAt += bytes;
      }
      throw new NearfeedError("bad_format", `file ${entry} of ${file.name} does not lie in one part`, { path });
    },
  };
}
