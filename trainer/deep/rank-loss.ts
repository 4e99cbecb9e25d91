/** The ranker's loss: softmax within each group over scaled linear score plus logit, mean over the groups. */
import { numpy as np } from "@jax-js/jax";
import { logSumExp, type Params, type Tensor } from "./jax.ts";
import { rankerLogits } from "./ranker.ts";

/**
 * Owns its arguments.
 *
 * @param batch `groupTensors`, then a dropout mask, if any
 */
export function rankLoss(params: Params, batch: readonly Tensor[]): Tensor {
  const [state, mask, candidate, feature, context, offset, wanted, dropout] = batch;
  const [size, candidates] = offset.shape;
  const logits = rankerLogits(params, { state, mask, candidate, feature, context }, dropout);
  const scores = logits.reshape([size, candidates]).add(offset);
  const used = np.sum(wanted.ref, -1);
  const loss = logSumExp(scores.ref)
    .mul(used.ref)
    .sub(np.sum(scores.mul(wanted), -1));
  return np.sum(loss).div(np.sum(used));
}
