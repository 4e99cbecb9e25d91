/**
 * One function from (candidates, interest) to the ranker's feature matrix, used in training and in serving.
 *
 * Values are raw: the graph of the model standardises them. Nothing here knows a label, and nothing looks past
 * `interest.now`.
 */
import { AFFINITY_WINDOWS, AVERSION_COSINE_WINDOWS, COSINE_WINDOWS, FEATURES, NEIGHBOUR_WINDOWS } from "./features.ts";
import { describeHistory } from "./history-features.ts";
import type { History } from "./history-features.ts";
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import { dot } from "./linear-algebra.ts";
import type { LinearModel, LinearScores } from "./linear-score.ts";
import { SOURCES } from "./sources.ts";

const MINUTES_PER_DAY = 1_440;

/** Candidates: some rows of a table. */
export interface CandidateRows {
  readonly rows: ArrayLike<number>;
  /** Source bits of every row of the table, where they are known. */
  readonly source?: ArrayLike<number>;
}

/**
 * Features of N candidates, `[N, f]` row-major, columns as named by `FEATURES`.
 *
 * @param scores `scoreLinear` of the same table and interest
 */
export function featurize(
  table: ItemTable,
  { rows, source }: CandidateRows,
  interest: Interest,
  scores: LinearScores,
  model: LinearModel,
): Float32Array {
  const f = FEATURES.length;
  const out = new Float32Array(rows.length * f);
  const history = describeHistory(interest, model.categoryWeight);
  const vector = new Float64Array(table.columns.dim);
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!;
    loadVector(table, row, vector);
    const length = table.vectorNorm[row]!;
    let at = n * f;
    at = writePosterior(out, at, vector, length, history, interest);
    at = writeLinear(out, at, row, scores, model);
    at = writeVectorHistory(out, at, vector, length, history);
    at = writeNeighbourHistory(out, at, table.ids[row]!, history);
    at = writeCategories(out, at, table, row, history, model.categoryWeight);
    at = writeAuthor(out, at, table.columns.author[row]!, history);
    at = writeItem(out, at, table, row, interest, scores);
    at = writePerson(out, at, history);
    const bits = source?.[row] ?? 0;
    for (let s = 0; s < SOURCES.length; s++) out[at++] = (bits >> s) & 1;
  }
  return out;
}

function loadVector(table: ItemTable, row: number, vector: Float64Array): void {
  const { dim, vectors, scale } = table.columns;
  for (let j = 0; j < dim; j++) vector[j] = vectors[row * dim + j]! * scale[row]!;
}

function writePosterior(
  out: Float32Array,
  at: number,
  vector: Float64Array,
  length: number,
  history: History,
  interest: Interest,
) {
  const taste = dot(vector, interest.taste.mean);
  const intent = dot(vector, interest.intent.mean);
  out[at++] = taste;
  out[at++] = ratio(taste, length * history.tasteNorm);
  out[at++] = intent;
  out[at++] = ratio(intent, length * history.intentNorm);
  return at;
}

function writeLinear(out: Float32Array, at: number, row: number, scores: LinearScores, model: LinearModel): number {
  out[at++] = scores.total[row]! / model.linear.deviation;
  out[at++] = scores.neighbour[row]!;
  out[at++] = scores.content[row]!;
  out[at++] = scores.skip[row]!;
  return at;
}

/** Cosine to each recent signal (unwanted ones count negative), then window aggregates over positives and aversions. */
function writeVectorHistory(
  out: Float32Array,
  at: number,
  vector: Float64Array,
  length: number,
  history: History,
): number {
  const { recent } = history;
  const { dim } = recent;
  const cosine = history.scratch;
  for (let e = 0; e < recent.count; e++) {
    let sum = 0;
    for (let j = 0, k = e * dim; j < dim; j++, k++) sum += vector[j]! * recent.unit[k]!;
    cosine[e] = length > 0 ? sum / length : 0;
    out[at + e] = recent.sign[e]! * cosine[e]!;
  }
  at += recent.slots;
  const maxima = at;
  const means = at + COSINE_WINDOWS.length;
  const aversions = means + COSINE_WINDOWS.length;
  let wanted = 0;
  let unwanted = 0;
  let best = 0;
  let sum = 0;
  let worst = 0;
  for (let e = 0; e < recent.count; e++) {
    if (recent.sign[e]! > 0) {
      best = wanted === 0 ? cosine[e]! : Math.max(best, cosine[e]!);
      sum += cosine[e]!;
      wanted++;
    } else if (recent.sign[e]! < 0) {
      worst = unwanted === 0 ? cosine[e]! : Math.max(worst, cosine[e]!);
      unwanted++;
    }
    for (let w = 0; w < COSINE_WINDOWS.length; w++) {
      if (wanted <= COSINE_WINDOWS[w]!) {
        out[maxima + w] = best;
        out[means + w] = wanted > 0 ? sum / wanted : 0;
      }
    }
    for (let w = 0; w < AVERSION_COSINE_WINDOWS.length; w++) {
      if (unwanted <= AVERSION_COSINE_WINDOWS[w]!) out[aversions + w] = worst;
    }
  }
  return aversions + AVERSION_COSINE_WINDOWS.length;
}

function writeNeighbourHistory(out: Float32Array, at: number, id: string, history: History): number {
  const weights = history.neighbourWeight.get(id);
  const slots = history.positiveSlots;
  if (weights) {
    let sum = 0;
    for (let e = 0; e < slots; e++) {
      out[at + e] = weights[e]!;
      sum += weights[e]!;
      NEIGHBOUR_WINDOWS.forEach((window, w) => {
        if (e < window) out[at + slots + w] = sum;
      });
    }
  }
  return at + slots + NEIGHBOUR_WINDOWS.length;
}

function writeCategories(
  out: Float32Array,
  at: number,
  table: ItemTable,
  row: number,
  history: History,
  categoryWeight: ArrayLike<number>,
): number {
  const { category, categoryStart } = table.columns;
  const from = categoryStart[row]!;
  const to = categoryStart[row + 1]!;
  let squared = 0;
  for (let k = from; k < to; k++) squared += categoryWeight[category[k]!]! ** 2;
  const length = Math.sqrt(squared);
  for (const affinity of [...history.categoryAffinity, ...history.categoryAversion]) {
    let sum = 0;
    for (let k = from; k < to; k++) sum += affinity[category[k]!]! * categoryWeight[category[k]!]!;
    out[at++] = length > 0 ? sum / length : 0;
  }
  const longest = history.categoryAffinity[AFFINITY_WINDOWS.length - 1]!;
  let best = 0;
  let worst = 0;
  for (let k = from; k < to; k++) {
    const value = longest[category[k]!]!;
    best = k === from ? value : Math.max(best, value);
    worst = k === from ? value : Math.min(worst, value);
  }
  out[at++] = best;
  out[at++] = worst;
  out[at++] = to - from;
  return at;
}

function writeAuthor(out: Float32Array, at: number, author: number, history: History): number {
  for (const affinity of history.authorAffinity) out[at++] = author === 0 ? 0 : (affinity.get(author) ?? 0);
  out[at++] = author === 0 ? 0 : (history.authorAversion.get(author) ?? 0);
  return at;
}

function writeItem(
  out: Float32Array,
  at: number,
  table: ItemTable,
  row: number,
  interest: Interest,
  scores: LinearScores,
): number {
  const { columns } = table;
  const published = columns.publishedAt[row]!;
  out[at++] = scores.popularity[row]!;
  out[at++] = Math.log1p(columns.popularity[row]!);
  out[at++] = Math.log1p(columns.history[row]!);
  out[at++] = columns.uncertainty[row]!;
  out[at++] = table.vectorNorm[row]!;
  out[at++] = published > 0 ? 1 : 0;
  out[at++] = published > 0 ? Math.log1p(Math.max(0, interest.now / 60_000 - published) / MINUTES_PER_DAY) : 0;
  out[at++] = columns.duration[row]! > 0 ? 1 : 0;
  out[at++] = Math.log1p(columns.duration[row]!);
  return at;
}

function writePerson(out: Float32Array, at: number, history: History): number {
  out[at++] = Math.log1p(history.positives);
  out[at++] = Math.log1p(history.signals);
  out[at++] = Math.log1p(history.repelled);
  out[at++] = history.hoursSinceLast;
  out[at++] = history.tasteNorm;
  out[at++] = history.intentNorm;
  return at;
}

function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0;
}
