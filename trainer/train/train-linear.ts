/**
 * The linear floor from a dataset: items fitted, weights tuned on validation, constants measured, and the result scored
 * on held-out events that nothing was chosen on.
 */
import { NEIGHBOUR_POSITIVES } from "../../shared/linear-weights.ts";
import type { SelectionDefaults } from "../../shared/selection-defaults.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEFAULT_SIGNALS, type SignalTable } from "../../shared/signals.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import { DEFAULT_ITEMS, fitItems, type ItemModel, type ItemOptions, UNORDERED_ITEMS } from "../items/fit-items.ts";
import type { FoldInConstants } from "../items/ials.ts";
import { withNewItems } from "../items/new-items.ts";
import { type PreparedItems, withoutHidden } from "../items/prepared-items.ts";
import { DEFAULT_RIDGE, fitRidgeNeighbours, RIDGE_MOST_ITEMS } from "../items/ridge-neighbours.ts";
import type { Dataset } from "../read/dataset.ts";
import type { ImportedVectors } from "../read/read-vectors.ts";
import { type Split, splitLast, splitSets, type TargetRange } from "../split/split.ts";
import { chooseNeighbours } from "../tune/choose-neighbours.ts";
import { computeParts, ORDERED_HALF_LIVES, UNORDERED_HALF_LIVES } from "../tune/parts.ts";
import { type LinearFit, tuneLinear } from "../tune/tune-linear.ts";
import { chooseNewItems } from "../tune/tune-new-items.ts";
import { linearWeights, popularityMax, profileConstants } from "./linear-settings.ts";
import { measureConstants } from "./measure-constants.ts";

export interface TrainOptions {
  readonly seed: number;
  /** Events of each user that are kept out of training for the table; as many before them are for choices. */
  readonly holdout: number;
  /** Weights found earlier on this data; without them they are tuned. */
  readonly fit?: LinearFit;
  /** Vectors that were made elsewhere, of this dataset's items. */
  readonly imported?: ImportedVectors;
  /** What was learnt elsewhere of this dataset's items, without any of its held-out events. */
  readonly prepared?: PreparedItems;
  readonly threads?: number;
  readonly onStep?: (stage: Stage, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export type Stage =
  | "neighbours for tuning"
  | "vectors for tuning"
  | "score parts"
  | "weights"
  | "vectors"
  | "vectors without some items"
  | "new items";

export interface TrainedLinear {
  readonly split: Split;
  /** Of the whole dataset's events. */
  readonly signals: EventSignals;
  readonly fit: LinearFit;
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

/** Validation lists that weights are tuned on; more move them less than the seed does. */
const TUNING_LISTS = 1_500;

/** Events of each user that weights are tuned on where the split holds none out. */
const TUNING_HOLDOUTS = [10, 1];

/** A thousand likes are rare where order means nothing, and a device sums the neighbours of two hundred in a millisecond. */
const UNORDERED_NEIGHBOUR_POSITIVES = 200;

/** Variety may cost 3 % of NDCG; on validation lists of the bundled ratings this much makes lists a tenth more varied and costs none. */
const SELECTION: SelectionDefaults = { diversity: 0.2 };

export async function trainLinear(dataset: Dataset, options: TrainOptions): Promise<TrainedLinear> {
  const split = dataset.ordered ? splitLast(dataset, options.holdout) : splitSets(dataset, options.holdout);
  const table = DEFAULT_SIGNALS;
  const signals = eventSignals(dataset, table);
  const tuned = options.fit ? undefined : await tune(dataset, splitForTuning(dataset, split), signals, table, options);
  const found = options.fit ?? tuned!.fit;
  const met = await fitItems(split.trainAndValidation, itemOptions(dataset, found, table, "vectors", options));
  const newItems =
    found.newItems ?? (await newItemStrength(dataset, split, { met, signals, fit: found }, table, options));
  const fit = { ...found, newItems };
  const items = withNewItems(dataset.items, met, newItems);
  const assembly = await assemble(dataset.items, items, options);
  return {
    split,
    signals,
    fit,
    items,
    assembly,
    model: scoringModelOf(split.trainAndValidation, assembly, fit, items.foldIn, table, options.seed),
    early: tuned?.early,
  };
}

/** The items that weights were tuned on; learnt now where the weights were given. */
export async function earlyItems(
  dataset: Dataset,
  { early, split, model, fit }: TrainedLinear,
  options: Omit<TrainOptions, "holdout">,
): Promise<EarlyItems> {
  if (early) return early;
  const forTuning = splitForTuning(dataset, split);
  const learning = itemOptions(dataset, fit, model.signals, "vectors for tuning", options);
  const items = await fitItems(forTuning.train, learning);
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
  readonly early: EarlyItems;
}

/**
 * How neighbours are counted, and the weights for it; the weights alone where neighbours are given. Where the catalogue is small enough the same with neighbours by ridge
 * regression; the better are kept.
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
  const { foldIn, neighbours: fallback } = itemsOf(dataset);
  if (options.prepared) {
    const given = await fitItems(split.train, itemOptions(dataset, { foldIn }, table, "vectors for tuning", options));
    const weights = await tuneWeights(dataset, split, given, signals, table, options);
    return { fit: { ...weights, foldIn }, early: { split, items: given } };
  }
  const trained = eventSignals(split.train, table);
  const neighbours = !dataset.ordered
    ? fallback
    : await chooseNeighbours({
        train: split.train,
        trainSignals: trained,
        whole: dataset,
        signals,
        ranges: split.validation,
        fallback,
        positives: NEIGHBOUR_POSITIVES,
        onStep: (done, total) => options.onStep?.("neighbours for tuning", done, total),
        signal: options.signal,
      });
  const learning = itemOptions(dataset, { neighbours, foldIn }, table, "vectors for tuning", options);
  const items = await fitItems(split.train, learning);
  const fit = await tuneWeights(dataset, split, items, signals, table, options);
  const counted: Tuned = { fit: { ...fit, neighbours, foldIn }, early: { split, items } };
  if (!dataset.ordered || dataset.items.length > RIDGE_MOST_ITEMS) return counted;
  const ridge = DEFAULT_RIDGE;
  const ridgeItems = {
    ...items,
    neighbours: await fitRidgeNeighbours(split.train, trained, ridge, undefined, options.signal),
  };
  const ridgeFit = await tuneWeights(dataset, split, ridgeItems, signals, table, options);
  if (ridgeFit.ndcg <= fit.ndcg) return counted;
  return { fit: { ...ridgeFit, ridge, foldIn }, early: { split, items: ridgeItems } };
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
  const { seed, onStep, signal } = options;
  const { ordered } = dataset;
  const neighbourPositives = neighbourPositivesOf(dataset);
  const assembly = await assemble(dataset.items, items, options);
  const parts = await computeParts({
    dataset,
    signals,
    assembly,
    ...tuningLists(split.validation, ordered),
    signalTable: table,
    profile: profileConstants(
      { tasteHalfLifePositives: null, intentHalfLifePositives: null },
      items.foldIn,
      dataset.items.length,
    ),
    halfLives: ordered ? ORDERED_HALF_LIVES : UNORDERED_HALF_LIVES,
    neighbourPositives,
    popularityMax: popularityMax(assembly),
    seed,
    onStep: (done, total) => onStep?.("score parts", done, total),
    signal,
  });
  if (parts.ideal.length === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to tune weights on: no user of the log has a liked event after two others",
      {
        hint: "Ratings below the middle and skips are no likes. Weights found on other data are given with --fit FILE.",
      },
    );
  }
  const fit = await tuneLinear(parts, { onStep: (done, total) => onStep?.("weights", done, total), signal });
  return { ...fit, ...(neighbourPositives !== undefined && { neighbourPositives }) };
}

/**
 * Some of the held-out events, spread over users first: ten targets of one person say less than ten of ten. Where a
 * person's are one set, all of some people.
 */
function tuningLists(ranges: readonly TargetRange[], ordered: boolean) {
  const targets = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const every = Math.max(1, (ordered ? targets : ranges.length) / TUNING_LISTS);
  const ofOne = ordered ? Math.min(Math.sqrt(every), targets / Math.max(1, ranges.length)) : 1;
  const isPicked = (i: number, step: number) => Math.floor((i + 1) / step) > Math.floor(i / step);
  return {
    ranges: ranges.filter((_, i) => isPicked(i, every / ofOne)),
    isTarget: (e: number) => isPicked(e, ofOne),
    asSet: !ordered,
  };
}

/** How strongly items that nobody has met are guessed. */
function newItemStrength(
  dataset: Dataset,
  whole: Split,
  learnt: { readonly met: ItemModel; readonly signals: EventSignals; readonly fit: LinearFit },
  table: SignalTable,
  options: TrainOptions,
): Promise<number> {
  const { met, signals, fit } = learnt;
  const { seed, onStep, signal } = options;
  const split = splitForTuning(dataset, whole);
  return chooseNewItems({
    dataset,
    signals,
    met,
    train: split.train,
    ...tuningLists(split.validation, dataset.ordered),
    learn: (train, hidden) => {
      const prepared = options.prepared && withoutHidden(options.prepared, hidden);
      const learning = { ...options, prepared };
      return fitItems(train, itemOptions(dataset, fit, table, "vectors without some items", learning));
    },
    modelOf: (train, assembly, items) => scoringModelOf(train, assembly, fit, items.foldIn, table, seed),
    seed,
    onStep: (done, total) => onStep?.("new items", done, total),
    signal,
  });
}

/** Everything scoring reads, with constants measured on the users of a dataset. */
export function scoringModelOf(
  dataset: Dataset,
  assembly: Assembly,
  fit: LinearFit,
  foldIn: FoldInConstants,
  signals: SignalTable,
  seed: number,
): ScoringModel {
  const { constants, index } = assembly;
  const base = {
    release: "",
    space: index.space,
    dim: index.columns.dim,
    profile: profileConstants(fit, foldIn, index.columns.size),
    signals,
    selection: SELECTION,
    heads: null,
    gram: constants.gram,
    categoryWeight: constants.categoryWeight,
  };
  const measured = measureConstants(dataset, assembly, { ...base, linear: linearWeights(fit, assembly, 1) }, seed);
  return { ...base, linear: linearWeights(fit, assembly, measured.deviation), uncertainty: measured.uncertainty };
}

/** Undefined where it is as many as a release that does not say. */
function neighbourPositivesOf({ ordered }: Dataset): number | undefined {
  return ordered ? undefined : UNORDERED_NEIGHBOUR_POSITIVES;
}

/** How items are learnt unless something else was found better. */
function itemsOf({ ordered }: Dataset) {
  return ordered ? DEFAULT_ITEMS : UNORDERED_ITEMS;
}

/** How items are learnt with what was found for a dataset. */
export function itemOptions(
  dataset: Dataset,
  { neighbours, foldIn, ridge }: Pick<LinearFit, "neighbours" | "foldIn" | "ridge">,
  signals: SignalTable,
  stage: Stage,
  {
    seed,
    imported,
    prepared,
    threads,
    onStep,
    signal,
  }: Omit<TrainOptions, "holdout" | "onStep"> & {
    readonly onStep?: (stage: Stage, done: number, total: number) => void;
  },
): ItemOptions {
  return {
    ...itemsOf(dataset),
    ...(imported && { imported, dim: imported.dim }),
    ...(prepared && { prepared, dim: prepared.dim }),
    ...(neighbours && { neighbours }),
    ...(foldIn && { foldIn }),
    ridge,
    signals,
    seed,
    threads,
    signal,
    onSweep: (done, total) => onStep?.(stage, done, total),
  };
}
