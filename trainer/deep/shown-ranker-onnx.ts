/** `ranker.onnx` of heads that learnt from what was shown: the computation of `shown-ranker.ts` for one list of any length. */
import type { FeatureScale } from "./feature-scale.ts";
import type { Weights } from "./jax.ts";
import { CANDIDATES, CONTEXT_SIZE, type ModelShape, stateWidth } from "./model-shape.ts";
import { onnxParts } from "./onnx-parts.ts";
import { createOnnxWriter } from "./onnx-writer.ts";

/**
 * All inputs of the signature are declared, as every ranker is fed alike; most are not read.
 *
 * @param reads columns of `candidate_feature` that the weights are for
 */
export function writeShownRanker(
  { dim, events, features }: ModelShape,
  weights: Weights,
  { reads, featureScale }: { readonly reads: readonly number[]; readonly featureScale: FeatureScale },
): Uint8Array {
  const writer = createOnnxWriter("ranker");
  const parts = onnxParts(writer, weights);
  const { add, product, weight } = parts;
  writer.input("state", [events, stateWidth(dim)]);
  writer.input("event_mask", [events]);
  writer.input("candidate_vector", [CANDIDATES, dim]);
  const every = writer.input("candidate_feature", [CANDIDATES, features]);
  writer.input("context", [CONTEXT_SIZE]);
  const read = writer.node("Gather", [every, writer.integers(reads)], { axis: 1 });
  const feature = parts.scaled(read, featureScale);
  const hidden = writer.node("Relu", [add(product(feature, weight("hiddenFeature")), weight("hiddenBias"))]);
  const answered = add(product(hidden, weight("outHidden")), product(feature, weight("outFeature")));
  writer.output("logit", add(answered, weight("outBias")), [CANDIDATES, weights.outBias.shape[0]]);
  return writer.bytes();
}
