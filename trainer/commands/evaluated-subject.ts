/** What `nearfeed evaluate` measures: a release from its folder, or a linear one that is trained for the occasion. */
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { EvaluationOptions } from "../evaluate/protocols.ts";
import { type Assembly, forItems } from "../items/assemble.ts";
import { type EventSignals, eventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import { openGraphs, openRelease } from "../release/open-release.ts";
import { formatCount } from "../terminal/terminal.ts";
import { trainLinear } from "../train/train-linear.ts";

/** A release and what it is measured on. */
export interface Subject extends Pick<EvaluationOptions, "graphs"> {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly signals: EventSignals;
  readonly notes: readonly string[];
}

/** @param whole what it is measured on, with items that training may not know */
export async function trainSubject(
  dataset: Dataset,
  whole: Dataset,
  options: Parameters<typeof trainLinear>[1],
): Promise<Subject> {
  const { assembly, model } = await trainLinear(dataset, options);
  return {
    assembly: forItems(assembly, whole.items),
    model,
    signals: eventSignals(whole, model.signals),
    notes: [],
  };
}

export async function openSubject(
  folder: string,
  dataset: Dataset,
  held: { readonly holdout: number; readonly from: number | undefined },
): Promise<Subject> {
  const { release, model, assembly } = await openRelease(folder);
  const graphs = await openGraphs(folder, release);
  const fitted = forItems(assembly, dataset.items);
  const unknown = fitted.rowOfItem.reduce((count, row) => count + Number(row < 0), 0);
  if (unknown === dataset.items.length) {
    throw new NearfeedError("no_data", `The release in ${folder} has none of the items of these files`, {
      path: folder,
    });
  }
  const { holdout: kept, until } = release.metrics;
  const isApart =
    held.from === undefined
      ? typeof kept === "number" && kept >= held.holdout
      : typeof until === "number" && until <= held.from;
  const notes = [
    ...(unknown > 0
      ? [`${formatCount(unknown)} items of the log are not in the release; as targets they count as misses`]
      : []),
    ...(isApart ? [] : ["this release may have been trained on the events it is measured on"]),
  ];
  return {
    assembly: fitted,
    model,
    signals: eventSignals(dataset, model.signals),
    notes,
    ...(graphs && { graphs }),
  };
}
