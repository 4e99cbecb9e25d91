/** `ranker.onnx`: the computation of `ranker.ts` for one list of any length, fed raw features and raw vectors. */
import type { FeatureScale } from "./feature-scale.ts";
import type { Weights } from "./jax.ts";
import { CANDIDATES, CONTEXT_SIZE, type ModelShape, stateWidth, TARGET_WIDTH } from "./model-shape.ts";
import { onnxParts } from "./onnx-parts.ts";
import { createOnnxWriter } from "./onnx-writer.ts";
import { MATCH_SCALE } from "./ranker.ts";

export interface RankerConstants {
  /** See `writeEncoder`. */
  readonly vectorScale: number;
  readonly featureScale: FeatureScale;
}

export function writeRanker(
  shape: ModelShape,
  weights: Weights,
  { vectorScale, featureScale }: RankerConstants,
): Uint8Array {
  const { dim, events, features } = shape;
  const writer = createOnnxWriter("ranker");
  const parts = onnxParts(writer, weights);
  const { add, multiply, product, weight } = parts;
  const state = writer.input("state", [events, stateWidth(dim)]);
  const mask = parts.reshape(writer.input("event_mask", [events]), [1, events]);
  const candidate = parts.times(writer.input("candidate_vector", [CANDIDATES, dim]), vectorScale);
  const feature = parts.scaled(writer.input("candidate_feature", [CANDIDATES, features]), featureScale);
  const context = writer.input("context", [CONTEXT_SIZE]);
  const history = parts.layerNorm(parts.columns(state, 0, dim), "stateGain");
  const asked = parts.columns(parts.rows(state, events - 1, events), dim, stateWidth(dim));
  const queried = product(candidate, parts.reshape(asked, [dim, 1]));

  const newest = product(parts.rows(history, events - 1, events), weight("matchState"));
  const person = add(newest, product(parts.momentColumns(context), weight("matchMoment")));
  const match = parts.times(product(candidate, parts.reshape(person, [dim, 1])), MATCH_SCALE);

  const key = writer.node("Transpose", [product(history, weight("targetKey"))], { perm: [1, 0] });
  const query = product(candidate, weight("targetQuery"));
  const scores = parts.times(product(query, key), 1 / Math.sqrt(TARGET_WIDTH));
  const found = product(parts.maskedSoftmax(scores, mask), product(history, weight("targetValue")));
  const gated = multiply(found, product(candidate, weight("targetGate")));

  let hidden = add(product(feature, weight("hiddenFeature")), product(found, weight("hiddenTarget")));
  hidden = add(add(hidden, product(gated, weight("hiddenGated"))), multiply(match, weight("hiddenMatch")));
  hidden = writer.node("Relu", [add(hidden, weight("hiddenBias"))]);
  const answered = add(product(hidden, weight("outHidden")), product(feature, weight("outFeature")));
  const logit = add(answered, multiply(queried, weight("outQuery")));

  writer.output("logit", logit, [CANDIDATES, weights.outQuery.shape[1]]);
  return writer.bytes();
}
