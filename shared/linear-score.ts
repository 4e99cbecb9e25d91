/**
 * The linear score: the second floor, exact, explainable and fast enough for a whole catalogue at every event.
 *
 * `a·v·u_T + b·v·u_I + n·Σ y c 2^(−positives_since/h_nb) neighbour(e→i) + k·contentCosine + p·log1p(pop)/max
 *  + Σ weight·appeal − q·Σ r decay max(0, cos(v_i, v_e)) + adjustments`
 *
 * What each part adds up from is taken apart by `explain.ts`.
 */
import { appealOf, APPEALS } from "./appeal.ts";
import type { Interest } from "./interest.ts";
import type { ItemColumns } from "./item-columns.ts";
import { AUTHOR_WEIGHT } from "./item-table.ts";
import type { ItemTable } from "./item-table.ts";
import type { LinearWeights } from "./linear-weights.ts";

export interface LinearModel {
  readonly linear: LinearWeights;
  /** `[categories]`. */
  readonly categoryWeight: ArrayLike<number>;
}

/** The score of every item and its parts, before weighting but for `vector`, each `[n]`. */
export interface LinearScores {
  readonly total: Float32Array;
  /** v·u_T. */
  readonly taste: Float32Array;
  /** v·u_I. */
  readonly intent: Float32Array;
  /** a·v·u_T + b·v·u_I. */
  readonly vector: Float32Array;
  /** Σ y c 2^(−positives_since/h_nb) · neighbour(e→i). */
  readonly neighbour: Float32Array;
  /** Cosine of categories and author with the content profile. */
  readonly content: Float32Array;
  /** log1p(popularity) / max. */
  readonly popularity: Float32Array;
  /** Σ weight · appeal, weighted already. */
  readonly appeal: Float32Array;
  /** Σ r · decay · max(0, cos(v_i, v_e)), before the sign. */
  readonly skip: Float32Array;
  /** Σ of the person's own adjustments. */
  readonly adjustment: Float32Array;
}

export function scoreLinear(table: ItemTable, interest: Interest, model: LinearModel): LinearScores {
  const weights = model.linear;
  const { columns } = table;
  const total = new Float32Array(columns.size);
  const taste = new Float32Array(columns.size);
  const isOne = interest.intent === interest.taste;
  const intent = isOne ? taste : new Float32Array(columns.size);
  if (isOne) table.scan([interest.taste.mean], [taste]);
  else table.scan([interest.taste.mean, interest.intent.mean], [taste, intent]);
  const vector = new Float32Array(columns.size);
  for (let i = 0; i < vector.length; i++) vector[i] = weights.taste * taste[i]! + weights.intent * intent[i]!;
  const neighbour = neighbourScores(table, interest);
  const content = contentScores(table, interest, model.categoryWeight);
  const popularity = popularityScores(table, weights);
  const appeal = appealScores(table, weights);
  const skip = skipScores(table, interest);
  const adjustment = adjustmentScores(table, interest);
  for (let i = 0; i < total.length; i++) {
    total[i] =
      vector[i]! +
      weights.neighbour * neighbour[i]! +
      weights.content * content[i]! +
      weights.popularity * popularity[i]! +
      appeal[i]! -
      weights.skip * skip[i]! +
      adjustment[i]!;
  }
  return { total, taste, intent, vector, neighbour, content, popularity, appeal, skip, adjustment };
}

export function popularityScores(table: ItemTable, weights: LinearWeights): Float32Array {
  const { popularityLog } = table;
  const scores = new Float32Array(popularityLog.length);
  for (let i = 0; i < scores.length; i++) scores[i] = popularityLog[i]! / weights.popularityMax;
  return scores;
}

function appealScores({ columns }: ItemTable, weights: LinearWeights): Float32Array {
  const scores = new Float32Array(columns.size);
  if (columns.appeal && weights.appeal) {
    for (let i = 0; i < scores.length; i++) scores[i] = appealTerm(columns, i, weights);
  }
  return scores;
}

/** What appeal adds to the score of a row. */
export function appealTerm(columns: ItemColumns, row: number, { appeal }: LinearWeights): number {
  if (!appeal) return 0;
  return APPEALS.reduce((sum, name, of) => sum + appeal[name] * appealOf(columns, row, of), 0);
}

function neighbourScores(table: ItemTable, interest: Interest): Float32Array {
  const scores = new Float32Array(table.columns.size);
  for (const { signal, weight } of interest.positives) {
    for (const [item, neighbourWeight] of signal.neighbours) {
      const row = table.rowOf.get(item);
      if (row !== undefined) scores[row]! += weight * neighbourWeight;
    }
  }
  return scores;
}

function contentScores(table: ItemTable, interest: Interest, categoryWeight: ArrayLike<number>): Float32Array {
  const { contentNorm, authorOf, authorNumber } = table;
  const { size, category: categories, categoryStart } = table.columns;
  const { category, author, norm } = interest.content;
  const scores = new Float32Array(size);
  if (norm === 0) return scores;
  const byCategory = category.map((value, c) => (value * categoryWeight[c]!) / norm);
  const byAuthor = new Float64Array(authorNumber.size + 1);
  for (const [key, value] of author) byAuthor[authorNumber.get(key) ?? 0] = (AUTHOR_WEIGHT * value) / norm;
  // The place of "no author" also took those that the table has no item of.
  byAuthor[0] = 0;
  for (let i = 0, at = 0; i < size; i++) {
    let sum = 0;
    for (const end = categoryStart[i + 1]!; at < end; at++) sum += byCategory[categories[at]!]!;
    sum += byAuthor[authorOf[i]!]!;
    const length = contentNorm[i]!;
    if (length > 0) scores[i] = sum / length;
  }
  return scores;
}

function skipScores(table: ItemTable, interest: Interest): Float32Array {
  const scores = new Float32Array(table.columns.size);
  const { repelling } = interest;
  const nearness = repelling.map(({ signal }) => table.nearness(signal.event, signal.vector));
  const weight = (e: number) => repelling[e]!.weight;
  // Four signals a pass quarter the traffic of the running sum; fround rounds it as the array would.
  const round = Math.fround;
  let e = 0;
  for (; e + 3 < repelling.length; e += 4) {
    const [first, second, third, fourth] = [nearness[e]!, nearness[e + 1]!, nearness[e + 2]!, nearness[e + 3]!];
    const [a, b, c, d] = [weight(e), weight(e + 1), weight(e + 2), weight(e + 3)];
    for (let i = 0; i < scores.length; i++) {
      const two = round(round(scores[i]! + a * first[i]!) + b * second[i]!);
      scores[i] = round(two + c * third[i]!) + d * fourth[i]!;
    }
  }
  for (; e < repelling.length; e++) {
    const [near, w] = [nearness[e]!, weight(e)];
    for (let i = 0; i < scores.length; i++) scores[i]! += w * near[i]!;
  }
  return scores;
}

function adjustmentScores(table: ItemTable, interest: Interest): Float32Array {
  const { columns } = table;
  const scores = new Float32Array(columns.size);
  if (interest.adjustments.size === 0) return scores;
  for (let i = 0; i < scores.length; i++) {
    for (let at = columns.categoryStart[i]!; at < columns.categoryStart[i + 1]!; at++) {
      scores[i]! += interest.adjustments.get(columns.category[at]!) ?? 0;
    }
  }
  return scores;
}
