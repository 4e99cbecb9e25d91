// `POST /v1/releases/:id/vectors`: puts the vectors of a published release into the Vectorize index of the edge, a step a
// request, before a channel points at it. The edge has them already, in the release's index file; so the publisher sends
// nothing but where to go on, and needs no other secret. Without a Vectorize binding there is nothing to do.

import { NearfeedError } from "../../shared/errors.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { array, integer, object } from "../../shared/parse.ts";
import type { Parsed } from "../../shared/parse.ts";
import { parseVectorsRequest, REQUEST_LIMITS } from "../../shared/protocol.ts";
import type { VectorsAnswer } from "../../shared/protocol.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import type { ServedRelease } from "../retrieval/served.ts";
import type { Tables } from "../retrieval/tables.ts";
import {
  METADATA_PROPERTIES,
  metadataOf,
  namespaceOf,
  partitionOf,
  ranksOf,
  vectorId,
} from "../retrieval/vectorize-layout.ts";
import { vectorsKey } from "./keys.ts";
import { readRelease } from "./releases.ts";
import { fromStore } from "./stored.ts";

/** What one call of the binding takes. */
const BATCH = 1_000;

/** Batches a request: some seconds of work, so that a publisher sees how it gets on. */
const BATCHES = 10;

const rank = integer({ min: 0 });

/** What is kept of a release whose vectors are all there. */
const storedVectors = object({
  ranks: object({ categories: array(rank, { max: 65_536 }), regions: array(rank, { max: 65_536 }) }),
});

/** The vectors of a release in the index, or null where they are not, or not all of them. */
export async function readVectors(bucket: R2Bucket, release: string): Promise<Parsed<typeof storedVectors> | null> {
  const stored = await bucket.get(vectorsKey(release));
  if (stored === null) return null;
  return fromStore(`the record of vectors of ${release}`, async () => storedVectors(await stored.json(), ""));
}

/**
 * One step. It may be repeated and begun anew at any time: a vector is put under the same name again.
 *
 * @param options.open loads the release, which no channel need point at
 * @param options.onReady called once the edge can search the vectors
 * @throws NearfeedError unknown_release, or bad_configuration where the index does not fit the release
 */
export async function putVectors(
  { BUCKET, VECTORIZE }: EdgeEnv,
  request: Request,
  options: { id: string; open: () => Promise<ServedRelease>; onReady: () => void },
): Promise<Response> {
  const { from } = parseVectorsRequest(await readJson(request, REQUEST_LIMITS.vectorsBytes));
  const release = await readRelease(BUCKET, options.id);
  if (release === null) {
    throw new NearfeedError("unknown_release", "no release of this id was published", { path: "id" });
  }
  const { items, dim } = release;
  const answer = (next: number | null, ready: boolean): Response =>
    jsonAnswer({ items, next, ready } satisfies VectorsAnswer);
  if (VECTORIZE === undefined || (await readVectors(BUCKET, options.id)) !== null) return answer(null, true);
  const { dimensions } = await VECTORIZE.describe();
  if (dimensions !== dim) {
    throw new NearfeedError(
      "bad_configuration",
      `the Vectorize index has ${dimensions} dimensions, the release ${dim}`,
      {
        path: "VECTORIZE",
        hint: `Create one with --dimensions=${dim} --metric=dot-product and bind it.`,
      },
    );
  }
  const { tables } = await options.open();
  if (from < items) {
    const to = Math.min(items, from + BATCH * BATCHES);
    await upsert(VECTORIZE, tables, from, to);
    return answer(to, false);
  }
  if (!(await isVisible(VECTORIZE, tables))) return answer(null, false);
  const ranks = ranksOf(tables.index.columns, tables.index.dictionaries);
  await BUCKET.put(vectorsKey(options.id), JSON.stringify({ ranks }));
  options.onReady();
  return answer(null, true);
}

async function upsert(binding: Vectorize, { release, index }: Tables, from: number, to: number): Promise<void> {
  const { columns, dictionaries } = index;
  const ranks = ranksOf(columns, dictionaries);
  for (let start = from; start < to; start += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, to - start) }, (_, at) => start + at);
    await binding.upsert(
      rows.map((row) => ({
        id: vectorId(release.id, row),
        values: dequantize(columns, row),
        namespace: namespaceOf(release.id, partitionOf(row)),
        metadata: metadataOf(columns, row, ranks),
      })),
    );
  }
}

/**
 * Whether the vectors can be found, which takes Vectorize some seconds or minutes. It applies writes in their order, so the
 * last row stands for all.
 *
 * @throws NearfeedError bad_configuration where the row is there, but not its metadata
 */
async function isVisible(binding: Vectorize, { release, index }: Tables): Promise<boolean> {
  const row = release.items - 1;
  if ((await binding.getByIds([vectorId(release.id, row)])).length === 0) return false;
  const { count } = await binding.query(dequantize(index.columns, row), {
    topK: 1,
    namespace: namespaceOf(release.id, partitionOf(row)),
    filter: { ...metadataOf(index.columns, row, ranksOf(index.columns, index.dictionaries)) },
  });
  if (count > 0) return true;
  throw new NearfeedError("bad_configuration", "the Vectorize index lacks metadata indexes", {
    path: "VECTORIZE",
    hint: `Create one of type number for each of ${METADATA_PROPERTIES.join(", ")}, then publish again.`,
  });
}
