/**
 * How strongly items that nobody has met are guessed. A part of the items is hidden from a training of its own, and the
 * strength is the largest at which items that nobody has met get no more of the first places than of the held-out events.
 *
 * Accuracy alone would hide them: by what a log can say of new items the known ones are always the safer guess.
 */
import { interestAt } from "../../shared/interest.ts";
import { scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import { LIST_LENGTH } from "../evaluate/metrics.ts";
import { walkLists, type WalkOptions } from "../evaluate/walk.ts";
import { type Assembly, assemble } from "../items/assemble.ts";
import type { ItemModel } from "../items/fit-items.ts";
import { withNewItems } from "../items/new-items.ts";
import type { Dataset } from "../read/dataset.ts";
import { hiddenItems, withoutItems } from "../split/hide-items.ts";

/** New items are guessed as the mean of those they are like, where nothing says that more is needed. */
const PLAIN_GUESS = 1;

/** Weakest first, a twentieth apart up to eight: where many new items are alike they all come in at once. */
export const STRENGTHS: readonly number[] = Array.from({ length: 43 }, (_, step) => PLAIN_GUESS * 1.05 ** step);

export interface TuneNewItemsOptions extends Omit<WalkOptions, "model"> {
  /** Of an assembly whose new items were guessed at strength 1. */
  readonly model: ScoringModel;
  /** 1 for every row of an item that training has not met. `[n]` */
  readonly isNew: Uint8Array;
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ChooseNewItemsOptions extends Omit<WalkOptions, "model" | "assembly"> {
  /** Items as learnt from all that is not held out. */
  readonly met: ItemModel;
  /** What came before the ranges. */
  readonly train: Dataset;
  /** @param hidden 1 for every item that `train` has no event of. `[items]` */
  readonly learn: (train: Dataset, hidden: Uint8Array) => Promise<ItemModel>;
  readonly modelOf: (train: Dataset, assembly: Assembly, items: ItemModel) => ScoringModel;
  readonly seed: number;
  readonly onStep?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Of the items, to find out how new ones do: as many as the protocol `cold-start` takes, by another draw. */
const HIDDEN_SHARE = 0.1;
const HIDDEN_SEED = 1_000_003;

/** The strength for `met`, found on items that are hidden for the purpose. Nothing is done where all items have been met. */
export async function chooseNewItems(options: ChooseNewItemsOptions): Promise<number> {
  const { dataset, met, learn, modelOf, seed, ranges } = options;
  if (!met.history.includes(0) || ranges.length === 0) return PLAIN_GUESS;
  const hidden = hiddenItems(dataset.items, { share: HIDDEN_SHARE, seed: seed + HIDDEN_SEED });
  const train = withoutItems(options.train, hidden, { holdout: 0 });
  const items = withNewItems(dataset.items, await learn(train, hidden), PLAIN_GUESS);
  const assembly = await assemble(dataset.items, items, { seed });
  const isNew = Uint8Array.from(assembly.index.columns.history, (people) => Number(people === 0));
  const strength = await tuneNewItems({ ...options, assembly, model: modelOf(train, assembly, items), isNew });
  return strength ?? PLAIN_GUESS;
}

/** @returns undefined where no held-out event is of a new item, so that nothing can be chosen */
export async function tuneNewItems(options: TuneNewItemsOptions): Promise<number | undefined> {
  const { assembly, model, isNew } = options;
  const { linear } = model;
  const rows = Array.from(isNew.keys()).filter((row) => isNew[row] === 1);
  const places = STRENGTHS.map(() => 0);
  const breathe = createBreath(options.signal);
  let [lists, wanted, targets] = [0, 0, 0];
  for (const list of walkLists({ ...options, model })) {
    await breathe();
    const { seen } = list;
    const scores = scoreLinear(assembly.table, interestAt(list.profile, model, list.now), model);
    const known = scores.total.map((score, row) => (seen[row] === 1 || isNew[row] === 1 ? -Infinity : score));
    const bars = Array.from(topK(known, LIST_LENGTH), (row) => known[row]);
    const open = rows.filter((row) => seen[row] === 0);
    STRENGTHS.forEach((strength, s) => {
      const own = open.map(
        (row) => scores.total[row] + (strength - 1) * (scores.vector[row] + linear.neighbour * scores.neighbour[row]),
      );
      places[s] += placesOf(own, bars);
    });
    lists++;
    targets += list.rows.length;
    for (const row of list.rows) if (row >= 0) wanted += isNew[row];
    options.onStep?.(lists, Math.max(lists, options.ranges.length));
  }
  if (wanted === 0) return undefined;
  const fair = wanted / targets;
  return STRENGTHS.findLast((_, s) => places[s] / (lists * LIST_LENGTH) <= fair) ?? STRENGTHS[0];
}

/** Of the first ten of both, how many are the new ones'. @param bars scores of the best known ones, falling */
function placesOf(scores: readonly number[], bars: readonly number[]): number {
  const best = topK(scores, LIST_LENGTH);
  let taken = 0;
  while (taken < best.length && scores[best[taken]] > (bars[LIST_LENGTH - 1 - taken] ?? -Infinity)) taken++;
  return taken;
}
