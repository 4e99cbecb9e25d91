/** How the items of a dataset are learnt: the defaults of its kind of log, and what was found or given in their place. */
import type { SignalTable } from "../../shared/signals.ts";
import { DEFAULT_ITEMS, type ItemOptions, UNORDERED_ITEMS } from "../items/fit-items.ts";
import type { Dataset } from "../read/dataset.ts";
import type { LinearFit } from "../tune/tune-linear.ts";
import type { Stage, TrainOptions } from "./train-options.ts";

/** How items are learnt unless something else was found better. */
export function itemsOf({ ordered }: Dataset) {
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
