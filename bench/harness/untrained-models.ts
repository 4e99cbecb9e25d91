/** The encoder and ranker that the trainer exports, with the weights that training starts from: the cost of real models. */
import { ENCODER_EVENTS } from "../../shared/encoder-inputs.ts";
import { FEATURES } from "../../shared/features.ts";
import type { SyntheticOptions } from "../../test/harness/synthetic/release.ts";
import { initialEncoder } from "../../trainer/deep/encoder.ts";
import { writeEncoder } from "../../trainer/deep/encoder-onnx.ts";
import { HEADS } from "../../trainer/deep/model-shape.ts";
import { initialRanker } from "../../trainer/deep/ranker.ts";
import { writeRanker } from "../../trainer/deep/ranker-onnx.ts";

export function untrainedModels(dim: number, seed: number): NonNullable<SyntheticOptions["models"]> {
  const features = FEATURES.length;
  const shape = { dim, events: ENCODER_EVENTS, features };
  const featureScale = { mean: new Float32Array(features), inverseDeviation: new Float32Array(features).fill(1) };
  return {
    encoder: writeEncoder(shape, initialEncoder(shape, seed), 1),
    ranker: writeRanker(shape, initialRanker(shape, seed), { vectorScale: 1, featureScale }),
    heads: [...HEADS],
  };
}
