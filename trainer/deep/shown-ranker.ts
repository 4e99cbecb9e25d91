/**
 * The ranker that learns from what people were shown and did: one hidden layer on a candidate's named features, in jax-js. The
 * exported graph (`shown-ranker-onnx.ts`) is the same for one list, less what the place in a list does (`position-tower.ts`).
 *
 * It does not read the encoded history. A log of exposures says yes or no a few times a person, and what attention finds in so
 * little is noise: GAUC of clicks on 2 and 3 May of KuaiRand .6025 with it, .6217 without.
 */
import { nn, numpy as np } from "@jax-js/jax";
import { createRandom, normal } from "../math/random.ts";
import type { Params, Tensor, Weights } from "./jax.ts";
import { SHOWN_HIDDEN } from "./model-shape.ts";
import { POSITION_BUCKETS } from "./position-tower.ts";

/**
 * The last layers start at zero: an untrained one says 0 and leaves the linear order as it is. So does the tower of places, which is
 * among the weights while they are learnt.
 *
 * @param columns that it reads
 * @param heads how many things it is to say of a candidate
 */
export function initialShownRanker(columns: number, heads: number, seed: number): Weights {
  const random = createRandom(seed);
  const deviation = 1 / Math.sqrt(columns);
  const zeros = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b)) });
  return {
    hiddenFeature: {
      shape: [columns, SHOWN_HIDDEN],
      values: Float32Array.from({ length: columns * SHOWN_HIDDEN }, () => normal(random) * deviation),
    },
    hiddenBias: zeros(SHOWN_HIDDEN),
    outHidden: zeros(SHOWN_HIDDEN, heads),
    outFeature: zeros(columns, heads),
    outBias: zeros(heads),
    positionBias: zeros(POSITION_BUCKETS, heads),
  };
}

/** What is exported, and what only training has. */
export function withoutTower<T>({
  positionBias,
  ...ranker
}: Record<string, T>): [Record<string, T>, Record<string, T>] {
  return [ranker, { positionBias }];
}

/**
 * `[N, heads]`. Owns everything it is given.
 *
 * @param feature `[N, columns]`, scaled; see `feature-scale.ts`
 * @param dropout `[N, hidden]`
 */
export function shownLogits(p: Params, feature: Tensor, dropout?: Tensor): Tensor {
  let hidden = nn.relu(np.matmul(feature.ref, p.hiddenFeature).add(p.hiddenBias));
  if (dropout) hidden = hidden.mul(dropout);
  return np.matmul(hidden, p.outHidden).add(np.matmul(feature, p.outFeature)).add(p.outBias);
}
