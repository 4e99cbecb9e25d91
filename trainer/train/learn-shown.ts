/**
 * A linear floor for lists of which it is known what was shown and left: its weights are fitted on past exposures in place of what
 * came next, with items that were learnt before all of them.
 */
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { RankInput } from "../deep/deep-input.ts";
import { LEAST_TAKEN, takenShare } from "../deep/shown-measures.ts";
import { assemble } from "../items/assemble.ts";
import { fitItems } from "../items/fit-items.ts";
import type { Dataset } from "../read/dataset.ts";
import { eventsBefore } from "../split/split-at.ts";
import { exposureMoments, type ExposureWindows, exposureWindows } from "./exposure-moments.ts";
import { fitShown } from "./fit-shown.ts";
import { measureConstants } from "./measure-constants.ts";
import { describeMoment, shownInput, type ShownLabel, shownLabels, type ShownMoment } from "./shown-moment.ts";
import { shownSurfaces } from "./shown-surfaces.ts";
import { itemOptions } from "./item-options.ts";
import { scoringModelOf } from "./scoring-model.ts";
import type { TrainedLinear } from "./train-linear.ts";
import type { TrainOptions } from "./train-options.ts";

export interface ShownLinear {
  /** What all of it was learnt from. */
  readonly dataset: Dataset;
  readonly linear: TrainedLinear;
  readonly windows: ExposureWindows;
  /** What comes before the windows. */
  readonly before: Dataset;
  /** What a ranker's heads learn from, on items that were learnt from what came before. */
  rankInput(): RankInput;
}

/** People whose moments weigh eight parts of a score. */
const LINEAR_PEOPLE = 6_000;

/** @throws NearfeedError `no_data` for a log that does not say what was shown and left, or of which too little was taken */
export async function learnShown(
  dataset: Dataset,
  trained: TrainedLinear,
  options: Pick<TrainOptions, "seed" | "imported" | "prepared" | "threads" | "signal"> & {
    /** Whether a ranker is going to learn from the same moments: of all people then. */
    readonly deep?: boolean;
    readonly onStep?: (stage: string, done: number, total: number) => void;
  },
): Promise<ShownLinear> {
  const { seed, signal, onStep } = options;
  if (!dataset.timed) {
    throw new NearfeedError(
      "no_data",
      "The log has no times, so nothing says what was known when something was shown",
      {
        hint: "Name the column with --time, or train without --exposures.",
      },
    );
  }
  const windows = exposureWindows(dataset);
  if (!windows) {
    throw new NearfeedError("no_data", "The later half of the log does not say what people were shown and left alone", {
      hint: "Train without --exposures, or name the columns of what people did: see --mapping.",
    });
  }
  const before = eventsBefore(dataset, windows.begin);
  const table = trained.model.signals;
  const items = await fitItems(before, itemOptions(dataset, trained.fit, table, "vectors for tuning", options));
  const assembly = await assemble(dataset.items, items, { seed });
  const early = scoringModelOf(before, assembly, trained.fit, items.foldIn, table, seed);
  const labels = shownLabels(dataset);
  const said = { labels, log: dataset, surfaces: shownSurfaces(dataset, windows.begin) };
  const moments: ShownMoment[] = [];
  const walked = exposureMoments({
    dataset,
    assembly,
    model: early,
    windows,
    signal,
    ...(!options.deep && { people: LINEAR_PEOPLE }),
    onUser: (done, total) => onStep?.("exposures", done, total),
  });
  for await (const moment of walked) moments.push(describeMoment(moment, assembly, early, said));
  checkTaken(moments, labels);
  const model = withWeights(trained, fitShown(moments, labels, trained.model.linear), seed);
  return {
    dataset,
    linear: { ...trained, model },
    windows,
    before,
    rankInput: () => shownInput(moments, said, assembly, { before: early.linear, weights: model.linear }),
  };
}

/** Without a label that counts all weights would be 0, and the order any. */
function checkTaken(moments: readonly ShownMoment[], labels: readonly ShownLabel[]): void {
  const shares = labels.map(({ name }, h) => ({ name, share: takenShare(moments, h, labels.length) }));
  if (shares.some(({ name, share }) => name !== "dwell" && share >= LEAST_TAKEN)) return;
  const found = shares.map(({ name, share }) => `${name} ${(100 * share).toFixed(1)} %`).join(", ");
  throw new NearfeedError(
    "no_data",
    `Too little is taken of what people are shown to learn an order from: got ${found || "nothing at all"}, expected ${100 * LEAST_TAKEN} % of something`,
    { hint: "Train without --exposures." },
  );
}

/** What is measured in deviations of the score is measured again. */
function withWeights(
  { model, assembly, split }: TrainedLinear,
  linear: ScoringModel["linear"],
  seed: number,
): ScoringModel {
  const { deviation } = measureConstants(split.trainAndValidation, assembly, { ...model, linear }, seed);
  const times = deviation / model.linear.deviation;
  return {
    ...model,
    linear: { ...linear, deviation, skip: times * linear.skip, adjustment: times * linear.adjustment },
  };
}
