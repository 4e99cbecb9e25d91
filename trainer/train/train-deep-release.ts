/**
 * The deep floor from a trained linear one: the encoder, which refines the item vectors; the linear floor again on them;
 * the ranker on moments that none of them has seen.
 */
import { ENCODER_EVENTS } from "../../shared/encoder-inputs.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { JsonObject } from "../../shared/parse.ts";
import type { Heads } from "../../shared/release.ts";
import type { SelectionDefaults } from "../../shared/selection-defaults.ts";
import { importRuntime } from "../evaluate/deep-scorer.ts";
import { DEEP_SETTINGS, type DeepSettings, type RankInput, type TrainedDeep } from "../deep/deep-input.ts";
import type { LearningCurves } from "../deep/learning-curve.ts";
import { installCommand } from "../package-root.ts";
import type { Dataset } from "../read/dataset.ts";
import type { DeepParts } from "../release/build-release.ts";
import { signatureOf } from "../release/model-signature.ts";
import { rankInputOf, sequencesOf } from "./deep-data.ts";
import { eventsFrom } from "../split/split-at.ts";
import type { ShownLinear } from "./learn-shown.ts";
import { refineLinear } from "./refine-linear.ts";
import { earlyItems, type TrainedLinear } from "./train-linear.ts";
import type { TrainOptions } from "./train-options.ts";

export interface DeepReleaseOptions extends Pick<
  TrainOptions,
  "seed" | "fit" | "imported" | "prepared" | "threads" | "signal"
> {
  readonly onStep?: (stage: string, done: number, total: number) => void;
  /** The linear floor that was fitted on what was shown, where the ranker is to learn from it too. */
  readonly shown?: ShownLinear;
}

export interface DeepRelease extends DeepParts {
  /** The linear floor that goes with it: the same log, on the refined vectors. */
  readonly linear: TrainedLinear;
  /** Losses on held-out users and what was kept. */
  readonly report: JsonObject;
  readonly curves: LearningCurves;
}

/**
 * Logs of fewer events get fewer passes and others: the page of `nearfeed dev`, which learns from the bundled ratings, waits
 * for it. On validation NDCG@10 stayed at .10, in half the time of 4 passes, 3,072 others and 3 passes of the ranker.
 */
const FEW_EVENTS = 200_000;
const FEW_EVENTS_SETTINGS: Partial<DeepSettings> = {
  encoderEpochs: 3,
  encoderBatch: 32,
  negatives: 1_024,
  encoderRate: 2e-3,
  vectorRate: 2e-3,
  encoderDropout: 0.1,
  splices: 0,
  strays: 0,
  rankerEpochs: 2,
};

/** One of so many people is asked how well the encoder does: hundreds are enough. */
const CHECKED_PEOPLE = 8;

/**
 * The vectors are not refined, and the ranker does not read the encoder: it is trained a little, because a release has one. The
 * ranker's were chosen on 30 April to 3 May of KuaiRand: it wants to be held down, and its order stands still after sixteen to thirty-two passes
 * (GAUC of clicks and long views after eight .628 and .646, sixteen .629 and .647, thirty-two .630 and .647). The bound on the steps
 * is for logs of which one pass is as long.
 */
const SHOWN_SETTINGS = {
  vectorRate: 0,
  encoderMaxSteps: 60,
  rankerBatch: 512,
  rankerRate: 1e-2,
  rankerDecay: 0.3,
  rankerEpochs: 32,
  rankerMaxSteps: 4_000,
  dropout: 0.2,
} as const;

/** The deep floor tells the best ones further apart than the linear score does: as much variety takes more of the dial. */
const SELECTION: SelectionDefaults = { diversity: 0.33 };

/**
 * @param dataset what `trained` was trained on
 * @throws NearfeedError `missing_dependency` where the training packages are not installed, `no_data` for too small a log
 */
export async function trainDeepRelease(
  dataset: Dataset,
  trained: TrainedLinear,
  options: DeepReleaseOptions,
): Promise<DeepRelease> {
  const { seed, threads, onStep, signal } = options;
  const { trainDeep } = await importTraining();
  const table = trained.model.signals;
  if (options.shown) return trainShownRelease(options.shown, options);
  const early = await earlyItems(dataset, trained, options);
  const isFew = early.split.train.events.item.length < FEW_EVENTS;
  const settings: DeepSettings = { ...DEEP_SETTINGS, ...(isFew && FEW_EVENTS_SETTINGS) };
  const { split, items } = early;
  let linear = trained;
  const deep = await trainDeep(
    {
      dim: items.dim,
      vectors: items.vectors,
      ...sequencesOf({ dataset, train: split.train, validation: split.validation, table }),
      async rank(refined): Promise<RankInput> {
        const again = await refineLinear(dataset, trained, early, refined, options);
        linear = again.linear;
        const input = await rankInputOf({
          dataset,
          signals: trained.signals,
          assembly: again.early.assembly,
          validation: split.validation,
          model: again.early.model,
          strays: settings.strays,
          seed,
          signal,
          onGroup: (done, total) => onStep?.("moments", done, total),
        });
        if (input.groups.length > 0) return input;
        throw new NearfeedError("no_data", "The log has too few items or events to train the deep floor", {
          hint: "Train without --deep.",
        });
      },
    },
    {
      events: ENCODER_EVENTS,
      seed,
      threads,
      signal,
      settings,
      onProgress: ({ stage, step, total }) => onStep?.(stage, step, total),
    },
  );
  return releaseOf(linear, deep, {
    // NDCG of the linear score on validation, where its weights were tuned on both kinds of vectors.
    ...(!options.fit && { linear: { factorised: trained.fit.ndcg, refined: linear.fit.ndcg } }),
  });
}

/**
 * The same where the ranker learns from what was shown. Item vectors stay as they are: what is weighed by the linear floor was weighed
 * with them.
 */
async function trainShownRelease(
  { dataset, linear, windows, before, rankInput }: ShownLinear,
  options: DeepReleaseOptions,
): Promise<DeepRelease> {
  const { seed, threads, onStep, signal } = options;
  const { trainDeep } = await importTraining();
  const { items } = linear;
  const validation = eventsFrom(dataset, windows.begin).filter((_, i) => i % CHECKED_PEOPLE === 0);
  const deep = await trainDeep(
    {
      dim: items.dim,
      vectors: items.vectors,
      ...sequencesOf({ dataset, train: before, validation, table: linear.model.signals }),
      rank: () => Promise.resolve(rankInput()),
    },
    {
      events: ENCODER_EVENTS,
      seed,
      threads,
      signal,
      settings: SHOWN_SETTINGS,
      onProgress: ({ stage, step, total }) => onStep?.(stage, step, total),
    },
  );
  return releaseOf(linear, deep);
}

function releaseOf(linear: TrainedLinear, deep: TrainedDeep, report: object = {}): DeepRelease {
  const heads: Heads = {
    names: deep.heads as Heads["names"], // `model-shape.ts` lists names of the release format only; the format's parser checks them.
    weights: [...deep.weights],
    calibration: deep.calibration.map((each) => ({ ...each })),
    ...(deep.surfaces && { surfaces: [...deep.surfaces] }),
  };
  return {
    linear: { ...linear, model: { ...linear.model, selection: SELECTION } },
    encoder: deep.encoder,
    ranker: deep.ranker,
    heads,
    signature: signatureOf(linear.model.dim, heads),
    report: { ...deep.report, ...report } as unknown as JsonObject,
    curves: deep.curves,
  };
}

/**
 * What a long training would else find missing at its end.
 *
 * @param measured whether the deep floor is run afterwards
 * @throws NearfeedError `missing_dependency`
 */
export async function checkDeepPackages({ measured }: { readonly measured: boolean }): Promise<void> {
  await importTraining();
  if (measured) await importRuntime();
}

async function importTraining() {
  try {
    return await import("../deep/train-deep.ts");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new NearfeedError("missing_dependency", "Training the deep floor needs packages that are not installed", {
      hint: installCommand("@jax-js/jax", "onnx-buf", "@bufbuild/protobuf", "onnxruntime-web"),
      cause,
    });
  }
}
