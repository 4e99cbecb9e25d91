/**
 * Trains the ranker on groups: within each, linear score plus logit must prefer what was wanted. The encoder stays as it
 * is. The weights that held-out users are best served by are kept; where none beat the linear score, all are zero.
 */
import { jit } from "@jax-js/jax";
import { createRandom, shuffle } from "../math/random.ts";
import { createAdam, learningRateAt } from "./adam.ts";
import type { DeepSettings, RankGroup } from "./deep-input.ts";
import { dropoutMasks } from "./dropout.ts";
import { encode, stateWithQuery } from "./encoder.ts";
import { type FeatureScale, measureFeatureScale } from "./feature-scale.ts";
import { fromTensors, toTensors } from "./history-batch.ts";
import { dispose, keep, type Params, type Tensor, tensor, toParams, toWeights, type Weights } from "./jax.ts";
import type { Checkpoint } from "./learning-curve.ts";
import { meanLoss, measureScales } from "./linear-scale.ts";
import { type ModelShape, RANKER_HIDDEN, stateWidth, trainingEvents } from "./model-shape.ts";
import { rankLoss } from "./rank-loss.ts";
import { initialRanker, rankerLogits } from "./ranker.ts";
import { groupBatch, groupHistories, type GroupSizes, groupTensors } from "./ranker-batches.ts";
import type { StepClock } from "./step-clock.ts";

export interface RankerInput {
  readonly shape: ModelShape;
  readonly candidates: number;
  /** `[n, d]`, scaled. */
  readonly vectors: Float32Array;
  readonly encoder: Weights;
  readonly training: readonly RankGroup[];
  readonly heldOut: readonly RankGroup[];
}

export interface TrainedRanker {
  readonly weights: Weights;
  readonly featureScale: FeatureScale;
  readonly linearScale: number;
  readonly queryScale: number;
  /** Share of the logit that held-out users are best served with, 0–1. */
  readonly share: number;
  /** Held-out losses: of the linear score alone and of the kept ranker at its share; null where nobody was held out. */
  readonly linear: number | null;
  readonly best: number | null;
  readonly steps: number;
  /** Held-out loss at the best share, at the start and at each checkpoint; empty where nobody was held out. */
  readonly curve: readonly Checkpoint[];
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
  const { shape, vectors, training } = input;
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
  const stateOf = await readStates([...training, ...input.heldOut], input.encoder, vectors, sizes, clock);
  const { linearScale, queryScale } = measureScales(training, (group) =>
    queryScores(group, stateOf(group), vectors, sizes),
  );
  const lay = (groups: readonly RankGroup[]) =>
    groupTensors(groupBatch(groups, vectors, stateOf, sizes, featureScale, linearScale), sizes);

  const heldOut = shuffle([...input.heldOut], random).slice(0, CHECK_GROUPS);
  const answer = jit((params: Params, ...[state, mask, candidate, feature, context]: Tensor[]) =>
    rankerLogits(params, { state, mask, candidate, feature, context }),
  );
  const judge = (params: Params) =>
    judgeShares(heldOut, linearScale, sizes.size, (groups) => {
      const [state, mask, candidate, feature, context, ...unused] = lay(groups);
      for (const each of unused) each.dispose();
      return answer(keep(params), state, mask, candidate, feature, context).dataSync() as Float32Array;
    });

  const start = initialRanker(shape, seed, queryScale);
  function judgeStart() {
    const params = toParams(start);
    const judged = judge(params);
    dispose(params);
    return judged;
  }
  // Where nobody is held out nothing is known of the ranker, and the linear order stands.
  const linear = heldOut.length > 0 ? meanLoss(heldOut, linearScale) : null;
  // The ranker as it starts is the linear score and the encoder's: it may already be the best.
  const began = linear === null ? { loss: null, share: 0 } : judgeStart();
  let best: { weights: Weights; loss: number | null; share: number } = { weights: start, ...began };
  const curve: Checkpoint[] = began.loss === null ? [] : [{ step: 0, value: began.loss }];
  const perEpoch = Math.max(1, Math.floor(training.length / sizes.size));
  const steps = training.length > 0 ? Math.min(settings.rankerMaxSteps, perEpoch * settings.rankerEpochs) : 0;
  const decay = (name: string) => (/Gain$|Bias$/.test(name) ? 0 : settings.rankerDecay);
  using adam = createAdam(toParams(start), (params, ...batch) => rankLoss(params, batch), decay);
  let queue: RankGroup[] = [];
  for (let step = 0; step < steps; step++) {
    if (queue.length < sizes.size) queue = shuffle([...training], random);
    const batch = lay(queue.splice(-sizes.size));
    const [mask] = dropoutMasks(1, sizes.size * sizes.candidates * RANKER_HIDDEN, settings.dropout, random);
    const dropout = tensor(mask, [sizes.size, sizes.candidates, RANKER_HIDDEN]);
    const rate = learningRateAt(step, steps, settings.rankerRate);
    const loss = adam.step([...batch, dropout], rate);
    await clock.tick("ranker", step + 1, steps, loss);
    if ((step + 1) % Math.ceil(steps / CHECKS) === 0 || step + 1 === steps) {
      const checked = judge(adam.params);
      if (best.loss !== null) curve.push({ step: step + 1, value: checked.loss });
      if (best.loss !== null && checked.loss < best.loss) best = { weights: toWeights(adam.params), ...checked };
    }
  }
  answer.dispose();
  return {
    weights: best.weights,
    featureScale,
    linearScale,
    queryScale,
    share: best.share,
    linear,
    best: best.loss,
    steps,
    curve,
  };
}

/** What the encoder makes of every group's history, `[L, 2d]`: it does not change, and takes longer than the ranker. */
async function readStates(
  groups: readonly RankGroup[],
  encoder: Weights,
  vectors: Float32Array,
  sizes: GroupSizes,
  { breathe }: StepClock,
): Promise<(group: RankGroup) => Float32Array> {
  const params = toParams(encoder);
  const run = jit((held: Params, ...history: Tensor[]) => stateWithQuery(encode(held, fromTensors(history))));
  const length = sizes.rows * stateWidth(sizes.dim);
  const states = new Map<RankGroup, Float32Array>();
  for (let at = 0; at < groups.length; at += sizes.size) {
    await breathe();
    const part = groups.slice(at, at + sizes.size);
    const values = run(keep(params), ...toTensors(groupHistories(part, vectors, sizes))).dataSync() as Float32Array;
    part.forEach((group, slot) => states.set(group, values.slice(slot * length, (slot + 1) * length)));
  }
  dispose(params);
  run.dispose();
  return (group) => states.get(group)!;
}

/** query · vector of a group's candidates. */
function queryScores({ candidate }: RankGroup, state: Float32Array, vectors: Float32Array, { dim }: GroupSizes) {
  const query = state.subarray(-dim);
  return Float32Array.from(candidate, (row) => query.reduce((sum, q, a) => sum + q * vectors[row * dim + a], 0));
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
