/** Everything that scoring reads, from learnt items and the weights that were found for them. */
import type { ScoringModel } from "../../shared/model.ts";
import type { SelectionDefaults } from "../../shared/selection-defaults.ts";
import type { SignalTable } from "../../shared/signals.ts";
import type { Assembly } from "../items/assemble.ts";
import type { FoldInConstants } from "../items/ials.ts";
import type { Dataset } from "../read/dataset.ts";
import type { LinearFit } from "../tune/tune-linear.ts";
import { linearWeights, profileConstants } from "./linear-settings.ts";
import { measureConstants } from "./measure-constants.ts";

/** Variety may cost 3 % of NDCG; on validation lists of the bundled ratings this much makes lists a tenth more varied and costs none. */
const SELECTION: SelectionDefaults = { diversity: 0.2 };

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
