/** What one batch says of the encoder's weights and of the item vectors in it: the part of a step that threads share. */
import { createRandom } from "../math/random.ts";
import { dropoutMasks } from "./dropout.ts";
import type { TargetBatch, TargetSizes } from "./encoder-batches.ts";
import type { EncoderSpace } from "./encoder-kernel.ts";
import { createEncoderPass } from "./encoder-pass.ts";
import type { WeightLayout } from "./flat-weights.ts";
import { ENCODER_DROPOUTS } from "./model-shape.ts";
import { createNextItemPass } from "./next-item-pass.ts";

export interface GradientState {
  /** Of the encoder's weights and `logScale`. */
  readonly layout: WeightLayout;
  readonly sizes: TargetSizes;
  readonly dropout: number;
}

export interface GradientTask {
  /** In the order of the layout. */
  readonly weights: Float32Array;
  readonly batch: TargetBatch;
  /** Of the dropout. */
  readonly seed: number;
}

export interface Gradient {
  readonly loss: number;
  /** In the order of the layout. */
  readonly weights: Float32Array;
  /** `[B·L, d]`, `[B·L, d]` and `[M, d]`: of the vectors of events, targets and others. */
  readonly event: Float32Array;
  readonly target: Float32Array;
  readonly other: Float32Array;
}

export interface GradientRunner {
  gradient(task: GradientTask): Gradient;
  /** The loss of weights on batches, without dropout: mean over the batches, each weighted by its targets. */
  loss(weights: Float32Array, batches: readonly TargetBatch[]): number;
}

export function createGradientRunner(space: EncoderSpace, { layout, sizes, dropout }: GradientState): GradientRunner {
  const encoder = createEncoderPass(space, layout, sizes);
  const nextItem = createNextItemPass(space, sizes);
  const { size, rows, dim } = sizes;
  const logScaleAt = layout.parts.find(({ name }) => name === "logScale")!.from;
  const slots = Array.from({ length: size }, (_, slot) => slot);
  return {
    gradient({ weights, batch, seed }) {
      const masks = dropout > 0 ? dropoutMasks(ENCODER_DROPOUTS, size * rows * dim, dropout, createRandom(seed)) : [];
      encoder.begin(weights, batch.history, masks);
      nextItem.begin(batch);
      encoder.vectorSlope.fill(0);
      for (const slot of slots) encoder.forward(slot);
      const loss = nextItem.lossBack(encoder.query, weights[logScaleAt], encoder.querySlope);
      for (const slot of slots) encoder.back(slot);
      encoder.end();
      const slopes = Float32Array.from(encoder.slopes);
      slopes[logScaleAt] = nextItem.logScaleSlope;
      return {
        loss,
        weights: slopes,
        event: Float32Array.from(encoder.vectorSlope),
        target: Float32Array.from(nextItem.targetSlope),
        other: Float32Array.from(nextItem.otherSlope),
      };
    },
    loss(weights, batches) {
      let [total, targets] = [0, 0];
      for (const batch of batches) {
        encoder.begin(weights, batch.history, []);
        nextItem.begin(batch);
        for (const slot of slots) encoder.forward(slot);
        const weight = batch.weight.reduce((a, b) => a + b, 0);
        total += weight * nextItem.loss(encoder.query, weights[logScaleAt]);
        targets += weight;
      }
      return total / targets;
    },
  };
}
