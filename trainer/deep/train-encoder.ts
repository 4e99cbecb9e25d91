/**
 * Trains the encoder on next items, and the item vectors with it: at every point of every sequence its query must prefer
 * the next wanted item to the others. Vectors stay near the factorisation they come from, so that one space serves the
 * linear floor, retrieval and the deep floor.
 *
 * What is kept is a running average of weights and vectors, from where held-out events are best predicted; the starting
 * ones included.
 */
import { availableParallelism } from "node:os";
import { NearfeedError } from "../../shared/errors.ts";
import { createRandom } from "../math/random.ts";
import { learningRateAt } from "./adam.ts";
import type { DeepSequence, DeepSettings, HeldOutSequence } from "./deep-input.ts";
import { createDisturber } from "./disturb-windows.ts";
import { initialEncoder } from "./encoder.ts";
import { batchWindows, cutWindows, lastWindows, targetBatch, type Window } from "./encoder-batches.ts";
import { createGradientRunner, type GradientTask } from "./encoder-gradient.ts";
import { createEncoderSpace } from "./encoder-kernel.ts";
import { createAverage, createFlatAdam } from "./flat-adam.ts";
import { flatten, layoutOf, nameAt, unflatten } from "./flat-weights.ts";
import { createGradientGatherer } from "./gather-gradients.ts";
import { createGradientThreads } from "./gradient-threads.ts";
import type { Weights } from "./jax.ts";
import type { Checkpoint } from "./learning-curve.ts";
import { type ModelShape, trainingEvents } from "./model-shape.ts";
import { createOthers, othersCount } from "./others.ts";
import type { StepClock } from "./step-clock.ts";

export interface EncoderInput {
  readonly shape: ModelShape;
  /** `[n, d]`, scaled. */
  readonly vectors: Float32Array;
  readonly training: readonly DeepSequence[];
  readonly heldOut: readonly HeldOutSequence[];
}

export interface TrainedEncoder {
  readonly weights: Weights;
  /** `[n, d]`, scaled as they came. */
  readonly vectors: Float32Array;
  /** Held-out loss of the starting weights and of the kept ones; null where there was none to measure. */
  readonly start: number | null;
  readonly best: number | null;
  readonly steps: number;
  /** Held-out loss at the start and at each checkpoint; empty where there was none to measure. */
  readonly curve: readonly Checkpoint[];
}

/** Batches of a step. Two whatever the machine, so that one core and two give the same model. */
export const STEP_BATCHES = 2;
/** Held-out sequences that a checkpoint is judged on; more would take time that training uses better. */
const CHECK_SEQUENCES = 512;
/** Held-out sequences that the factor at the start is chosen on: a few differ by far more than their noise. */
const START_SEQUENCES = 128;
/** Checkpoints in a run. */
const CHECKS = 6;
/** Factors from a dot product to log-odds that are tried at the start; the best depends on the factorisation. */
const START_SCALES = [0.02, 0.05, 0.1, 0.2, 0.4];
/** Values of item vectors that the kernel's memory holds with all that a step keeps of each: 1.8 million items of 64. */
const MOST_REFINED = 120_000_000;
/** Weights that pull towards what they started as, not towards zero, are not decayed; nor are gains and biases. */
const NOT_DECAYED = /^(inVector|baseOut|baseMix|logScale|distance\d|.*Gain\d?|.*Bias\d?)$/;
/** Shortest memory of the running average, and its length as a share of the run. */
const LEAST_MEMORY_STEPS = 5;
const MEMORY_SHARE = 0.06;

/** @throws NearfeedError `bad_value` where there are more item vectors than can be refined */
export async function trainEncoder(
  { shape, vectors: startVectors, training, heldOut }: EncoderInput,
  settings: DeepSettings,
  options: { readonly seed: number; readonly threads?: number },
  clock: StepClock,
): Promise<TrainedEncoder> {
  const { seed } = options;
  const { dim } = shape;
  const n = startVectors.length / dim;
  if (settings.vectorRate > 0 && startVectors.length > MOST_REFINED) {
    const most = Math.floor(MOST_REFINED / dim).toLocaleString("en-US");
    const message = `The vectors of at most ${most} items of ${dim} dimensions can be refined, got ${n.toLocaleString("en-US")}`;
    throw new NearfeedError("bad_value", message, {
      hint: "Train without --deep, or on the items that people still meet.",
    });
  }
  const rows = trainingEvents(shape.events);
  const sizes = { size: settings.encoderBatch, rows, dim, others: othersCount(n, settings.negatives) };
  const random = createRandom(seed);
  const others = createOthers(countItems(training, n), settings.negatives, random);
  const draw = (windows: readonly Window[], vectors: Float32Array) => targetBatch(windows, vectors, sizes, others);

  const checked = batchWindows(lastWindows(heldOut, rows), sizes.size, random);
  const initial = { ...initialEncoder(shape, seed), logScale: { shape: [1], values: new Float32Array(1) } };
  const layout = layoutOf(initial);
  const state = { layout, sizes, dropout: settings.encoderDropout };
  const space = await createEncoderSpace();
  const runner = createGradientRunner(space, state);
  const judged = (weights: Float32Array, vectors: Float32Array, sequences: number) =>
    runner.loss(
      weights,
      checked.slice(0, Math.ceil(sequences / sizes.size)).map((windows) => draw(windows, vectors)),
    );
  const measured = checked.length > 0;
  const startWeights = flatten(layout, { ...initial, logScale: startScale(initial, measured) });
  const start = measured ? judged(startWeights, startVectors, CHECK_SEQUENCES) : null;
  let best = { weights: startWeights, vectors: startVectors, loss: start ?? Infinity };
  const curve: Checkpoint[] = start === null ? [] : [{ step: 0, value: start }];

  const windows = cutWindows(training, rows);
  const disturb = createDisturber(windows, rows, settings, random);
  const perStep = sizes.size * STEP_BATCHES;
  const perEpoch = Math.max(1, Math.floor(windows.length / perStep));
  const steps = windows.length > 0 ? Math.min(settings.encoderMaxSteps, perEpoch * settings.encoderEpochs) : 0;
  const memory = Math.max(LEAST_MEMORY_STEPS, MEMORY_SHARE * steps);
  const decay = layout.parts.map(({ name }) => (NOT_DECAYED.test(name) ? 0 : settings.encoderDecay));
  const decayOf = new Map(layout.parts.map(({ name }, i) => [name, decay[i]]));
  const weightAdam = createFlatAdam(space, startWeights, { decayOf: (i) => decayOf.get(nameAt(layout, i))! });
  const vectorAdam =
    settings.vectorRate > 0 ? createFlatAdam(space, startVectors, { home: settings.vectorHome }) : undefined;
  const [weights, vectors] = [weightAdam.values, vectorAdam?.values ?? startVectors];
  const weightAverage = createAverage(space, weights, 1 - 1 / memory);
  const vectorAverage = vectorAdam && createAverage(space, vectors, 1 - 1 / memory);
  const gatherer = createGradientGatherer(space, layout.size, sizes);
  const threads = createGradientThreads(
    runner,
    state,
    Math.min(STEP_BATCHES, options.threads ?? availableParallelism()),
  );
  try {
    let queue: Window[][] = [];
    for (let step = 0; step < steps; step++) {
      if (queue.length < STEP_BATCHES) queue = batchWindows(windows, sizes.size, random);
      const tasks = queue.splice(-STEP_BATCHES).map((part): GradientTask => ({
        weights,
        batch: draw(part.map(disturb), vectors),
        seed: Math.floor(random() * 2 ** 31),
      }));
      const gradients = await threads.run(tasks);
      const rate = learningRateAt(step, steps, 1);
      gatherer.meanWeights(gradients, weightAdam.slope);
      weightAdam.step(rate * settings.encoderRate);
      if (vectorAdam) {
        gatherer.sumVectors(gradients, tasks, vectorAdam.slope);
        vectorAdam.step(rate * settings.vectorRate);
      }
      weightAverage.add(weights);
      vectorAverage?.add(vectors);
      await clock.tick("encoder", step + 1, steps, gradients.reduce((sum, { loss }) => sum + loss, 0) / tasks.length);
      if ((step + 1) % Math.ceil(steps / CHECKS) !== 0 && step + 1 !== steps) continue;
      const [mean, meanVector] = [weightAverage.average, vectorAverage?.average ?? startVectors];
      const loss = measured ? judged(mean, meanVector, CHECK_SEQUENCES) : Infinity;
      if (measured) curve.push({ step: step + 1, value: loss });
      // Without held-out events the last weights are kept.
      if (loss < best.loss || !measured)
        best = { weights: Float32Array.from(mean), vectors: Float32Array.from(meanVector), loss };
    }
  } finally {
    await threads.close();
  }
  return {
    weights: withScale(unflatten(layout, best.weights)),
    vectors: best.vectors,
    start,
    best: measured ? best.loss : null,
    steps,
    curve,
  };

  function startScale(base: Weights, known: boolean): Weights[string] {
    const tried = START_SCALES.map((scale) => ({ shape: [1], values: Float32Array.of(Math.log(scale)) }));
    if (!known) return tried[0];
    const losses = tried.map((logScale) =>
      judged(flatten(layout, { ...base, logScale }), startVectors, START_SEQUENCES),
    );
    return tried[losses.indexOf(Math.min(...losses))];
  }
}

/** Takes the scale into what makes the query, so that query · vector is in log-odds. */
function withScale({ logScale, ...weights }: Weights): Weights {
  const scale = Math.exp(logScale.values[0]);
  const scaled = ({ shape, values }: Weights[string]) => ({ shape, values: values.map((x) => scale * x) });
  return { ...weights, baseOut: scaled(weights.baseOut), queryOut: scaled(weights.queryOut) };
}

function countItems(sequences: readonly DeepSequence[], items: number): Uint32Array {
  const counts = new Uint32Array(items);
  for (const { item } of sequences) for (const row of item) counts[row]++;
  return counts;
}
