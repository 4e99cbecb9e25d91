/**
 * Why an item has its score: terms that sum to it. Exact for the linear score; the deep ranker's part is one term.
 *
 * The posterior mean is linear in the targets, so each event's share of `v·u` is `w y vᵀA⁻¹v_e`, and that of all carried
 * ones is `vᵀA⁻¹b` of theirs: no approximation.
 */
import { AUTHOR_WEIGHT } from "./item-table.ts";
import type { ItemTable } from "./item-table.ts";
import { dequantize } from "./item-columns.ts";
import type { Interest } from "./interest.ts";
import { choleskySolve, dot } from "./linear-algebra.ts";
import { appealTerm } from "./linear-score.ts";
import type { LinearModel } from "./linear-score.ts";

/**
 * One part of a score. `earlier` is what the person did before the events that are still in the log: of these nothing is
 * known one by one any more but its sum.
 */
export type Term =
  | { readonly kind: "event"; readonly event: string; readonly item: string; readonly value: number }
  | { readonly kind: "skip"; readonly event: string; readonly item: string; readonly value: number }
  | { readonly kind: "adjustment"; readonly category: string; readonly value: number }
  | { readonly kind: "earlier" | "content" | "popularity" | "appeal" | "deep"; readonly value: number };

/**
 * Terms of one item's linear score, largest magnitude first. Their sum is the score of `scoreLinear` within float32
 * rounding. Events without effect are left out.
 */
export function explainLinear(table: ItemTable, row: number, interest: Interest, model: LinearModel): Term[] {
  const terms: Term[] = [
    ...eventTerms(table, row, interest, model),
    ...skipTerms(table, row, interest, model),
    ...adjustmentTerms(table, row, interest),
    { kind: "content", value: model.linear.content * contentCosine(table, row, interest, model.categoryWeight) },
    {
      kind: "popularity",
      value: (model.linear.popularity * Math.log1p(table.columns.popularity[row]!)) / model.linear.popularityMax,
    },
    { kind: "appeal", value: appealTerm(table.columns, row, model.linear) },
  ];
  return terms.filter((term) => term.value !== 0).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function eventTerms(table: ItemTable, row: number, interest: Interest, model: LinearModel): Term[] {
  const { linear } = model;
  const vector = dequantize(table.columns, row);
  const { dim } = table.columns;
  const tasteReach = choleskySolve(interest.taste.factor, dim, vector, new Float64Array(dim));
  const intentReach = choleskySolve(interest.intent.factor, dim, vector, new Float64Array(dim));
  const { signals, history, earlier } = interest;
  const offset = history.length - signals.length;
  const values = history.map(({ target, vector: own }, place) => {
    const i = place - offset;
    if (target === 0 || i < 0) return 0;
    return (
      target *
      (linear.taste * interest.tasteWeight[i]! * dot(tasteReach, own) +
        linear.intent * interest.intentWeight[i]! * dot(intentReach, own))
    );
  });
  const position = new Map(history.map((signal, place) => [signal, place]));
  for (const { signal, weight } of interest.positives) {
    for (const [item, neighbourWeight] of signal.neighbours) {
      if (item === table.ids[row]) values[position.get(signal)!]! += linear.neighbour * weight * neighbourWeight;
    }
  }
  const before = earlier
    ? linear.taste * dot(tasteReach, earlier.taste) + linear.intent * dot(intentReach, earlier.intent)
    : 0;
  return [
    { kind: "earlier", value: before },
    ...history.map(({ event, item }, place): Term => ({ kind: "event", event, item, value: values[place]! })),
  ];
}

function skipTerms(table: ItemTable, row: number, interest: Interest, model: LinearModel): Term[] {
  return interest.repelling.map(({ signal, weight }) => ({
    kind: "skip",
    event: signal.event,
    item: signal.item,
    value: -model.linear.skip * weight * table.nearness(signal.event, signal.vector)[row]!,
  }));
}

function adjustmentTerms(table: ItemTable, row: number, interest: Interest): Term[] {
  const { columns, dictionaries } = table;
  const categories = columns.category.subarray(columns.categoryStart[row], columns.categoryStart[row + 1]);
  return Array.from(categories, (category) => ({
    kind: "adjustment",
    category: dictionaries.categories[category]!,
    value: interest.adjustments.get(category) ?? 0,
  }));
}

function contentCosine(table: ItemTable, row: number, interest: Interest, categoryWeight: ArrayLike<number>): number {
  const { columns, contentNorm } = table;
  const { category, author, norm } = interest.content;
  if (norm === 0 || contentNorm[row] === 0) return 0;
  let sum = columns.author[row] === 0 ? 0 : AUTHOR_WEIGHT * (author.get(columns.author[row]!) ?? 0);
  for (let at = columns.categoryStart[row]!; at < columns.categoryStart[row + 1]!; at++) {
    sum += category[columns.category[at]!]! * categoryWeight[columns.category[at]!]!;
  }
  return sum / (norm * contentNorm[row]!);
}
