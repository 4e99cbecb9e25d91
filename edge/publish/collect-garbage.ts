// `POST /v1/gc`: deletes releases that no channel serves, artifacts that no release names, and vectors in Vectorize whose
// release is gone (collect-vectors.ts), a page of the bucket a step.
// Where it stands is in the request, so a collection can be cut off and begun again anywhere. Two things hold at every moment,
// whatever runs beside it:
//
//   1. every release that a channel serves (active, previous, canary) is in the bucket;
//   2. every artifact that a release in the bucket names is in the bucket.
//
// So releases go before artifacts, and both only after they were condemned (claims.ts) and found unclaimed and unreferenced
// once more. Nothing that was stored within the last day is touched: a publish may be under way.

import { garbageRequest, GARBAGE_PAGE } from "../../shared/garbage.ts";
import type { GarbageStep } from "../../shared/garbage.ts";
import { blobsOf, releaseFiles } from "../../shared/release.ts";
import type { Release } from "../../shared/release.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { EdgeEnv } from "../bindings.ts";
import { jsonAnswer } from "../http/answers.ts";
import { readJson } from "../http/body.ts";
import { allServed, readChannels } from "./channels.ts";
import { claimedKeys, dropVoidFlags, whileCondemned } from "./claims.ts";
import { collectVectors } from "./collect-vectors.ts";
import { BLOB_PREFIX, blobKey, RELEASE_PREFIX, releaseKey, VECTORS_PREFIX } from "./keys.ts";
import { listAll } from "./list-all.ts";
import { readRelease } from "./releases.ts";

/** What is younger may belong to a publish that is under way, or to somebody who thinks again about a release. */
export const SPARED_MS = 24 * 3_600_000;

/** Does one step at `now`. */
export async function collectGarbage({ BUCKET, VECTORIZE }: EdgeEnv, request: Request, now: number): Promise<Response> {
  const { after = RELEASE_PREFIX, dryRun = false } = garbageRequest(
    await readJson(request, REQUEST_LIMITS.garbageBytes),
    "",
  );
  return jsonAnswer((await step(BUCKET, { after, dryRun, now, vectorize: VECTORIZE })) satisfies GarbageStep);
}

interface StepOptions {
  /** Where the step begins: behind this key. */
  readonly after: string;
  readonly dryRun: boolean;
  readonly now: number;
  /** Where the edge has one. */
  readonly vectorize: Vectorize | undefined;
}

async function step(bucket: R2Bucket, { after, dryRun, now, vectorize }: StepOptions): Promise<GarbageStep> {
  const phases = [RELEASE_PREFIX, BLOB_PREFIX, ...(vectorize === undefined ? [] : [VECTORS_PREFIX])];
  const phase = phases.findIndex((each) => after.startsWith(each));
  if (phase < 0) {
    throw new NearfeedError("bad_value", `after must begin with one of ${phases.join(", ")}`, { path: "after" });
  }
  const prefix = phases[phase]!;
  if (prefix === VECTORS_PREFIX) {
    const condemned = dryRun ? await condemnedReleases(bucket, now) : new Set<string>();
    return collectVectors({ bucket, binding: vectorize!, after, dryRun, condemned });
  }
  const known = new Map<string, Release>();
  const look = async (): Promise<{ page: R2Objects; garbage: R2Object[] }> => {
    const needed =
      prefix === RELEASE_PREFIX ? await servedKeys(bucket, now) : await namedKeys(bucket, now, dryRun, known);
    // After what is needed: what was stored anew by somebody whose claim is gone by now is young here.
    const page = await bucket.list({ prefix, startAfter: after, limit: GARBAGE_PAGE });
    const isGarbage = ({ key, uploaded }: R2Object) => isOld(uploaded, now) && !needed.has(key);
    return { page, garbage: page.objects.filter(isGarbage) };
  };
  const { page, garbage } = await look();
  const deleted = dryRun || garbage.length === 0 ? garbage : await deleteUnneeded();
  const last = page.truncated ? page.objects.at(-1)!.key : null;
  return {
    looked: page.objects.length,
    deleted: deleted.map(({ key }) => key),
    bytes: deleted.reduce((sum, { size }) => sum + size, 0),
    next: last ?? phases[phase + 1] ?? null,
  };

  async function deleteUnneeded(): Promise<R2Object[]> {
    await dropVoidFlags(bucket, now);
    const condemned = new Set(garbage.map(({ key }) => key));
    return whileCondemned(bucket, [...condemned], now, async () => {
      // Once more, now that nobody can begin to refer to them: what was claimed or stored anew meanwhile stays.
      const still = (await look()).garbage.filter(({ key }) => condemned.has(key));
      if (still.length > 0) await bucket.delete(still.map(({ key }) => key));
      return still;
    });
  }
}

function isOld(uploaded: Date, now: number): boolean {
  return now - uploaded.getTime() > SPARED_MS;
}

/** Keys of the releases that channels serve, or are about to. */
async function servedKeys(bucket: R2Bucket, now: number): Promise<Set<string>> {
  // Claims first: one that is gone by now has left its trace in a channel.
  const claimed = await claimedKeys(bucket, now);
  const served = allServed(await readChannels(bucket));
  return new Set([...claimed, ...[...served].map(releaseKey)]);
}

/** Keys of the releases that are garbage. */
async function condemnedReleases(bucket: R2Bucket, now: number): Promise<Set<string>> {
  const served = await servedKeys(bucket, now);
  const all = await listAll(bucket, RELEASE_PREFIX);
  return new Set(all.filter(({ key, uploaded }) => !served.has(key) && isOld(uploaded, now)).map(({ key }) => key));
}

/**
 * Keys of the artifacts that releases name, or are about to.
 *
 * @param expectDeletions true: those of releases that are garbage themselves do not count
 * @param known releases that were read before, by key and etag
 * @throws NearfeedError bad_release where one cannot be read: then nobody knows what it names
 */
async function namedKeys(
  bucket: R2Bucket,
  now: number,
  expectDeletions: boolean,
  known: Map<string, Release>,
): Promise<Set<string>> {
  const needed = await claimedKeys(bucket, now);
  const going = expectDeletions ? await condemnedReleases(bucket, now) : new Set<string>();
  for (const { key, etag } of await listAll(bucket, RELEASE_PREFIX)) {
    if (going.has(key)) continue;
    const version = `${key} ${etag}`;
    const release =
      known.get(version) ?? (await readRelease(bucket, key.slice(RELEASE_PREFIX.length, -".json".length)));
    if (release === null) continue;
    known.set(version, release);
    for (const { sha256 } of releaseFiles(release).flatMap(blobsOf)) needed.add(blobKey(sha256));
  }
  return needed;
}
