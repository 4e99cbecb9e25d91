/**
 * Trains the encoder on next items: at every point of every sequence its query must prefer the next wanted item to
 * sampled others. The weights that held-out users are best predicted by are kept, the starting ones included.
 */
import { jit } from "@jax-js/jax";
import { createRandom } from "../math/random.ts";
import { createAdam, learningRateAt } from "./adam.ts";
import type { DeepSequence, DeepSettings } from "./deep-input.ts";
import { dropoutMasks } from "./dropout.ts";
import { ENCODER_DROPOUTS, initialEncoder } from "./encoder.ts";
import { batchWindows, cutWindows, targetBatch, type WindowBatch } from "./encoder-batches.ts";
import { dispose, keep, type Params, type Tensor, toParams, toWeights, type Weights } from "./jax.ts";
import { type ModelShape, trainingEvents } from "./model-shape.ts";
import { createNegativeSampler } from "./negatives.ts";
import { lossTensors, nextItemLoss } from "./next-item-loss.ts";
import type { StepClock } from "./step-clock.ts";

export interface EncoderInput {
  readonly shape: ModelShape;
  /** `[n, d]` each, scaled. */
  readonly spaces: readonly Float32Array[];
  readonly training: readonly DeepSequence[];
  readonly heldOut: readonly DeepSequence[];
}

export interface TrainedEncoder {
  readonly weights: Weights;
  /** Held-out loss of the starting weights and of the kept ones; null where there was none to measure. */
  readonly start: number | null;
  readonly best: number | null;
  readonly steps: number;
}

/** Held-out batches that a checkpoint is judged on; more would take time that training uses better. */
const CHECK_BATCHES = 6;
/** Checkpoints in a run. */
const CHECKS = 6;
/** Factors from a dot product to log-odds that are tried at the start; the best depends on the factorisation. */
const START_SCALES = [0.02, 0.05, 0.1, 0.2, 0.4];
/** Weights that pull towards what they started as, not towards zero, are not decayed; nor are gains and biases. */
const NOT_DECAYED = /^(inVector|baseOut|baseMix|logScale|.*Gain|.*Bias)$/;

export async function trainEncoder(
  { shape, spaces, training, heldOut }: EncoderInput,
  settings: DeepSettings,
  seed: number,
  clock: StepClock,
): Promise<TrainedEncoder> {
  const rows = trainingEvents(shape.events);
  const sizes = { size: settings.encoderBatch, rows, dim: shape.dim, negatives: settings.negatives };
  const random = createRandom(seed);
  const sampler = createNegativeSampler(countItems(training, spaces[0].length / shape.dim));
  const draw = (batch: WindowBatch) => targetBatch(batch, spaces[batch.space], sizes, sampler, random);

  const checks = batchWindows(cutWindows(heldOut, rows), sizes.size, random).slice(0, CHECK_BATCHES).map(draw);
  const judge = jit((params: Params, ...batch: Tensor[]) => nextItemLoss(params, batch));
  const heldOutLoss = (params: Params) => {
    const losses = checks.map((batch) => Number(judge(keep(params), ...lossTensors(batch, sizes)).dataSync()[0]));
    return losses.reduce((sum, loss) => sum + loss, 0) / checks.length;
  };

  let best = { weights: startingWeights(shape, seed, START_SCALES[0]), loss: Infinity };
  for (const scale of START_SCALES) {
    const weights = startingWeights(shape, seed, scale);
    const params = toParams(weights);
    const loss = heldOutLoss(params);
    if (loss < best.loss) best = { weights, loss };
    dispose(params);
  }
  const measured = checks.length > 0;
  const start = measured ? best.loss : null;

  const windows = cutWindows(training, rows);
  const perEpoch = batchWindows(windows, sizes.size, random).length;
  const steps = Math.min(settings.encoderMaxSteps, perEpoch * settings.encoderEpochs);
  const decay = (name: string) => (NOT_DECAYED.test(name) ? 0 : settings.weightDecay);
  using adam = createAdam(toParams(best.weights), (params, ...batch) => nextItemLoss(params, batch), decay);
  let queue: WindowBatch[] = [];
  for (let step = 0; step < steps; step++) {
    if (queue.length === 0) queue = batchWindows(windows, sizes.size, random);
    const batch = lossTensors(draw(queue.pop()!), sizes);
    const masks = dropoutMasks(ENCODER_DROPOUTS, [sizes.size, rows, shape.dim], settings.dropout, random);
    const loss = adam.step([...batch, ...masks], learningRateAt(step, steps, settings.encoderRate));
    await clock.tick("encoder", step + 1, steps, loss);
    if ((step + 1) % Math.ceil(steps / CHECKS) === 0 || step + 1 === steps) {
      const checked = heldOutLoss(adam.params);
      // Without held-out users the last weights are kept.
      if (checked < best.loss || !measured) best = { weights: toWeights(adam.params), loss: checked };
    }
  }
  judge.dispose();
  const { logScale: _, ...weights } = best.weights;
  return { weights, start, best: measured ? best.loss : null, steps };
}

function startingWeights(shape: ModelShape, seed: number, scale: number): Weights {
  return { ...initialEncoder(shape, seed), logScale: { shape: [1], values: Float32Array.of(Math.log(scale)) } };
}

function countItems(sequences: readonly DeepSequence[], items: number): Uint32Array {
  const counts = new Uint32Array(items);
  for (const { item } of sequences) for (const row of item) counts[row]++;
  return counts;
}
