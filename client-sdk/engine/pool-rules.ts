/**
 * When a pool is fetched anew: the interests have moved away from it, it is old, or most of it was seen. Not how.
 */

/** What a pool was fetched for. */
export interface PoolAim {
  /** What the linear score looks for: the weighted sum of taste and intent. `[d]` */
  readonly query: Float64Array;
  /** Epoch ms of the list that it was fetched for. */
  readonly at: number;
  /** Items of the pool that the person had not met then. */
  readonly unseen: number;
}

/**
 * Least cosine of the query with the one that the pool was fetched for. Measured on held-out events of the bundled ratings,
 * share of the best 100 items of the catalogue that the pool has: at .95 .975 with .82 fetches an event, at .7 .964 with
 * .31, at .5 .949 with .16.
 */
export const LEAST_COSINE = 0.7;

/** A pool says nothing of what was added since: half a day is how long news stays new. */
export const LARGEST_AGE_MS = 12 * 3_600_000;

/** Share of what was unseen at the fetch that must still be: below it lists have too little to choose from. */
export const LEAST_UNSEEN = 0.5;

/** Why the pool of `then` is to be fetched anew; undefined where it still serves. */
export function reasonToFetch(then: PoolAim, now: PoolAim): "drift" | "age" | "seen" | undefined {
  if (now.at - then.at > LARGEST_AGE_MS) return "age";
  if (now.unseen < LEAST_UNSEEN * then.unseen) return "seen";
  return cosine(then.query, now.query) < LEAST_COSINE ? "drift" : undefined;
}

/** 1 for vectors without length: what looks for nothing has not moved. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaredA, squaredB] = [0, 0, 0];
  for (let j = 0; j < a.length; j++) {
    product += a[j]! * b[j]!;
    squaredA += a[j]! ** 2;
    squaredB += b[j]! ** 2;
  }
  const lengths = Math.sqrt(squaredA * squaredB);
  return lengths > 0 ? product / lengths : 1;
}
