/**
 * The linear floor again, on item vectors that the encoder's training has refined: content map, cells, Gram matrix,
 * constants and weights all belong to the vectors.
 */
import type { ScoringModel } from "../../shared/model.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import { refineItems } from "../items/refine-items.ts";
import type { Dataset } from "../read/dataset.ts";
import { type EarlyItems, tuneWeights } from "./choose-weights.ts";
import { scoringModelOf } from "./scoring-model.ts";
import type { TrainedLinear } from "./train-linear.ts";
import type { TrainOptions } from "./train-options.ts";

export interface RefinedLinear {
  readonly linear: TrainedLinear;
  /** The same weights on items that have not seen the validation part, for what is learnt by it. */
  readonly early: { readonly assembly: Assembly; readonly model: ScoringModel };
}

/** @param refined `[n, dim]` vectors of the dataset's items */
export async function refineLinear(
  dataset: Dataset,
  trained: TrainedLinear,
  { split, items }: EarlyItems,
  refined: Float32Array,
  options: Omit<TrainOptions, "holdout">,
): Promise<RefinedLinear> {
  const { signals, model } = trained;
  const { seed } = options;
  const table = model.signals;
  const earlyModel = refineItems(items, dataset.items, refined);
  const fit = options.fit ?? {
    ...trained.fit,
    ...(await tuneWeights(dataset, split, earlyModel, signals, table, options)),
  };
  const earlyAssembly = await assemble(dataset.items, earlyModel, { seed });
  // New items keep the plain vectors of the new map: as strong as the first floor guesses them, they outrank what the ranker
  // has learnt to tell apart (NDCG@10 on validation of the bundled ratings .075 in place of .089).
  const finalModel = refineItems(trained.items, dataset.items, refined);
  const assembly = await assemble(dataset.items, finalModel, { seed });
  return {
    linear: {
      ...trained,
      fit,
      items: finalModel,
      assembly,
      model: scoringModelOf(trained.split.trainAndValidation, assembly, fit, finalModel.foldIn, table, seed),
    },
    early: {
      assembly: earlyAssembly,
      model: scoringModelOf(split.train, earlyAssembly, fit, earlyModel.foldIn, table, seed),
    },
  };
}
