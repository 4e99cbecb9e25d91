/**
 * Trains the ranker on groups: within each, linear score plus logit must prefer what was wanted. The encoder stays as it
 * is. The weights that held-out users are best served by are kept; where none beat the linear score, all are zero.
 */
import { jit } from "@jax-js/jax";
import { createRandom, shuffle } from "../math/random.ts";
import { createAdam, learningRateAt } from "./adam.ts";
import type { DeepSettings, RankGroup } from "./deep-input.ts";
import { dropoutMasks } from "./dropout.ts";
import { encode } from "./encoder.ts";
import { type FeatureScale, measureFeatureScale } from "./feature-scale.ts";
import { fromTensors } from "./history-batch.ts";
import { dispose, keep, type Params, type Tensor, toParams, toWeights, type Weights } from "./jax.ts";
import { meanLoss, measureLinearScale } from "./linear-scale.ts";
import { type ModelShape, RANKER_HIDDEN, trainingEvents } from "./model-shape.ts";
import { rankLoss } from "./rank-loss.ts";
import { initialRanker, rankerLogits } from "./ranker.ts";
import { type GroupBatch, groupBatch, groupTensors, historyTensors } from "./ranker-batches.ts";
import type { StepClock } from "./step-clock.ts";

export interface RankerInput {
  readonly shape: ModelShape;
  readonly candidates: number;
  /** `[n, d]` each, scaled. */
  readonly spaces: readonly Float32Array[];
  readonly encoder: Weights;
  readonly training: readonly RankGroup[];
  readonly heldOut: readonly RankGroup[];
}

export interface TrainedRanker {
  readonly weights: Weights;
  readonly featureScale: FeatureScale;
  readonly linearScale: number;
  /** Share of the logit that held-out users are best served with, 0–1. */
  readonly share: number;
  /** Held-out losses: of the linear score alone and of the kept ranker at its share; null where nobody was held out. */
  readonly linear: number | null;
  readonly best: number | null;
  readonly steps: number;
}

/** Held-out groups that a checkpoint is judged on. */
const CHECK_GROUPS = 1_024;
/** Checkpoints in a run. */
const CHECKS = 8;
const SHARES = [0, 0.25, 0.5, 0.75, 1];

export async function trainRanker(
  input: RankerInput,
  settings: DeepSettings,
  seed: number,
  clock: StepClock,
): Promise<TrainedRanker> {
  const { shape, spaces, training } = input;
  const { dim, features } = shape;
  const sizes = {
    size: settings.rankerBatch,
    rows: trainingEvents(shape.events),
    dim,
    candidates: input.candidates,
    features,
  };
  const random = createRandom(seed);
  const featureScale = measureFeatureScale(
    training.map(({ feature }) => feature),
    features,
  );
  const { scale: linearScale } = measureLinearScale(training);
  const lay = (groups: readonly RankGroup[]) => groupBatch(groups, spaces, sizes, featureScale, linearScale);
  using read = createStateReader(input.encoder);

  const heldOut = shuffle([...input.heldOut], random).slice(0, CHECK_GROUPS);
  const answer = jit((params: Params, ...[state, mask, candidate, feature, context]: Tensor[]) =>
    rankerLogits(params, { state, mask, candidate, feature, context }),
  );
  const judge = (params: Params) =>
    judgeShares(heldOut, linearScale, sizes.size, (groups) => {
      const batch = lay(groups);
      const [mask, candidate, feature, context, ...unused] = groupTensors(batch, sizes);
      for (const each of unused) each.dispose();
      return answer(keep(params), read.state(batch), mask, candidate, feature, context).dataSync() as Float32Array;
    });

  const start = initialRanker(shape, seed);
  // Where nobody is held out nothing is known of the ranker, and the linear order stands.
  const linear = heldOut.length > 0 ? meanLoss(heldOut, linearScale) : null;
  let best = { weights: start, loss: linear, share: 0 };
  const perEpoch = Math.max(1, Math.floor(training.length / sizes.size));
  const steps = training.length > 0 ? Math.min(settings.rankerMaxSteps, perEpoch * settings.rankerEpochs) : 0;
  const decay = (name: string) => (/Gain$|Bias$/.test(name) ? 0 : settings.weightDecay);
  using adam = createAdam(toParams(start), (params, ...batch) => rankLoss(params, batch), decay);
  let queue: RankGroup[] = [];
  for (let step = 0; step < steps; step++) {
    if (queue.length < sizes.size) queue = shuffle([...training], random);
    const batch = lay(queue.splice(-sizes.size));
    const masks = dropoutMasks(1, [sizes.size, sizes.candidates, RANKER_HIDDEN], settings.dropout, random);
    const rate = learningRateAt(step, steps, settings.rankerRate);
    const loss = adam.step([read.state(batch), ...groupTensors(batch, sizes), ...masks], rate);
    await clock.tick("ranker", step + 1, steps, loss);
    if ((step + 1) % Math.ceil(steps / CHECKS) === 0 || step + 1 === steps) {
      const checked = judge(adam.params);
      if (best.loss !== null && checked.loss < best.loss) best = { weights: toWeights(adam.params), ...checked };
    }
  }
  answer.dispose();
  return { weights: best.weights, featureScale, linearScale, share: best.share, linear, best: best.loss, steps };
}

/** The encoder's states of a batch, without gradients. */
function createStateReader(encoder: Weights) {
  const params = toParams(encoder);
  const run = jit((held: Params, ...history: Tensor[]) => {
    const { state, query } = encode(held, fromTensors(history));
    query.dispose();
    return state;
  });
  return {
    state: (batch: GroupBatch): Tensor => run(keep(params), ...historyTensors(batch)),
    [Symbol.dispose]() {
      dispose(params);
      run.dispose();
    },
  };
}

/** The share of the logits with the least loss over all groups. */
function judgeShares(
  groups: readonly RankGroup[],
  linearScale: number,
  size: number,
  logitsOf: (groups: readonly RankGroup[]) => Float32Array,
): { loss: number; share: number } {
  const logits: Float32Array[] = [];
  for (let at = 0; at < groups.length; at += size) {
    const part = groups.slice(at, at + size);
    const values = logitsOf(part);
    part.forEach(({ linear }, g) => logits.push(values.slice(g * linear.length, (g + 1) * linear.length)));
  }
  const judged = SHARES.map((share) => ({ share, loss: meanLoss(groups, linearScale, share, logits) }));
  return judged.reduce((best, each) => (each.loss < best.loss ? each : best));
}
