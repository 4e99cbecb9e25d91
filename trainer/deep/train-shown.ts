/**
 * Trains the ranker on what people were shown and did, a head for each thing they did. Held-out users say where training went
 * too far, and what each head weighs in the score.
 */
import { jit } from "@jax-js/jax";
import { signOfHead } from "../../shared/release.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { createAdam, learningRateAt } from "./adam.ts";
import {
  type Calibration,
  type DeepSettings,
  SHOWN_CANDIDATES,
  type ShownGroup,
  type ShownInput,
} from "./deep-input.ts";
import { dropoutMasks } from "./dropout.ts";
import { type FeatureScale, measureFeatureScale } from "./feature-scale.ts";
import { dispose, keep, type Params, type Tensor, tensor, toParams, toWeights, type Weights } from "./jax.ts";
import type { Checkpoint } from "./learning-curve.ts";
import { SHOWN_HIDDEN } from "./model-shape.ts";
import { withPlaces } from "./position-tower.ts";
import { readColumns, shownBatch, shownTensors } from "./shown-batches.ts";
import { shownLoss } from "./shown-loss.ts";
import { calibrate, groupedOrder, LEAST_TAKEN, takenShare } from "./shown-measures.ts";
import { initialShownRanker, shownLogits, withoutTower } from "./shown-ranker.ts";
import type { StepClock } from "./step-clock.ts";
import { surfaceColumns } from "./surface-columns.ts";

export interface ShownRankerInput extends ShownInput {
  readonly isHeldOut: (user: number) => boolean;
}

export interface TrainedShown {
  readonly weights: Weights;
  readonly featureScale: FeatureScale;
  readonly calibration: readonly Calibration[];
  /** ω of each head. */
  readonly headWeights: readonly number[];
  /** GAUC of each head on held-out users. */
  readonly gauc: Readonly<Record<string, number>>;
  readonly steps: number;
  /** Mean GAUC of the heads that count at each checkpoint, and of the linear score; empty and null where nobody was held out. */
  readonly curve: readonly Checkpoint[];
  readonly linear: number | null;
}

/** Checkpoints in a run, and groups that each is judged on. */
const CHECKS = 4;
const CHECK_GROUPS = 3_000;
/** What a figure of so many groups is uncertain by: later weights are kept unless they do worse by more. */
const CHECK_NOISE = 0.01;
/** Log-odds of the score that one of the ranker's may be worth; what is tried. */
const HEAD_WEIGHTS = [0, 0.25, 0.5, 1, 2, 4, 8, 16];
/** What heads count in the loss that do not count in the score. */
const RARE_IMPORTANCE = 0.2;
/** Steps of a pass that a small log is cut into. */
const LEAST_STEPS = 16;

export async function trainShown(
  input: ShownRankerInput,
  settings: DeepSettings,
  seed: number,
  clock: StepClock,
): Promise<TrainedShown> {
  const { heads, isHeldOut } = input;
  const read = { reads: input.reads, surfaces: surfaceColumns(input.surfaces) };
  const columns = read.reads.length + read.surfaces;
  const random = createRandom(seed);
  // Of one candidate there is no order.
  const ordered = input.groups.filter(({ candidate }) => candidate.length > 1);
  const training = ordered.filter(({ user }) => !isHeldOut(user));
  const heldOut = shuffle(
    ordered.filter(({ user }) => isHeldOut(user)),
    random,
  ).slice(0, CHECK_GROUPS);
  const size = Math.min(settings.rankerBatch, Math.max(1, Math.floor(training.length / LEAST_STEPS)));
  const sizes = { size, columns, heads: heads.length };
  const featureScale = measureFeatureScale(
    training.map((group) => readColumns(group, read)),
    columns,
  );
  const answer = jit(shownLogits);
  /** Logits of the held-out groups, `[k, heads]` each. */
  const answers = (all: Params) => {
    const [params] = withoutTower(all);
    const logits: Float32Array[] = [];
    for (let at = 0; at < heldOut.length; at += size) {
      const part = heldOut.slice(at, at + size);
      const { feature } = shownBatch(part, read, sizes, featureScale);
      const slots = tensor(feature, [size * SHOWN_CANDIDATES, columns]);
      const values = (answer(keep(params), slots) as Tensor).dataSync() as Float32Array;
      part.forEach(({ candidate: { length } }, g) => {
        const from = g * SHOWN_CANDIDATES * heads.length;
        logits.push(values.slice(from, from + length * heads.length));
      });
    }
    return logits;
  };
  const counted = heads.map((_, h) => takenShare(training, h, heads.length) >= LEAST_TAKEN);
  const importance = counted.map((isCounted) => (isCounted ? 1 : RARE_IMPORTANCE));
  const inScore = Math.max(1, counted.filter(Boolean).length);
  const sign = heads.map(signOfHead);
  /** Mean GAUC of the heads that count. @param score of a candidate for a head */
  const orderOf = (score: (g: number, c: number, h: number) => number) =>
    heads.reduce(
      (sum, _, h) =>
        sum + (counted[h] ? groupedOrder(heldOut, h, heads.length, (g, c) => score(g, c, h)) / inScore : 0),
      0,
    );

  const start = initialShownRanker(columns, heads.length, seed);
  let kept = start;
  let best = -Infinity;
  const curve: Checkpoint[] = [];
  const perEpoch = Math.floor(training.length / size);
  const steps = Math.min(settings.rankerMaxSteps, perEpoch * settings.rankerEpochs);
  const decay = (name: string) => (name.endsWith("Bias") ? 0 : settings.rankerDecay);
  using adam = createAdam(toParams(start), (params, ...batch) => shownLoss(params, batch), decay);
  let queue: ShownGroup[] = [];
  for (let step = 0; step < steps; step++) {
    if (queue.length < size) queue = shuffle([...training], random);
    const batch = shownTensors(shownBatch(queue.splice(-size), read, sizes, featureScale), sizes, importance);
    const [mask] = dropoutMasks(1, size * SHOWN_CANDIDATES * SHOWN_HIDDEN, settings.dropout, random);
    const dropout = tensor(mask, [size * SHOWN_CANDIDATES, SHOWN_HIDDEN]);
    const rate = learningRateAt(step, steps, settings.rankerRate);
    const loss = adam.step([...batch, dropout], rate);
    await clock.tick("ranker", step + 1, steps, loss);
    if ((step + 1) % Math.ceil(steps / CHECKS) !== 0 && step + 1 !== steps) continue;
    const weights = toWeights(adam.params);
    const plain = answers(adam.params);
    const checked = withPlaces(weights, heldOut, plain);
    // Without held-out people the last weights are kept.
    const figure = heldOut.length > 0 ? orderOf((g, c, h) => checked[g][c * heads.length + h]) : step;
    if (heldOut.length > 0) curve.push({ step: step + 1, value: orderOf((g, c, h) => plain[g][c * heads.length + h]) });
    if (figure > best - CHECK_NOISE) kept = weights;
    best = Math.max(best, figure);
  }
  const params = toParams(kept);
  const logits = answers(params);
  dispose(params);
  answer.dispose();
  const placed = withPlaces(kept, heldOut, logits);
  const scoreWith = (weight: number) => (g: number, c: number) =>
    heads.reduce(
      (sum, _, h) => sum + (counted[h] ? ((sign[h] * weight) / inScore) * placed[g][c * heads.length + h] : 0),
      heldOut[g].linear[c],
    );
  const tried = HEAD_WEIGHTS.map((weight) => {
    const score = scoreWith(weight);
    return { weight, figure: orderOf((g, c, h) => sign[h] * score(g, c)) };
  });
  const { weight } = tried.reduce((most, each) => (each.figure > most.figure ? each : most));
  return {
    weights: withoutTower(kept)[0],
    featureScale,
    calibration: heads.map((_, h) => calibrate(heldOut, logits, h, heads.length)),
    headWeights: counted.map((isCounted, h) => (isCounted ? (sign[h] * weight) / inScore : 0)),
    gauc: Object.fromEntries(
      heads.map((name, h) => [name, groupedOrder(heldOut, h, heads.length, (g, c) => logits[g][c * heads.length + h])]),
    ),
    steps,
    curve,
    linear: heldOut.length > 0 ? tried[0].figure : null,
  };
}
