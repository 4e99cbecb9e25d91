// The part of garbage collection that looks after Vectorize: deletes the vectors of releases that are not in the bucket any
// more, some thousands a step. The record of a release's vectors (vector-records.ts) says how many are left, so a collection
// can be cut off and begun again anywhere.
//
// A publish may put the same release there again meanwhile. Two looks keep them apart: this marks the record as leaving and then
// looks once more for the release; putting vectors needs the release, claimed, and then looks at the record. Whichever comes
// second sees the other.

import { GARBAGE_PAGE } from "../../shared/garbage.ts";
import type { GarbageStep } from "../../shared/garbage.ts";
import { vectorId } from "../retrieval/vectorize-layout.ts";
import { RELEASE_PREFIX, releaseKey, VECTORS_PREFIX, vectorsKey } from "./keys.ts";
import { listAll } from "./list-all.ts";
import { readVectorsRecord, writeVectorsRecord } from "./vector-records.ts";

/** Ids that Vectorize takes in one call: it refuses more with its error 40007. */
const IDS_A_CALL = 100;

/** Calls a step, all of them and those at once: few enough for the requests that a Worker may make. */
const CALLS = 40;
const CALLS_AT_ONCE = 5;

export interface VectorsStepOptions {
  readonly bucket: R2Bucket;
  readonly binding: Vectorize;
  /** Where the step begins: behind this key. */
  readonly after: string;
  readonly dryRun: boolean;
  /** Keys of releases that are garbage themselves, but still there. */
  readonly condemned: ReadonlySet<string>;
}

/** Deletes some vectors of the first release of a page that is gone, or says of all of them that it would. */
export async function collectVectors(options: VectorsStepOptions): Promise<GarbageStep> {
  const { bucket, binding, after, dryRun, condemned } = options;
  const page = await bucket.list({ prefix: VECTORS_PREFIX, startAfter: after, limit: GARBAGE_PAGE });
  const stored = new Set((await listAll(bucket, RELEASE_PREFIX)).map(({ key }) => key));
  const last = page.truncated ? page.objects.at(-1)!.key : null;
  const step: GarbageStep = { looked: page.objects.length, deleted: [], bytes: 0, next: last };
  for (const { key, size } of page.objects) {
    const id = key.slice(VECTORS_PREFIX.length, -".json".length);
    const needed = stored.has(releaseKey(id)) && !(dryRun && condemned.has(releaseKey(id)));
    if (dryRun) {
      if (!needed) step.deleted.push(key);
      continue;
    }
    const left = await leave(bucket, id, needed);
    if (left === null) continue;
    await deleteRows(binding, id, Math.max(0, left - IDS_A_CALL * CALLS), left);
    if (left > IDS_A_CALL * CALLS) {
      await writeVectorsRecord(bucket, id, { state: "leaving", items: left - IDS_A_CALL * CALLS });
      return { ...step, next: after };
    }
    await bucket.delete(vectorsKey(id));
    return { ...step, deleted: [key], bytes: size, next: page.objects.at(-1)!.key === key ? last : key };
  }
  return step;
}

/**
 * Marks the vectors of a release as leaving.
 *
 * @returns how many are left, null where they stay
 */
async function leave(bucket: R2Bucket, id: string, needed: boolean): Promise<number | null> {
  const read = await readVectorsRecord(bucket, id);
  if (read === null) return null;
  const { record, etag } = read;
  // Some of them may be gone already, so a release that has come back waits until all are.
  if (record.state === "leaving") return record.items;
  if (needed) return null;
  const marked = await writeVectorsRecord(bucket, id, { state: "leaving", items: record.items }, etag);
  if (marked === null) return null;
  if ((await bucket.head(releaseKey(id))) === null) return record.items;
  await writeVectorsRecord(bucket, id, record, marked);
  return null;
}

async function deleteRows(binding: Vectorize, release: string, from: number, to: number): Promise<void> {
  const calls: string[][] = [];
  for (let start = from; start < to; start += IDS_A_CALL) {
    const count = Math.min(IDS_A_CALL, to - start);
    calls.push(Array.from({ length: count }, (_, at) => vectorId(release, start + at)));
  }
  for (let at = 0; at < calls.length; at += CALLS_AT_ONCE) {
    await Promise.all(calls.slice(at, at + CALLS_AT_ONCE).map((ids) => binding.deleteByIds(ids)));
  }
}
