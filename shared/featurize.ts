/**
 * One function from (candidates, interest) to the ranker's feature matrix, used in training and in serving.
 *
 * Values are raw: the graph of the model standardises them. Nothing here knows a label, and nothing looks past
 * `interest.now`.
 */
import { appealOf, APPEALS } from "./appeal.ts";
import { AFFINITY_WINDOWS, AVERSION_COSINE_WINDOWS, COSINE_WINDOWS, FEATURES, NEIGHBOUR_WINDOWS } from "./features.ts";
import { describeHistory } from "./history-features.ts";
import type { History, RecentSignals } from "./history-features.ts";
import type { Interest } from "./interest.ts";
import type { ItemTable } from "./item-table.ts";
import type { LinearModel, LinearScores } from "./linear-score.ts";
import { recentCosines } from "./recent-cosines.ts";
import { SOURCES } from "./sources.ts";

const MINUTES_PER_DAY = 1_440;
/** Place of the longest window among those of category affinity. */
const LONGEST_AFFINITY = AFFINITY_WINDOWS.length - 1;

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
  const { vectors } = history.recent;
  const cosines = recentCosines(table, rows, vectors);
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!;
    let at = n * f;
    at = writePosterior(out, at, table, row, history, scores);
    at = writeLinear(out, at, row, scores, model);
    at = writeVectorHistory(out, at, cosines, n * vectors.slots, history.recent);
    at = writeNeighbourHistory(out, at, table.ids[row]!, history);
    at = writeCategories(out, at, table, row, history, model.categoryWeight);
    at = writeAuthor(out, at, table.columns.author[row]!, history);
    at = writeItem(out, at, table, row, interest, scores);
    at = writeAppeal(out, at, table, row);
    at = writePerson(out, at, history);
    const bits = source?.[row] ?? 0;
    for (let s = 0; s < SOURCES.length; s++) out[at++] = (bits >> s) & 1;
  }
  return out;
}

function writePosterior(
  out: Float32Array,
  at: number,
  table: ItemTable,
  row: number,
  history: History,
  scores: LinearScores,
): number {
  const length = table.vectorNorm[row]!;
  const taste = scores.taste[row]!;
  const intent = scores.intent[row]!;
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

/**
 * Cosine to each recent signal (unwanted ones count negative), then window aggregates over positives and aversions.
 *
 * @param cosines this candidate's from `from`
 */
function writeVectorHistory(
  out: Float32Array,
  at: number,
  cosines: Float64Array,
  from: number,
  { vectors, sign, wanted, repelling }: RecentSignals,
): number {
  const count = sign.length;
  for (let e = 0; e < count; e++) out[at + e] = sign[e]! * cosines[from + e]!;
  const maxima = at + vectors.slots;
  const means = maxima + COSINE_WINDOWS.length;
  const aversions = means + COSINE_WINDOWS.length;
  let best = -Infinity;
  let sum = 0;
  let n = 0;
  // A window that is not full yet holds what there is.
  for (let w = 0; w < COSINE_WINDOWS.length && wanted.length > 0; w++) {
    for (const end = Math.min(COSINE_WINDOWS[w]!, wanted.length); n < end; n++) {
      const value = cosines[from + wanted[n]!]!;
      if (value > best) best = value;
      sum += value;
    }
    out[maxima + w] = best;
    out[means + w] = sum / n;
  }
  let worst = -Infinity;
  n = 0;
  for (let w = 0; w < AVERSION_COSINE_WINDOWS.length && repelling.length > 0; w++) {
    for (const end = Math.min(AVERSION_COSINE_WINDOWS[w]!, repelling.length); n < end; n++) {
      worst = Math.max(worst, cosines[from + repelling[n]!]!);
    }
    out[aversions + w] = worst;
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
      for (let w = 0; w < NEIGHBOUR_WINDOWS.length; w++) if (e < NEIGHBOUR_WINDOWS[w]!) out[at + slots + w] = sum;
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
  const { windows, mean, weighted, sums } = history.categories;
  const from = categoryStart[row]!;
  const to = categoryStart[row + 1]!;
  let squared = 0;
  let best = 0;
  let worst = 0;
  sums.fill(0);
  for (let k = from; k < to; k++) {
    const c = category[k]!;
    squared += categoryWeight[c]! ** 2;
    for (let w = 0, place = c * windows; w < windows; w++, place++) sums[w]! += weighted[place]!;
    const value = mean[c * windows + LONGEST_AFFINITY]!;
    best = k === from ? value : Math.max(best, value);
    worst = k === from ? value : Math.min(worst, value);
  }
  const length = Math.sqrt(squared);
  for (let w = 0; w < windows; w++) out[at++] = length > 0 ? sums[w]! / length : 0;
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
  out[at++] = table.popularityLog[row]!;
  out[at++] = Math.log1p(columns.history[row]!);
  out[at++] = columns.uncertainty[row]!;
  out[at++] = table.vectorNorm[row]!;
  out[at++] = published > 0 ? 1 : 0;
  out[at++] = published > 0 ? Math.log1p(Math.max(0, interest.now / 60_000 - published) / MINUTES_PER_DAY) : 0;
  out[at++] = columns.duration[row]! > 0 ? 1 : 0;
  out[at++] = Math.log1p(columns.duration[row]!);
  return at;
}

function writeAppeal(out: Float32Array, at: number, { columns }: ItemTable, row: number): number {
  let known = 0;
  for (let of = 0; of < APPEALS.length; of++) {
    const value = appealOf(columns, row, of);
    if (value !== 0) known = 1;
    out[at++] = value;
  }
  out[at++] = known;
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
