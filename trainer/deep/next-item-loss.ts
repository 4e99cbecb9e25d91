/**
 * The encoder's loss: softmax of each point's query over the next item and sampled others, corrected for how the others
 * were sampled (Bengio & Senécal 2008), mean over the wanted targets.
 */
import { lax, numpy as np } from "@jax-js/jax";
import { encode } from "./encoder.ts";
import type { TargetBatch, TargetSizes } from "./encoder-batches.ts";
import { fromTensors, HISTORY_TENSORS, toTensors } from "./history-batch.ts";
import { MASKED, type Params, type Tensor, tensor } from "./jax.ts";

/** In the order that {@link nextItemLoss} reads them. */
export function lossTensors(batch: TargetBatch, { size, rows, dim, negatives }: TargetSizes): Tensor[] {
  const points = size * rows;
  return [
    ...toTensors(batch.history),
    tensor(batch.target, [points, dim]),
    tensor(batch.weight, [points]),
    tensor(batch.targetItem, [points, 1]),
    tensor(batch.targetLogExpected, [points]),
    tensor(batch.negative, [dim, negatives]),
    tensor(batch.negativeItem, [1, negatives]),
    tensor(batch.negativeLogExpected, [1, negatives]),
  ];
}

const TARGET_TENSORS = 7;

/**
 * Owns its arguments.
 *
 * @param params of the encoder, and `logScale` [1], log of the factor from dot products to log-odds
 * @param batch `lossTensors`, then dropout masks, if any
 */
export function nextItemLoss({ logScale, ...encoder }: Params, batch: readonly Tensor[]): Tensor {
  const history = fromTensors(batch);
  const targets = batch.slice(HISTORY_TENSORS, HISTORY_TENSORS + TARGET_TENSORS);
  const [target, weight, targetItem, targetLogExpected, negative, negativeItem, negativeLogExpected] = targets;
  const { state, query } = encode(encoder, history, batch.slice(HISTORY_TENSORS + TARGET_TENSORS));
  state.dispose();
  const scaled = query.reshape(target.shape).mul(np.exp(logScale));
  const wanted = np.sum(scaled.ref.mul(target), -1).sub(targetLogExpected);
  // A negative that is the target itself is no evidence against it.
  const same = np.equal(targetItem, negativeItem).astype(np.float32).mul(MASKED);
  const others = np.matmul(scaled, negative).sub(negativeLogExpected).sub(same);
  // One sum over target and others: two nested `logSumExp` take ten times as long.
  const max = lax.stopGradient(np.maximum(np.max(others.ref, -1), wanted.ref));
  const sum = np.sum(np.exp(others.sub(max.ref.reshape([-1, 1]))), -1).add(np.exp(wanted.ref.sub(max.ref)));
  const loss = np.log(sum).add(max).sub(wanted).mul(weight.ref);
  return np.sum(loss).div(np.sum(weight).add(Number.EPSILON));
}
