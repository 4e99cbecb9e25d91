/** The deep floor on top of a trained linear one: cross-fitting, the data of both networks, their training. */
import { ENCODER_EVENTS } from "../../shared/encoder-inputs.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import type { Heads } from "../../shared/release.ts";
import { crossFit } from "../items/cross-fit.ts";
import { eventSignals } from "../items/event-signals.ts";
import type { DeepParts } from "../release/build-release.ts";
import { signatureOf } from "../release/model-signature.ts";
import { deepData } from "./deep-data.ts";
import type { TrainedLinear } from "./train-linear.ts";

export interface DeepReleaseOptions {
  readonly seed: number;
  readonly threads?: number;
  readonly onStep?: (stage: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface DeepRelease extends DeepParts {
  /** Losses on held-out users and what was kept. */
  readonly report: JsonObject;
}

/** Folds of the users: each fold's items are learnt from two thirds of them. More folds cost a fit each. */
const FOLDS = 3;

/** @throws NearfeedError `missing_dependency` where the training packages are not installed, `no_data` for too small a log */
export async function trainDeepRelease(trained: TrainedLinear, options: DeepReleaseOptions): Promise<DeepRelease> {
  const { seed, threads, onStep, signal } = options;
  const { trainDeep } = await importTraining();
  const dataset = trained.split.trainAndValidation;
  const { model } = trained;
  const folds = await crossFit(dataset, trained, {
    ...trained.itemOptions,
    seed,
    threads,
    signal,
    signals: model.signals,
    folds: FOLDS,
    onFold: (done, total) => onStep?.("cross-fitting", done, total),
  });
  const input = await deepData({
    dataset,
    signals: eventSignals(dataset, model.signals),
    assembly: trained.assembly,
    crossFit: folds,
    model,
    seed,
    signal,
    onGroup: (done, total) => onStep?.("moments", done, total),
  });
  if (input.groups.length === 0) {
    throw new NearfeedError("no_data", "The log has too few items or events to train the deep floor", {
      hint: "Train without --deep.",
    });
  }
  const deep = await trainDeep(input, {
    events: ENCODER_EVENTS,
    seed,
    signal,
    onProgress: ({ stage, step, total }) => onStep?.(stage, step, total),
  });
  const heads: Heads = {
    names: deep.heads as Heads["names"], // `model-shape.ts` lists names of the release format only; the format's parser checks them.
    weights: [...deep.weights],
    // Reports alone read it; the identity says the logits as they are.
    calibration: deep.heads.map(() => ({ a: 0, b: 1, c: 1 })),
  };
  return {
    encoder: deep.encoder,
    ranker: deep.ranker,
    heads,
    signature: signatureOf(model.dim, heads.names),
    report: { ...deep.report, groups: input.groups.length, folds: FOLDS } as unknown as JsonObject,
  };
}

async function importTraining() {
  try {
    return await import("../deep/train-deep.ts");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new NearfeedError("missing_dependency", "Training the deep floor needs packages that are not installed", {
      hint: "npm install @jax-js/jax onnx-buf @bufbuild/protobuf",
      cause,
    });
  }
}
