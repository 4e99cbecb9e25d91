/** `ranker.onnx` of heads that learnt from what was shown: the computation of `shown-ranker.ts` for one list of any length. */
import type { FeatureScale } from "./feature-scale.ts";
import type { Weights } from "./jax.ts";
import { CANDIDATES, CONTEXT_SIZE, type ModelShape, stateWidth } from "./model-shape.ts";
import { onnxParts } from "./onnx-parts.ts";
import { createOnnxWriter } from "./onnx-writer.ts";
import { surfaceTerms } from "./surface-columns.ts";

/**
 * All inputs of the signature are declared, as every ranker is fed alike; most are not read. A list has one surface, so what it adds is
 * worked out once and not with every candidate.
 *
 * @param reads columns of `candidate_feature` that the first weights are for; the others are those of surfaces
 */
export function writeShownRanker(
  { dim, events, features }: ModelShape,
  weights: Weights,
  { reads, featureScale }: { readonly reads: readonly number[]; readonly featureScale: FeatureScale },
): Uint8Array {
  const writer = createOnnxWriter("ranker");
  const parts = onnxParts(writer, weights);
  const { add, product, weight, constant } = parts;
  writer.input("state", [events, stateWidth(dim)]);
  writer.input("event_mask", [events]);
  writer.input("candidate_vector", [CANDIDATES, dim]);
  const every = writer.input("candidate_feature", [CANDIDATES, features]);
  const context = writer.input("context", [CONTEXT_SIZE]);
  const read = writer.node("Gather", [every, writer.integers(reads)], { axis: 1 });
  const feature = parts.scaled(read, firstColumns(featureScale, reads.length));
  const terms = surfaceTerms(weights, featureScale, reads.length);
  const surfaces = terms.hidden.shape[0];
  const here = surfaces > 0 ? parts.surface(context, surfaces) : undefined;
  const bias = (name: "hidden" | "out") =>
    here ? add(product(here, constant(terms[name])), weight(`${name}Bias`)) : weight(`${name}Bias`);
  const firstOf = (name: "hiddenFeature" | "outFeature") => constant(firstRows(weights[name], reads.length));
  const hidden = writer.node("Relu", [add(product(feature, firstOf("hiddenFeature")), bias("hidden"))]);
  const answered = add(product(hidden, weight("outHidden")), product(feature, firstOf("outFeature")));
  writer.output("logit", add(answered, bias("out")), [CANDIDATES, weights.outBias.shape[0]]);
  return writer.bytes();
}

function firstColumns({ mean, inverseDeviation }: FeatureScale, count: number): FeatureScale {
  return { mean: mean.slice(0, count), inverseDeviation: inverseDeviation.slice(0, count) };
}

function firstRows({ shape: [, width], values }: Weights[string], count: number): Weights[string] {
  return { shape: [count, width], values: values.slice(0, count * width) };
}
