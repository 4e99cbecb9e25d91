/**
 * The linear floor from a dataset: items fitted, weights tuned on validation, constants measured, and the result scored
 * on held-out events that nothing was chosen on.
 */
import type { SelectionDefaults } from "../../shared/selection-defaults.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEFAULT_SIGNALS, type SignalTable } from "../../shared/signals.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import { DEFAULT_ITEMS, fitItems, type ItemModel, type ItemOptions } from "../items/fit-items.ts";
import {
  DEFAULT_RIDGE,
  fitRidgeNeighbours,
  RIDGE_MOST_ITEMS,
  type RidgeNeighbourOptions,
} from "../items/ridge-neighbours.ts";
import type { Dataset } from "../read/dataset.ts";
import { type Split, splitLast } from "../split/split.ts";
import { computeParts } from "../tune/parts.ts";
import { type LinearFit, tuneLinear } from "../tune/tune-linear.ts";
import { linearWeights, popularityMax, profileConstants } from "./linear-settings.ts";
import { measureConstants } from "./measure-constants.ts";

export interface TrainOptions {
  readonly seed: number;
  /** Events of each user that are kept out of training for the table; as many before them are for choices. */
  readonly holdout: number;
  /** Weights found earlier on this data; without them they are tuned. */
  readonly fit?: LinearFit;
  readonly threads?: number;
  readonly onStep?: (stage: Stage, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export type Stage = "vectors for tuning" | "score parts" | "weights" | "vectors";

export interface TrainedLinear {
  readonly split: Split;
  /** Of the whole dataset's events. */
  readonly signals: EventSignals;
  readonly fit: LinearFit;
  /** Of the neighbour lists, where ridge regression won over co-occurrence on validation. */
  readonly ridge?: RidgeNeighbourOptions;
  /** Learnt from everything but the held-out part. */
  readonly items: ItemModel;
  readonly assembly: Assembly;
  /** Everything scoring reads; its `release` is empty until the release has an id. */
  readonly model: ScoringModel;
  /** What the weights were tuned on, where they were. */
  readonly early?: EarlyItems;
}

/** Items learnt without the validation part, so that something can be chosen by it. */
export interface EarlyItems {
  /** Its validation part is never empty, unless the log allows none. */
  readonly split: Split;
  readonly items: ItemModel;
}

/** Validation targets that weights are tuned on; more move them less than the seed does. */
const TUNING_TARGETS = 600;

/** Events of each user that weights are tuned on where the split holds none out. */
const TUNING_HOLDOUTS = [10, 1];

/** Variety costs up to 3 % of NDCG; on the bundled ratings this much costs less. */
const SELECTION: SelectionDefaults = { diversity: 0.2 };

export async function trainLinear(dataset: Dataset, options: TrainOptions): Promise<TrainedLinear> {
  const split = splitLast(dataset, options.holdout);
  const table = DEFAULT_SIGNALS;
  const signals = eventSignals(dataset, table);
  const tuned = options.fit ? undefined : await tune(dataset, splitForTuning(dataset, split), signals, table, options);
  const fit = options.fit ?? tuned!.fit;
  const ridge = tuned?.ridge;
  const items = await fitItems(split.trainAndValidation, { ...itemOptions(table, "vectors", options), ridge });
  const assembly = await assemble(dataset.items, items, options);
  return {
    split,
    signals,
    fit,
    ridge,
    items,
    assembly,
    model: scoringModelOf(split.trainAndValidation, assembly, fit, table, options.seed),
    early: tuned?.early,
  };
}

/** The items that weights were tuned on; learnt now where the weights were given. */
export async function earlyItems(
  dataset: Dataset,
  { early, split, model, ridge }: TrainedLinear,
  options: Omit<TrainOptions, "holdout">,
): Promise<EarlyItems> {
  if (early) return early;
  const forTuning = splitForTuning(dataset, split);
  const items = await fitItems(forTuning.train, {
    ...itemOptions(model.signals, "vectors for tuning", options),
    ridge,
  });
  return { split: forTuning, items };
}

/** Where nothing is held out, or histories are too short for as much, there is still something to choose by. */
function splitForTuning(dataset: Dataset, split: Split): Split {
  return (
    [split, ...TUNING_HOLDOUTS.map((count) => splitLast(dataset, count))].find(
      ({ validation }) => validation.length > 0,
    ) ?? split
  );
}

interface Tuned {
  readonly fit: LinearFit;
  readonly ridge?: RidgeNeighbourOptions;
  readonly early: EarlyItems;
}

/**
 * Weights on validation, for both kinds of neighbour lists where the catalogue is small enough; the better are kept.
 *
 * @throws NearfeedError `no_data` where no validation event says that somebody likes something
 */
async function tune(
  dataset: Dataset,
  split: Split,
  signals: EventSignals,
  table: SignalTable,
  options: TrainOptions,
): Promise<Tuned> {
  const items = await fitItems(split.train, itemOptions(table, "vectors for tuning", options));
  const fit = await tuneWeights(dataset, split, items, signals, table, options);
  const plain = { fit, early: { split, items } };
  if (dataset.items.length > RIDGE_MOST_ITEMS) return plain;
  const ridge = DEFAULT_RIDGE;
  const trained = eventSignals(split.train, table);
  const neighbours = await fitRidgeNeighbours(split.train, trained, ridge, undefined, options.signal);
  const ridgeItems = { ...items, neighbours };
  const ridgeFit = await tuneWeights(dataset, split, ridgeItems, signals, table, options);
  return ridgeFit.ndcg > fit.ndcg ? { fit: ridgeFit, ridge, early: { split, items: ridgeItems } } : plain;
}

/** The weights that serve the validation part of a split best, with items that were learnt from what came before it. */
export async function tuneWeights(
  dataset: Dataset,
  split: Split,
  items: ItemModel,
  signals: EventSignals,
  table: SignalTable,
  options: Omit<TrainOptions, "holdout">,
): Promise<LinearFit> {
  const { seed, onStep } = options;
  const assembly = await assemble(dataset.items, items, options);
  const targets = split.validation.reduce((sum, { from, to }) => sum + to - from, 0);
  const every = Math.max(1, targets / TUNING_TARGETS);
  const parts = await computeParts({
    dataset,
    signals,
    assembly,
    // Spread over users first: ten targets of one person say less than ten of ten.
    ranges: split.validation.filter(
      (_, i) => Math.floor((i + 1) / Math.sqrt(every)) > Math.floor(i / Math.sqrt(every)),
    ),
    isTarget: (e) => Math.floor((e + 1) / Math.sqrt(every)) > Math.floor(e / Math.sqrt(every)),
    signalTable: table,
    profile: profileConstants(
      { tasteHalfLifePositives: null, intentHalfLifePositives: null },
      items.foldIn,
      dataset.items.length,
    ),
    popularityMax: popularityMax(assembly),
    seed,
    onStep: (done, total) => onStep?.("score parts", done, total),
    signal: options.signal,
  });
  if (parts.targets === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to tune weights on: no user of the log has a liked event after two others",
      {
        hint: "Ratings below the middle and skips are no likes. Weights found on other data are given with --fit FILE.",
      },
    );
  }
  return tuneLinear(parts, { onStep: (done, total) => onStep?.("weights", done, total), signal: options.signal });
}

/** Everything scoring reads, with constants measured on the users of a dataset. */
export function scoringModelOf(
  dataset: Dataset,
  assembly: Assembly,
  fit: LinearFit,
  signals: SignalTable,
  seed: number,
): ScoringModel {
  const { constants, index } = assembly;
  const base = {
    release: "",
    space: index.space,
    dim: index.columns.dim,
    profile: profileConstants(fit, DEFAULT_ITEMS.foldIn, index.columns.size),
    signals,
    selection: SELECTION,
    heads: null,
    gram: constants.gram,
    categoryWeight: constants.categoryWeight,
  };
  const measured = measureConstants(dataset, assembly, { ...base, linear: linearWeights(fit, assembly, 1) }, seed);
  return { ...base, linear: linearWeights(fit, assembly, measured.deviation), uncertainty: measured.uncertainty };
}

function itemOptions(
  signals: SignalTable,
  stage: Stage,
  { seed, threads, onStep, signal }: Omit<TrainOptions, "holdout">,
): ItemOptions {
  return { ...DEFAULT_ITEMS, signals, seed, threads, signal, onSweep: (done, total) => onStep?.(stage, done, total) };
}
