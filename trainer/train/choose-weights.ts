/** The weights of the linear score, and how neighbours are counted, by what serves the validation part of a split best. */
import { NearfeedError } from "../../shared/errors.ts";
import { NEIGHBOUR_POSITIVES } from "../../shared/linear-weights.ts";
import type { SignalTable } from "../../shared/signals.ts";
import { assemble } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import { fitItems, type ItemModel } from "../items/fit-items.ts";
import { DEFAULT_RIDGE, fitRidgeNeighbours, RIDGE_MOST_ITEMS } from "../items/ridge-neighbours.ts";
import type { Dataset } from "../read/dataset.ts";
import { type Split, splitLast, type TargetRange } from "../split/split.ts";
import { chooseNeighbours } from "../tune/choose-neighbours.ts";
import { computeParts, ORDERED_HALF_LIVES, UNORDERED_HALF_LIVES } from "../tune/parts.ts";
import { type LinearFit, tuneLinear } from "../tune/tune-linear.ts";
import { itemOptions, itemsOf } from "./item-options.ts";
import { popularityMax, profileConstants } from "./linear-settings.ts";
import type { TrainOptions } from "./train-options.ts";

/** Items learnt without the validation part, so that something can be chosen by it. */
export interface EarlyItems {
  /** Its validation part is never empty, unless the log allows none. */
  readonly split: Split;
  readonly items: ItemModel;
}

export interface ChosenWeights {
  readonly fit: LinearFit;
  readonly early: EarlyItems;
}

/** Validation lists that weights are tuned on; more move them less than the seed does. */
const TUNING_LISTS = 1_500;

/** Events of each user that weights are tuned on where the split holds none out. */
const TUNING_HOLDOUTS = [10, 1];

/** A thousand likes are rare where order means nothing, and a device sums the neighbours of two hundred in a millisecond. */
const UNORDERED_NEIGHBOUR_POSITIVES = 200;

/** Where nothing is held out, or histories are too short for as much, there is still something to choose by. */
export function splitForTuning(dataset: Dataset, split: Split): Split {
  return (
    [split, ...TUNING_HOLDOUTS.map((count) => splitLast(dataset, count))].find(
      ({ validation }) => validation.length > 0,
    ) ?? split
  );
}

/**
 * How neighbours are counted, and the weights for it; the weights alone where neighbours are given. Where the catalogue is
 * small enough the same with neighbours by ridge regression; the better are kept.
 *
 * @throws NearfeedError `no_data` where no validation event says that somebody likes something
 */
export async function chooseWeights(
  dataset: Dataset,
  split: Split,
  signals: EventSignals,
  table: SignalTable,
  options: TrainOptions,
): Promise<ChosenWeights> {
  const { foldIn, neighbours: fallback } = itemsOf(dataset);
  if (options.prepared) {
    const given = await fitItems(split.train, itemOptions(dataset, { foldIn }, table, "vectors for tuning", options));
    const weights = await tuneWeights(dataset, split, given, signals, table, options);
    return { fit: { ...weights, foldIn }, early: { split, items: given } };
  }
  const trained = eventSignals(split.train, table);
  const neighbours = dataset.ordered
    ? await chooseNeighbours({
        train: split.train,
        trainSignals: trained,
        whole: dataset,
        signals,
        ranges: split.validation,
        fallback,
        positives: NEIGHBOUR_POSITIVES,
        onStep: (done, total) => options.onStep?.("neighbours for tuning", done, total),
        signal: options.signal,
      })
    : fallback;
  const learning = itemOptions(dataset, { neighbours, foldIn }, table, "vectors for tuning", options);
  const items = await fitItems(split.train, learning);
  const fit = await tuneWeights(dataset, split, items, signals, table, options);
  const counted: ChosenWeights = { fit: { ...fit, neighbours, foldIn }, early: { split, items } };
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
export function tuningLists(ranges: readonly TargetRange[], ordered: boolean) {
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

/** Undefined where it is as many as a release that does not say. */
function neighbourPositivesOf({ ordered }: Dataset): number | undefined {
  return ordered ? undefined : UNORDERED_NEIGHBOUR_POSITIVES;
}
