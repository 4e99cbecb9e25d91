/**
 * What the place in a list does to what people take, whatever stands there: a number for every place and head, added to a logit while
 * the ranker learns and left out of the release (Zhao et al. 2019, "Recommending what video to watch next", §4.3). Without it the
 * ranker learns what earlier lists put first, and takes it for what people like.
 */
import { numpy as np } from "@jax-js/jax";
import type { ShownGroup } from "./deep-input.ts";
import type { Params, Tensor, Weights } from "./jax.ts";

/** Places that have a number of their own. */
const OWN_PLACES = 8;
/** Numbers of later places, each shared by those that are less than twice as far; the last one by all that are farther. */
const SHARED = 4;
export const POSITION_BUCKETS = OWN_PLACES + SHARED;

/**
 * What the numbers are multiplied by. Adam moves every number by the rate at most, and what a place does is larger than what one
 * unit does: in a short training it would come too late.
 */
const STRIDE = 4;

/** @returns undefined for a place of which the log does not say */
export function positionBucket(position: number): number | undefined {
  if (position < 0) return undefined;
  if (position < OWN_PLACES) return position;
  return OWN_PLACES + Math.min(SHARED - 1, Math.floor(Math.log2(position / OWN_PLACES)));
}

/** `[N, heads]`. Owns both. @param place `[N, POSITION_BUCKETS]` 1 where a candidate stood; zeros where the log does not say */
export function positionLogits({ positionBias }: Params, place: Tensor): Tensor {
  return np.matmul(place, positionBias).mul(STRIDE);
}

/**
 * Logits as people met them: with what each place did. What was shown says no more of the logits alone than of where they stood.
 *
 * @param logits `[k, heads]` of each group
 */
export function withPlaces(
  { positionBias }: Weights,
  groups: readonly ShownGroup[],
  logits: readonly Float32Array[],
): Float32Array[] {
  const heads = positionBias.shape[1];
  return logits.map((values, g) =>
    values.map((logit, i) => {
      const bucket = positionBucket(groups[g].position[Math.floor(i / heads)]);
      return bucket === undefined ? logit : logit + STRIDE * positionBias.values[bucket * heads + (i % heads)];
    }),
  );
}
