/** What item vectors are worth by themselves: NDCG@10 of held-out likes, of lists by a person's folded-in vector alone. */
import { replay } from "../../../trainer/evaluate/replay.ts";
import { ndcgOf } from "../../../trainer/evaluate/metrics.ts";
import { assemble } from "../../../trainer/items/assemble.ts";
import { eventSignals } from "../../../trainer/items/event-signals.ts";
import type { ItemModel } from "../../../trainer/items/fit-items.ts";
import type { Dataset } from "../../../trainer/read/dataset.ts";
import type { TargetRange } from "../../../trainer/split/split.ts";
import { scoringModelOf } from "../../../trainer/train/scoring-model.ts";
import { DEFAULT_SIGNALS } from "../../../shared/signals.ts";

/** Nothing but the vectors. */
const VECTORS_ALONE = {
  tasteHalfLifePositives: null,
  intentHalfLifePositives: null,
  neighbourHalfLifePositives: null,
  taste: 1,
  intent: 0,
  neighbour: 0,
  content: 0,
  popularity: 0,
  ndcg: 0,
};

/** @param items learnt from what came before the ranges */
export async function vectorWorth(
  dataset: Dataset,
  items: ItemModel,
  ranges: readonly TargetRange[],
  seed: number,
): Promise<number> {
  const signals = eventSignals(dataset, DEFAULT_SIGNALS);
  const assembly = await assemble(dataset.items, items, { seed });
  const model = scoringModelOf(dataset, assembly, VECTORS_ALONE, items.foldIn, DEFAULT_SIGNALS, seed);
  const scorers = {
    vectors: (_list: unknown, _interest: unknown, linear: { total: ArrayLike<number> }) => linear.total,
  };
  const { vectors } = await replay({ dataset, signals, assembly, model, ranges, scorers });
  return vectors.rank.reduce((sum, rank) => sum + ndcgOf(rank), 0) / vectors.rank.length;
}
