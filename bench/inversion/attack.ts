/**
 * Attackers who know a release entirely and guess which items a person liked from what a device shows of them. Every
 * constant here is the best of those tried for the attacker, on the people that are then attacked.
 */
import type { Cells } from "../../shared/cells-file.ts";
import { chooseCells, poolBudget } from "../../shared/choose-cells.ts";
import type { ItemTable } from "../../shared/item-table.ts";
import { dequantize } from "../../shared/item-columns.ts";
import { choleskyInPlace, choleskySolve } from "../../shared/linear-algebra.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { topK } from "../../shared/top-k.ts";
import type { Shown, World } from "./people.ts";
import { pursue } from "./pursuit.ts";

/** What an item's popularity adds, at most, to its fit with a query: of 0, .1, .2 and .4. */
const QUERY_PRIOR = 0.2;
/** The same for its overlap with cells: of 0, .1, .3 and .6. */
const CELLS_PRIOR = 0.3;

/** Guesses rows, the surest first. */
export interface Attacker {
  /** Knows nothing of the person: the most popular items. */
  blind(count: number): number[];
  /** From taste and intent after `events` likes. */
  fromQueries(shown: Shown, events: number, count: number): number[];
  /** From the cells of one pool. */
  fromCells(shown: Pick<Shown, "cells">, count: number): number[];
  /** From the cells that were asked for, one fetch after the other, each only for what was not held before. */
  fromSequence(fetches: readonly (readonly number[])[], count: number): number[];
  /** Share of the items whose like alone asks for cells that no other item's does. */
  readonly uniqueItems: number;
}

export function createAttacker({ assembly, model, cells }: World): Attacker {
  const { table } = assembly;
  const largest = Math.max(...table.popularityLog);
  const prior = (weight: number) => table.popularityLog.map((value) => (weight * value) / largest);
  const cellsOfItem = cellsOfEachItem(table, model, cells);
  const has = cellsOfItem.map((own) => Uint8Array.from(cells.scale, (_, cell) => (own.includes(cell) ? 1 : 0)));
  const [queryPrior, cellsPrior] = [prior(QUERY_PRIOR), prior(CELLS_PRIOR)];

  /** How like the cells that were asked for are to those that each item alone would ask for: a cosine. `[n]` */
  function overlaps(asked: readonly number[], held: ReadonlySet<number>): Float64Array {
    return Float64Array.from(cellsOfItem, (own, row) => {
      let shared = 0;
      for (const cell of asked) shared += has[row]![cell]!;
      const open = held.size === 0 ? own.length : own.reduce((sum, cell) => sum + (held.has(cell) ? 0 : 1), 0);
      return shared === 0 ? 0 : shared / Math.sqrt(asked.length * open);
    });
  }

  const best = (scores: ArrayLike<number>, count: number) => Array.from(topK(scores, count));

  return {
    blind: (count) => best(prior(1), count),
    fromQueries: ({ queries }, events, count) =>
      pursue(table, [evidenceOf(queries[1]!, intentWeight(model, events), model)], count, queryPrior),
    fromCells: ({ cells: asked }, count) =>
      best(
        overlaps(asked, new Set()).map((overlap, row) => overlap + cellsPrior[row]!),
        count,
      ),
    fromSequence(fetches, count) {
      const held = new Set<number>();
      const scores = Float64Array.from(cellsPrior);
      const strongest = new Float64Array(scores.length);
      for (const asked of fetches) {
        overlaps(asked, held).forEach((overlap, row) => (strongest[row] = Math.max(strongest[row]!, overlap)));
        for (const cell of asked) held.add(cell);
      }
      return best(
        scores.map((value, row) => value + strongest[row]!),
        count,
      );
    },
    uniqueItems: shareOfUnique(cellsOfItem.map((own) => [...own].sort((a, b) => a - b).join())),
  };
}

/** Share of the values that occur once. */
export function shareOfUnique(values: readonly string[]): number {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return values.filter((value) => times.get(value) === 1).length / values.length;
}

/** Σ w of the intent's evidence after as many likes, one after the other. */
function intentWeight({ profile }: ScoringModel, events: number): number {
  const { halfLifePositives } = profile.intent;
  let sum = 0;
  for (let i = 0; i < events; i++) sum += halfLifePositives === null ? 1 : 2 ** (-i / halfLifePositives);
  return sum;
}

/** αG + λ(w + α|I|)^ν I, `[d, d]`: what the posterior's matrix is without the person's items. */
function priorMatrix({ profile, gram, dim }: ScoringModel, weight: number): Float64Array {
  const { alpha, lambda, nu, catalogueSize } = profile;
  const matrix = Float64Array.from(gram, (value) => alpha * value);
  for (let j = 0; j < dim; j++) matrix[j * dim + j]! += lambda * (weight + alpha * catalogueSize) ** nu;
  return matrix;
}

/** From u = A⁻¹ Σ w y v back to a sum over the items alone: (A − Σ w v vᵀ) u = Σ w (y − v·u) v. */
function evidenceOf(mean: ArrayLike<number>, weight: number, model: ScoringModel): Float64Array {
  const { dim } = model;
  const matrix = priorMatrix(model, weight);
  return Float64Array.from({ length: dim }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += matrix[i * dim + j]! * mean[j]!;
    return sum;
  });
}

/** The cells that a like of each item alone would ask for: its posterior is along (αG + ρI)⁻¹ v, taste as intent. */
function cellsOfEachItem(table: ItemTable, model: ScoringModel, cells: Cells): number[][] {
  const factor = priorMatrix(model, 1);
  choleskyInPlace(factor, model.dim);
  const budget = poolBudget(table.columns.size);
  return table.ids.map((_, row) => {
    const mean = choleskySolve(factor, model.dim, dequantize(table.columns, row), new Float64Array(model.dim));
    return chooseCells(cells, [mean], { budget });
  });
}
