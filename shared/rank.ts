/**
 * From a table and an interest to a list: linear score over everything, deep score over the best, selection.
 *
 * The one pipeline of serving and of evaluation. It knows no storage, no worker and no network; the deep model comes in
 * as an interface, and without one every deep part is 0, so the floors agree in scale.
 */
import { diversify } from "./diversify.ts";
import { encoderInputs } from "./encoder-inputs.ts";
import type { EncoderInputs, Moment } from "./encoder-inputs.ts";
import { NearfeedError } from "./errors.ts";
import { featurize } from "./featurize.ts";
import type { Interest } from "./interest.ts";
import { gatherVectors } from "./item-columns.ts";
import type { ItemTable } from "./item-table.ts";
import { scoreLinear } from "./linear-score.ts";
import type { LinearScores } from "./linear-score.ts";
import type { ScoringModel } from "./model.ts";
import { topK } from "./top-k.ts";

/** The deep floor: an encoder run once a list, a ranker run once a list over all candidates. */
export interface DeepModel {
  /**
   * Raw logits r, `[N, heads]`.
   *
   * @param candidateVector `[N, d]`
   * @param candidateFeature `[N, f]`
   */
  score(events: EncoderInputs, candidateVector: Float32Array, candidateFeature: Float32Array): Promise<Float32Array>;
}

export interface RankOptions {
  readonly count: number;
  readonly moment: Moment;
  /** The dial, 0–1; the release's default where absent. */
  readonly diversity?: number;
  /** Rows that may not be shown: seen, banned, filtered out. */
  readonly excluded?: (row: number) => boolean;
  /** Rows that are on the list already; the selection goes on from them. */
  readonly shown?: readonly number[];
  /** Source bits of every row. */
  readonly source?: ArrayLike<number>;
  readonly deep?: DeepModel;
}

export interface RankedItem {
  readonly row: number;
  /** linear + deep */
  readonly score: number;
  readonly linear: number;
  /** Σ ω r, 0 without the deep floor. */
  readonly deep: number;
}

export interface Ranking {
  /** What to show, in order. */
  readonly selected: readonly RankedItem[];
  /** Every candidate of the last stage, best first: the order before selection. */
  readonly candidates: readonly RankedItem[];
  readonly linear: LinearScores;
}

/** Candidates that reach the deep ranker; beyond them the linear order stands. */
export const DEEP_CANDIDATES = 1_000;

/** @throws NearfeedError `bad_release` where the deep model answers with the wrong number of logits, or with NaN. */
export async function rank(
  table: ItemTable,
  interest: Interest,
  model: ScoringModel,
  options: RankOptions,
): Promise<Ranking> {
  const linear = scoreLinear(table, interest, model);
  const { excluded } = options;
  const open = excluded ? linear.total.map((score, row) => (excluded(row) ? -Infinity : score)) : linear.total;
  const rows = topK(open, Math.max(DEEP_CANDIDATES, options.count));
  const deep =
    options.deep && rows.length > 0
      ? await deepParts(table, rows, interest, linear, model, options.deep, options)
      : undefined;
  const candidates = Array.from(rows, (row, n): RankedItem => {
    const part = deep?.[n] ?? 0;
    return { row, score: linear.total[row]! + part, linear: linear.total[row]!, deep: part };
  });
  // Array sort is stable, so equal scores keep the linear order.
  if (deep) candidates.sort((a, b) => b.score - a.score);
  const order = diversify(
    table,
    candidates.map(({ row }) => row),
    candidates.map(({ score }) => score),
    options.count,
    {
      diversity: options.diversity ?? model.selection.diversity,
      deviation: model.linear.deviation,
      shown: options.shown,
    },
  );
  return { selected: order.map((n) => candidates[n]!), candidates, linear };
}

/** Σ ω r of some rows, `[rows]`. */
async function deepParts(
  table: ItemTable,
  rows: Uint32Array,
  interest: Interest,
  linear: LinearScores,
  model: ScoringModel,
  deep: DeepModel,
  { moment, source }: RankOptions,
): Promise<Float32Array> {
  const events = encoderInputs(interest, model.dim, moment);
  const features = featurize(table, { rows, source }, interest, linear, model);
  const logits = await deep.score(events, gatherVectors(table.columns, rows), features);
  const weights = model.heads?.weights ?? [];
  if (logits.length !== rows.length * weights.length) {
    throw broken(`${logits.length} logits for ${rows.length} candidates and ${weights.length} heads`);
  }
  return Float32Array.from(rows, (_, n) => {
    let sum = 0;
    for (let h = 0; h < weights.length; h++) sum += weights[h]! * logits[n * weights.length + h]!;
    if (!Number.isFinite(sum)) throw broken(`a logit that is not finite for candidate ${n}`);
    return sum;
  });
}

function broken(got: string): NearfeedError {
  return new NearfeedError("bad_release", `The deep model returned ${got}.`, { path: "files.ranker" });
}
