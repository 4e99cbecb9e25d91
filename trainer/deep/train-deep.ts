/**
 * Encoder and ranker from typed arrays to ONNX bytes. The only file of this folder that others call, with
 * `deep-input.ts` for its types.
 *
 * The same input and seed give the same bytes.
 */
import { createRandom, shuffle } from "../math/random.ts";
import { checkDeepInput } from "./check-input.ts";
import { DEEP_SETTINGS, type DeepInput, type DeepOptions, type TrainedDeep } from "./deep-input.ts";
import { writeEncoder } from "./encoder-onnx.ts";
import { startJax } from "./jax.ts";
import { HEADS } from "./model-shape.ts";
import { writeRanker } from "./ranker-onnx.ts";
import { createStepClock } from "./step-clock.ts";
import { trainEncoder } from "./train-encoder.ts";
import { trainRanker } from "./train-ranker.ts";
import { measureVectorScale, scaleVectors } from "./vector-scale.ts";

/**
 * @throws NearfeedError `bad_value` where the arrays do not fit together
 * @throws the signal's reason once it is aborted, between two steps
 */
export async function trainDeep(input: DeepInput, options: DeepOptions): Promise<TrainedDeep> {
  const { seed, events } = options;
  const { candidates, features } = checkDeepInput(input, events);
  const settings = { ...DEEP_SETTINGS, ...options.settings };
  const clock = createStepClock(options);
  await startJax();

  const shape = { dim: input.dim, events, features };
  const vectorScale = measureVectorScale(input.spaces[0], input.dim);
  const spaces = input.spaces.map((space) => scaleVectors(space, vectorScale));
  const isHeldOut = chooseHeldOut(input, settings.heldOut, seed);
  const part = <T extends { readonly user: number }>(all: readonly T[], heldOut: boolean) =>
    all.filter(({ user }) => isHeldOut(user) === heldOut);

  const encoder = await trainEncoder(
    { shape, spaces, training: part(input.sequences, false), heldOut: part(input.sequences, true) },
    settings,
    seed,
    clock,
  );
  const ranker = await trainRanker(
    {
      shape,
      candidates,
      spaces,
      encoder: encoder.weights,
      training: part(input.groups, false),
      heldOut: part(input.groups, true),
    },
    settings,
    seed + 1,
    clock,
  );

  const { linear, linearScale, share, featureScale } = ranker;
  return {
    encoder: writeEncoder(shape, encoder.weights, vectorScale),
    ranker: writeRanker(shape, ranker.weights, { vectorScale, featureScale }),
    heads: HEADS,
    weights: [share / linearScale],
    report: {
      encoder: { start: encoder.start, best: encoder.best, steps: encoder.steps },
      ranker: { linear, best: ranker.best, steps: ranker.steps, linearScale, share },
    },
  };
}

/** Whole users, so that what is checked is somebody new. */
function chooseHeldOut({ sequences, groups }: DeepInput, share: number, seed: number): (user: number) => boolean {
  const users = [...new Set([...sequences, ...groups].map(({ user }) => user))].sort((a, b) => a - b);
  const chosen = new Set(shuffle(users, createRandom(seed)).slice(0, Math.ceil(users.length * share)));
  return (user) => chosen.has(user);
}
