/**
 * Encoder and ranker from typed arrays to ONNX bytes. The only file of this folder that others call, with
 * `deep-input.ts` for its types.
 *
 * The same input and seed give the same bytes.
 */
import { createRandom, shuffle } from "../math/random.ts";
import { checkDeepInput, checkRankInput, checkShownInput } from "./check-input.ts";
import { DEEP_SETTINGS, type DeepInput, type DeepOptions, type RankGroup, type TrainedDeep } from "./deep-input.ts";
import { writeEncoder } from "./encoder-onnx.ts";
import { startJax } from "./jax.ts";
import { HEADS } from "./model-shape.ts";
import { writeRanker } from "./ranker-onnx.ts";
import { writeShownRanker } from "./shown-ranker-onnx.ts";
import { createStepClock } from "./step-clock.ts";
import { trainEncoder } from "./train-encoder.ts";
import { trainRanker } from "./train-ranker.ts";
import { trainShown } from "./train-shown.ts";
import { fillUnmetSurfaces } from "./unmet-surfaces.ts";
import { measureVectorScale, scaleVectors } from "./vector-scale.ts";

/**
 * @throws NearfeedError `bad_value` where the arrays do not fit together
 * @throws the signal's reason once it is aborted, between two steps
 */
export async function trainDeep(input: DeepInput, options: DeepOptions): Promise<TrainedDeep> {
  const { seed, events, threads } = options;
  const { dim } = input;
  checkDeepInput(input);
  const settings = { ...DEEP_SETTINGS, ...options.settings };
  const clock = createStepClock(options);
  await startJax();

  const vectorScale = measureVectorScale(input.vectors, dim);
  const encoder = await trainEncoder(
    {
      shape: { dim, events, features: 0 },
      vectors: scaleVectors(input.vectors, vectorScale),
      training: input.sequences,
      heldOut: input.heldOut,
    },
    settings,
    { seed, threads },
    clock,
  );
  const vectors = scaleVectors(encoder.vectors, 1 / vectorScale);

  const ranked = await input.rank(vectors);
  const common = {
    vectors,
    encoder: writeEncoder(
      { dim, events, features: 0 },
      fillUnmetSurfaces(
        encoder.weights,
        "moment",
        input.sequences.map(({ context }) => context),
      ),
      vectorScale,
    ),
  };
  const encoderReport = { start: encoder.start, best: encoder.best, steps: encoder.steps };
  if (ranked.shown) {
    const { heads, reads, surfaces, groups } = ranked.shown;
    const shape = { dim, events, features: checkShownInput(ranked.shown, ranked.vectors, dim) };
    const isHeldOut = chooseHeldOut(groups, settings.heldOut, seed);
    const ranker = await trainShown({ heads, reads, surfaces, groups, isHeldOut }, settings, seed + 1, clock);
    const { calibration, headWeights, gauc, steps, featureScale } = ranker;
    return {
      ...common,
      ranker: writeShownRanker(shape, ranker.weights, { reads, featureScale }),
      heads,
      ...(surfaces.length > 0 && { surfaces }),
      weights: headWeights,
      calibration,
      report: { encoder: encoderReport, ranker: { steps, gauc } },
      curves: { encoder: encoder.curve, ranker: { measure: "gauc", points: ranker.curve, linear: ranker.linear } },
    };
  }

  const { candidates, features } = checkRankInput(ranked, dim, events);
  const shape = { dim, events, features };
  const isHeldOut = chooseHeldOut(ranked.groups, settings.heldOut, seed);
  const ranker = await trainRanker(
    {
      shape,
      candidates,
      vectors: scaleVectors(ranked.vectors, vectorScale),
      encoder: encoder.weights,
      training: ranked.groups.filter(({ user }) => !isHeldOut(user)),
      heldOut: ranked.groups.filter(({ user }) => isHeldOut(user)),
    },
    settings,
    seed + 1,
    clock,
  );

  const { linear, linearScale, queryScale, share, featureScale } = ranker;
  return {
    ...common,
    ranker: writeRanker(
      shape,
      fillUnmetSurfaces(
        ranker.weights,
        "matchMoment",
        ranked.groups.map(({ context }) => context),
      ),
      { vectorScale, featureScale },
    ),
    heads: HEADS,
    weights: [share / linearScale],
    // Reports alone read it; the identity says the logits as they are.
    calibration: HEADS.map(() => ({ a: 0, b: 1, c: 1 })),
    report: {
      encoder: encoderReport,
      ranker: { linear, best: ranker.best, steps: ranker.steps, linearScale, queryScale, share },
    },
    curves: { encoder: encoder.curve, ranker: { measure: "loss", points: ranker.curve, linear } },
  };
}

/** Whole users, so that what is checked is somebody new. */
function chooseHeldOut(
  groups: readonly Pick<RankGroup, "user">[],
  share: number,
  seed: number,
): (user: number) => boolean {
  const users = [...new Set(groups.map(({ user }) => user))].sort((a, b) => a - b);
  const chosen = new Set(shuffle(users, createRandom(seed)).slice(0, Math.ceil(users.length * share)));
  return (user) => chosen.has(user);
}
