/** What one batch says of the encoder's weights and of the item vectors in it: the part of a step that threads share. */
import { jit, valueAndGrad } from "@jax-js/jax";
import { createRandom } from "../math/random.ts";
import { dropoutMasks } from "./dropout.ts";
import { ENCODER_DROPOUTS } from "./encoder.ts";
import type { TargetBatch, TargetSizes } from "./encoder-batches.ts";
import { flatten, unflatten, type WeightLayout } from "./flat-weights.ts";
import { dispose, type Params, startJax, type Tensor, toParams, toWeights } from "./jax.ts";
import { lossTensors, nextItemLoss, vectorWeights } from "./next-item-loss.ts";

export interface GradientState {
  readonly layout: WeightLayout;
  readonly sizes: TargetSizes;
  readonly dropout: number;
}

export interface GradientTask {
  /** The encoder's weights and `logScale`, in the order of the layout. */
  readonly weights: Float32Array;
  readonly batch: TargetBatch;
  /** Of the dropout. */
  readonly seed: number;
}

export interface Gradient {
  readonly loss: number;
  readonly weights: Float32Array;
  /** Of the vectors, in the shapes of `vectorWeights`. */
  readonly event: Float32Array;
  readonly target: Float32Array;
  readonly other: Float32Array;
}

/** Starts jax-js where it runs. */
export async function createGradientRunner({ layout, sizes, dropout }: GradientState) {
  await startJax();
  const slopes = valueAndGrad((params: Params, ...batch: Tensor[]) => nextItemLoss(params, batch));
  const run = jit((params: Params, ...batch: Tensor[]) => slopes(params, ...batch) as [Tensor, Params]);
  return ({ weights, batch, seed }: GradientTask): Gradient => {
    const params = toParams({ ...unflatten(layout, weights), ...vectorWeights(batch, sizes) });
    const { size, rows, dim } = sizes;
    const masks = dropout > 0 ? dropoutMasks(ENCODER_DROPOUTS, [size, rows, dim], dropout, createRandom(seed)) : [];
    const [value, gradient] = run(params, ...lossTensors(batch, sizes), ...masks);
    const loss = (value.dataSync() as Float32Array)[0];
    const { eventVector, targetVector, otherVector, ...own } = toWeights(gradient);
    dispose(gradient);
    return {
      loss,
      weights: flatten(layout, own),
      event: eventVector.values,
      target: targetVector.values,
      other: otherVector.values,
    };
  };
}

/** The loss of weights on batches, without dropout. */
export function createJudge(layout: WeightLayout, sizes: TargetSizes) {
  const run = jit((params: Params, ...batch: Tensor[]) => nextItemLoss(params, batch));
  return {
    /** Mean over the batches, each weighted by its targets. */
    loss(weights: Float32Array, batches: readonly TargetBatch[]): number {
      let [total, targets] = [0, 0];
      for (const batch of batches) {
        const params = toParams({ ...unflatten(layout, weights), ...vectorWeights(batch, sizes) });
        const weight = batch.weight.reduce((a, b) => a + b, 0);
        total += weight * Number(run(params, ...lossTensors(batch, sizes)).dataSync()[0]);
        targets += weight;
      }
      return total / targets;
    },
    [Symbol.dispose]() {
      run.dispose();
    },
  };
}
