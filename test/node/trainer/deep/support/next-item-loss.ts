/**
 * The encoder's loss: softmax of each point's query over the next item and others, mean over the wanted targets. Others
 * are the whole catalogue, or a sample that is corrected for how it was drawn (Bengio & Senécal 2008).
 */
import { lax, numpy as np } from "@jax-js/jax";
import { encode } from "../../../../../trainer/deep/encoder.ts";
import type { TargetBatch, TargetSizes } from "../../../../../trainer/deep/encoder-batches.ts";
import { type Params, type Tensor, tensor, type Weights } from "../../../../../trainer/deep/jax.ts";
import { MASKED } from "../../../../../trainer/deep/model-numbers.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "../../../../../trainer/deep/model-shape.ts";

/** The item vectors of a batch. They are learnt too, so they stand among the parameters. */
export function vectorWeights(batch: TargetBatch, { size, rows, dim, others }: TargetSizes): Weights {
  return {
    eventVector: { shape: [size, rows, dim], values: batch.history.vector },
    targetVector: { shape: [size * rows, dim], values: batch.target },
    otherVector: { shape: [others, dim], values: batch.other },
  };
}

/** In the order that {@link nextItemLoss} reads them. */
export function lossTensors(batch: TargetBatch, { size, rows, others }: TargetSizes): Tensor[] {
  const points = size * rows;
  const { signal, age, mask, context } = batch.history;
  return [
    tensor(signal, [size, rows, SIGNAL_SIZE]),
    tensor(age, [size, rows]),
    tensor(mask, [size, rows]),
    tensor(context, [size, rows, CONTEXT_SIZE]),
    tensor(batch.weight, [points]),
    tensor(batch.targetItem, [points, 1]),
    tensor(batch.targetLogExpected, [points]),
    tensor(batch.otherItem, [1, others]),
    tensor(batch.otherLogExpected, [1, others]),
  ];
}

/**
 * Owns its arguments.
 *
 * @param params of the encoder, `logScale` [1], log of the factor from dot products to log-odds, and `vectorWeights`
 * @param batch `lossTensors`, then dropout masks, if any
 */
export function nextItemLoss(
  { logScale, eventVector, targetVector, otherVector, ...encoder }: Params,
  batch: readonly Tensor[],
): Tensor {
  const [signal, age, mask, context, weight, targetItem, targetLogExpected, otherItem, otherLogExpected, ...dropout] =
    batch;
  const { state, query } = encode(encoder, { vector: eventVector, signal, age, mask, context }, dropout);
  state.dispose();
  const scaled = query.reshape(targetVector.shape).mul(np.exp(logScale));
  const wanted = np.sum(scaled.ref.mul(targetVector), -1).sub(targetLogExpected);
  // The target among the others is no evidence against itself.
  const same = np.equal(targetItem, otherItem).astype(np.float32).mul(MASKED);
  const others = np.matmul(scaled, np.transpose(otherVector)).sub(otherLogExpected).sub(same);
  // One sum over target and others: two nested `logSumExp` take ten times as long.
  const max = lax.stopGradient(np.maximum(np.max(others.ref, -1), wanted.ref));
  const sum = np.sum(np.exp(others.sub(max.ref.reshape([-1, 1]))), -1).add(np.exp(wanted.ref.sub(max.ref)));
  const loss = np.log(sum).add(max).sub(wanted).mul(weight.ref);
  return np.sum(loss).div(np.sum(weight).add(Number.EPSILON));
}
