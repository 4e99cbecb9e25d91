/**
 * The linear floor from a dataset: weights chosen on its validation part, items learnt from all but its held-out part,
 * constants measured. It scores nothing on what is held out.
 */
import type { ScoringModel } from "../../shared/model.ts";
import { DEFAULT_SIGNALS, type SignalTable } from "../../shared/signals.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import { fitItems, type ItemModel } from "../items/fit-items.ts";
import { withNewItems } from "../items/new-items.ts";
import { withoutHidden } from "../items/prepared-items.ts";
import type { Dataset } from "../read/dataset.ts";
import { type Split, splitLast, splitSets } from "../split/split.ts";
import { chooseNewItems } from "../tune/tune-new-items.ts";
import type { LinearFit } from "../tune/tune-linear.ts";
import { chooseWeights, type EarlyItems, splitForTuning, tuningLists } from "./choose-weights.ts";
import { itemOptions } from "./item-options.ts";
import { scoringModelOf } from "./scoring-model.ts";
import type { TrainOptions } from "./train-options.ts";

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

export async function trainLinear(dataset: Dataset, options: TrainOptions): Promise<TrainedLinear> {
  const split = dataset.ordered ? splitLast(dataset, options.holdout) : splitSets(dataset, options.holdout);
  const table = DEFAULT_SIGNALS;
  const signals = eventSignals(dataset, table);
  const tuned = options.fit
    ? undefined
    : await chooseWeights(dataset, splitForTuning(dataset, split), signals, table, options);
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
