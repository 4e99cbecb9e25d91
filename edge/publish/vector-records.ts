// The record of a release's vectors in Vectorize, which cannot be asked what it holds: whether they are being put there, are
// all there, or are leaving. It lies in the bucket as long as there may be any.

import { array, integer, object, oneOf, optional } from "../../shared/parse.ts";
import type { Parsed } from "../../shared/parse.ts";
import type { Ranks } from "../retrieval/vectorize-layout.ts";
import { vectorsKey } from "./keys.ts";
import { fromStore } from "./stored.ts";

const rank = integer({ min: 0 });

const vectorsRecord = object({
  state: oneOf(["coming", "ready", "leaving"]),
  /** How many there may be, from row 0 on. */
  items: integer({ min: 0 }),
  /** What the metadata of the vectors means, once they are ready. */
  ranks: optional(object({ categories: array(rank, { max: 65_536 }), regions: array(rank, { max: 65_536 }) })),
});

export interface VectorsRecord extends Omit<Parsed<typeof vectorsRecord>, "ranks"> {
  readonly ranks?: Ranks | undefined;
}

/** A record and the version of it that was read or written. */
export interface VersionedRecord {
  readonly record: VectorsRecord;
  readonly etag: string;
}

/** @returns null where no vector of the release was put there. */
export async function readVectorsRecord(bucket: R2Bucket, release: string): Promise<VersionedRecord | null> {
  const stored = await bucket.get(vectorsKey(release));
  if (stored === null) return null;
  const record = await fromStore(`the record of vectors of ${release}`, async () =>
    vectorsRecord(await stored.json(), ""),
  );
  return { record, etag: stored.etag };
}

/**
 * @param etag the version that is replaced; without it any is
 * @returns the version that was written, null where another one lies there
 */
export async function writeVectorsRecord(
  bucket: R2Bucket,
  release: string,
  record: VectorsRecord,
  etag?: string,
): Promise<string | null> {
  const onlyIf = etag === undefined ? undefined : { etagMatches: etag };
  const written = await bucket.put(vectorsKey(release), JSON.stringify(record), { onlyIf });
  return written?.etag ?? null;
}
