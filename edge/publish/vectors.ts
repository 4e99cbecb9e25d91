// `POST /v1/releases/:id/vectors`: puts the vectors of a published release into the Vectorize index of the edge, a step a
// request, before a channel points at it. The edge has them already, in the release's index file; so the publisher sends
// nothing but where to go on, and needs no other secret. Without a Vectorize binding there is nothing to do.

import { NearfeedError } from "../../shared/errors.ts";
import { dequantize } from "../../shared/item-columns.ts";
import type { Dictionaries } from "../../shared/item-columns.ts";
import { parseVectorsRequest, REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { VectorsAnswer } from "../../shared/protocol.ts";
import type { Release } from "../../shared/release.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { openTensors } from "../retrieval/read-tensors.ts";
import type { ServedRelease } from "../retrieval/served.ts";
import {
  METADATA_PROPERTIES,
  metadataOf,
  namespaceOf,
  partitionOf,
  ranksOf,
  vectorId,
} from "../retrieval/vectorize-layout.ts";
import type { Ranks } from "../retrieval/vectorize-layout.ts";
import { whileClaimed } from "./claims.ts";
import { releaseKey } from "./keys.ts";
import { readRelease } from "./releases.ts";
import { readVectorsRecord, writeVectorsRecord } from "./vector-records.ts";

/** What one call of the binding takes. */
const BATCH = 1_000;

/** Batches a request: some seconds of work, so that a publisher sees how it gets on. */
const BATCHES = 10;

/** What is needed to search the vectors of a release, or null where they are not there, or not all of them. */
export async function readVectors(bucket: R2Bucket, release: string): Promise<{ ranks: Ranks } | null> {
  const record = (await readVectorsRecord(bucket, release))?.record;
  return record?.state === "ready" && record.ranks !== undefined ? { ranks: record.ranks } : null;
}

export interface PutVectorsOptions {
  readonly id: string;
  readonly now: number;
  /** Loads the release, which no channel need point at. */
  readonly open: () => Promise<ServedRelease>;
  /** Called once the edge can search the vectors. */
  readonly onReady: () => void;
}

/**
 * One step. It may be repeated and begun anew at any time: a vector is put under the same name again.
 *
 * @throws NearfeedError unknown_release, unavailable while vectors of an earlier publish are being deleted, or
 * bad_configuration where the index does not fit the release
 */
export async function putVectors(env: EdgeEnv, request: Request, options: PutVectorsOptions): Promise<Response> {
  const { from } = parseVectorsRequest(await readJson(request, REQUEST_LIMITS.vectorsBytes));
  // Claimed, the release is not collected during the step, and so its vectors are not.
  const answer = await whileClaimed(env.BUCKET, [releaseKey(options.id)], options.now, () => step(env, from, options));
  return jsonAnswer(answer satisfies VectorsAnswer);
}

async function step(
  { BUCKET, VECTORIZE }: EdgeEnv,
  from: number,
  { id, open, onReady }: PutVectorsOptions,
): Promise<VectorsAnswer> {
  const release = await readRelease(BUCKET, id);
  if (release === null) {
    throw new NearfeedError("unknown_release", "no release of this id was published", { path: "id" });
  }
  const { items, dim } = release;
  if (VECTORIZE === undefined) return { items, next: null, ready: true };
  const record = (await readVectorsRecord(BUCKET, id))?.record;
  if (record?.state === "ready") return { items, next: null, ready: true };
  if (record?.state === "leaving") {
    throw new NearfeedError("unavailable", `${record.items} vectors of an earlier publish are still to be deleted`, {
      hint: "Run nearfeed gc to its end, then publish again.",
    });
  }
  await checkDimensions(VECTORIZE, dim);
  if (record === undefined) await writeVectorsRecord(BUCKET, id, { state: "coming", items });
  const served = await open();
  const ranks = await readRanks(BUCKET, release, served.tables.head.dictionaries);
  if (from < items) {
    const to = Math.min(items, from + BATCH * BATCHES);
    for (let start = from; start < to; start += BATCH) {
      await VECTORIZE.upsert(await vectorsOf(served, ranks, start, Math.min(to, start + BATCH)));
    }
    return { items, next: to, ready: false };
  }
  if (!(await isVisible(VECTORIZE, await vectorsOf(served, ranks, items - 1, items)))) {
    return { items, next: null, ready: false };
  }
  await writeVectorsRecord(BUCKET, id, { state: "ready", items, ranks });
  onReady();
  return { items, next: null, ready: true };
}

/** @throws NearfeedError bad_configuration */
async function checkDimensions(binding: Vectorize, dim: number): Promise<void> {
  const { dimensions } = await binding.describe();
  if (dimensions === dim) return;
  throw new NearfeedError("bad_configuration", `the Vectorize index has ${dimensions} dimensions, the release ${dim}`, {
    path: "VECTORIZE",
    hint: `Create one with --dimensions=${dim} --metric=dot-product and bind it.`,
  });
}

/** How common categories and regions are, from the index file, so that it does not matter where its rows are held. */
async function readRanks(bucket: R2Bucket, { files }: Release, dictionaries: Dictionaries): Promise<Ranks> {
  const file = await openTensors(bucket, files.index);
  const all = async (name: string) => (await file.read(name, 0, file.shape(name)[0] ?? 0)).data as Uint16Array;
  return ranksOf({ category: await all("category"), region: await all("region") }, dictionaries);
}

/** Rows as they go into the index. */
async function vectorsOf({ tables, hydrator }: ServedRelease, ranks: Ranks, from: number, to: number) {
  const missing: string[] = [];
  const rows = Uint32Array.from({ length: to - from }, (_, at) => from + at);
  const { columns } = await hydrator.hydrate(rows, { onMissing: (part) => missing.push(part) });
  if (missing.length > 0) throw new NearfeedError("unavailable", `${missing.join(", ")} does not answer`);
  return Array.from(rows, (row, at) => ({
    id: vectorId(tables.release.id, row),
    values: dequantize(columns, at),
    namespace: namespaceOf(tables.release.id, partitionOf(row)),
    metadata: metadataOf(columns, at, ranks),
  }));
}

/**
 * Whether the vectors can be found, which takes Vectorize some seconds or minutes. It applies writes in their order, so the
 * last row stands for all.
 *
 * @throws NearfeedError bad_configuration where the row is there, but not its metadata
 */
async function isVisible(binding: Vectorize, [last]: Awaited<ReturnType<typeof vectorsOf>>): Promise<boolean> {
  const { id, values, namespace, metadata } = last!;
  if ((await binding.getByIds([id])).length === 0) return false;
  const { count } = await binding.query(values, { topK: 1, namespace, filter: { ...metadata } });
  if (count > 0) return true;
  throw new NearfeedError("bad_configuration", "the Vectorize index lacks metadata indexes", {
    path: "VECTORIZE",
    hint: `Create one of type number for each of ${METADATA_PROPERTIES.join(", ")}, then publish again.`,
  });
}
