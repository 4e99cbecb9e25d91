// Claims and condemnations: two flags by which publishing and garbage collection keep out of each other's way, in a bucket
// that has no transactions. Whoever is about to make something refer to an object claims it first and then looks whether it is
// condemned; the collector condemns first and then looks for claims. The bucket is strongly consistent, so whichever flag was
// raised second sees the first: never both go on.
//
// Either flag has a name of its own, drawn for each use, with the time in it: nobody takes down another's, and one that was
// left by something that died is void after a while.

import { NearfeedError } from "../../shared/errors.ts";
import { listAll } from "./list-all.ts";

const CLAIM_PREFIX = "claims/";
const CONDEMNED_PREFIX = "condemned/";

/**
 * How long a flag holds. What raised it lives for seconds: the command line gives up on a request after ten minutes, and a
 * Worker does not outlive its request.
 */
export const FLAG_LIFE_MS = 3_600_000;

/** Keys in the bucket that a flag is about. */
type Keys = readonly string[];

/**
 * Runs `work`, which makes something refer to objects, so that none of them is deleted under it.
 *
 * @param keys of what is referred to; with none there is nothing to claim
 * @throws NearfeedError unavailable while one of them is being deleted
 */
export async function whileClaimed<T>(bucket: R2Bucket, keys: Keys, now: number, work: () => Promise<T>): Promise<T> {
  if (keys.length === 0) return work();
  const claim = await raise(bucket, CLAIM_PREFIX, keys, now);
  const lower = () => bucket.delete(claim);
  try {
    await checkNotCondemned(bucket, keys, now);
    const result = await work();
    await lower();
    return result;
  } catch (error) {
    // After a refusal nothing was written. After anything else a write may still land: then the claim ends by its age.
    if (error instanceof NearfeedError) await lower();
    throw error;
  }
}

/** @throws NearfeedError unavailable where one of the keys is about to be deleted */
export async function checkNotCondemned(bucket: R2Bucket, keys: Keys, now: number): Promise<void> {
  const condemned = await flagged(bucket, CONDEMNED_PREFIX, now);
  const found = keys.find((key) => condemned.has(key));
  if (found === undefined) return;
  throw new NearfeedError("unavailable", `${found} is being deleted: nothing had referred to it for a day`, {
    hint: "Publish the release again in a minute.",
  });
}

/** What somebody is about to refer to. */
export function claimedKeys(bucket: R2Bucket, now: number): Promise<Set<string>> {
  return flagged(bucket, CLAIM_PREFIX, now);
}

/**
 * Runs `work`, which deletes objects, after nobody can begin to refer to them.
 *
 * @throws NearfeedError unavailable where another collection is under way
 */
export async function whileCondemned<T>(bucket: R2Bucket, keys: Keys, now: number, work: () => Promise<T>): Promise<T> {
  const own = await raise(bucket, CONDEMNED_PREFIX, keys, now);
  const others = (await flags(bucket, CONDEMNED_PREFIX, now)).current.filter((key) => key !== own);
  if (others.length > 0) {
    await bucket.delete(own);
    throw new NearfeedError("unavailable", "another garbage collection is under way", {
      hint: "Let it end; one that was killed is over after an hour.",
    });
  }
  // Not in a `finally`: where a deletion may still land, nobody may refer to these objects yet.
  const result = await work();
  await bucket.delete(own);
  return result;
}

/** Takes down what was left by something that died. */
export async function dropVoidFlags(bucket: R2Bucket, now: number): Promise<void> {
  for (const prefix of [CLAIM_PREFIX, CONDEMNED_PREFIX]) {
    const { past } = await flags(bucket, prefix, now);
    if (past.length > 0) await bucket.delete(past);
  }
}

async function raise(bucket: R2Bucket, prefix: string, keys: Keys, now: number): Promise<string> {
  const flag = `${prefix}${now}-${crypto.randomUUID()}.json`;
  await bucket.put(flag, JSON.stringify(keys), { httpMetadata: { contentType: "application/json" } });
  return flag;
}

async function flagged(bucket: R2Bucket, prefix: string, now: number): Promise<Set<string>> {
  const { current } = await flags(bucket, prefix, now);
  const lists = await Promise.all(current.map(async (flag) => (await bucket.get(flag))?.json<string[]>() ?? []));
  return new Set(lists.flat());
}

/** Keys of the flags that hold, and up to a thousand of those that hold no longer. */
async function flags(bucket: R2Bucket, prefix: string, now: number): Promise<{ current: string[]; past: string[] }> {
  const keys = (await listAll(bucket, prefix)).map(({ key }) => key);
  const isCurrent = (key: string) => now - Number(/^\d+/.exec(key.slice(prefix.length))?.[0] ?? 0) <= FLAG_LIFE_MS;
  return { current: keys.filter(isCurrent), past: keys.filter((key) => !isCurrent(key)).slice(0, 1_000) };
}
