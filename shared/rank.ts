/**
 * From a table and an interest to a list: linear score over everything, deep score over the best, selection.
 *
 * The one pipeline of serving and of evaluation. It knows no storage, no worker and no network; the deep model comes in
 * as an interface, and without one every deep part is 0, so the floors agree in scale.
 */
import { arrange } from "./arrange.ts";
import type { ArrangeOptions, Arranged } from "./arrange.ts";
import { encoderInputs } from "./encoder-inputs.ts";
import type { EncoderInputs, Moment } from "./encoder-inputs.ts";
import { NearfeedError } from "./errors.ts";
import { featurize } from "./featurize.ts";
import type { Interest } from "./interest.ts";
import { gatherVectors } from "./item-columns.ts";
import type { ItemTable } from "./item-table.ts";
import { lastStage } from "./last-stage.ts";
import { scoreLinear } from "./linear-score.ts";
import type { LinearScores } from "./linear-score.ts";
import type { ScoringModel } from "./model.ts";
import { rowRules } from "./rules.ts";
import type { Rule, RowRules } from "./rules.ts";
import { sourceBit } from "./sources.ts";

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

export interface RankOptions extends Omit<ArrangeOptions, "rules"> {
  readonly moment: Moment;
  /** Rows that may not be shown: seen, banned, filtered out. */
  readonly excluded?: (row: number) => boolean;
  /** Source bits of every row. */
  readonly source?: ArrayLike<number>;
  readonly deep?: DeepModel;
  /** The operator's; those of other surfaces and of the past are none. */
  readonly rules?: readonly Rule[];
  /** Told when a stage is done: whoever ranks has the clock. */
  readonly onStage?: (done: RankStage) => void;
}

/** The stages of a ranking, in their order. */
export type RankStage = "linear" | "deep" | "select";

export interface RankedItem {
  readonly row: number;
  /** linear + deep */
  readonly score: number;
  readonly linear: number;
  /** Σ ω r, 0 without the deep floor. */
  readonly deep: number;
}

/** An item on its place, with how selection came to put it there. */
export interface SelectedItem extends RankedItem, Omit<Arranged<RankedItem>, "candidate"> {
  /** Bits of the sources that found it. */
  readonly source: number;
}

export interface Ranking {
  /** What to show, in order. */
  readonly selected: readonly SelectedItem[];
  /** Every candidate of the last stage, best first: the order before selection. */
  readonly candidates: readonly RankedItem[];
  readonly linear: LinearScores;
  /** Names the policy that selected. */
  readonly policy: string;
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
  const rules = options.rules && rowRules(table, options.rules, { surface: options.moment.surface, now: interest.now });
  const open = openScores(linear, rules, model.linear.deviation, options.excluded);
  const size = Math.max(DEEP_CANDIDATES, options.count);
  const { rows, found } = lastStage(table, open, linear, interest, size, pinnedRows(rules, open));
  options.onStage?.("linear");
  const deep =
    options.deep && rows.length > 0
      ? await deepParts(table, rows, interest, linear, model, options.deep, options)
      : undefined;
  if (deep) options.onStage?.("deep");
  const candidates = Array.from(rows, (row, n): RankedItem => {
    const part = deep?.[n] ?? 0;
    return { row, score: linear.total[row]! + part, linear: linear.total[row]!, deep: part };
  });
  // Array sort is stable, so equal scores keep the linear order. Boosted rows came in another one.
  if (deep || rules) candidates.sort((a, b) => b.score - a.score);
  const { list, policy } = arrange(table, interest, model, candidates, { ...options, rules });
  const sourceOf = (row: number) => options.source?.[row] || found.get(row) || likelySource(interest, linear, row);
  const selected = list.map(({ candidate, ...how }): SelectedItem => {
    const explored = how.explored ? sourceBit("explore") : 0;
    return { ...candidate, ...how, source: sourceOf(candidate.row) | explored };
  });
  options.onStage?.("select");
  return { selected, candidates, linear, policy };
}

/** Scores of the rows that may be shown, boosts included; −Infinity for the others. `[n]` */
function openScores(
  { total }: LinearScores,
  rules: RowRules | undefined,
  deviation: number,
  excluded: RankOptions["excluded"],
): Float32Array {
  const open = total.slice();
  for (const [row, deviations] of rules?.boost ?? []) open[row]! += deviation * deviations;
  if (excluded) for (let row = 0; row < open.length; row++) if (excluded(row)) open[row] = -Infinity;
  return open;
}

/** The rows that pins ask for: of each the best that no other has. */
function pinnedRows(rules: RowRules | undefined, open: Float32Array): number[] {
  const rows: number[] = [];
  for (const pin of rules?.pins ?? []) {
    const left = pin.rows.filter((row) => open[row]! > -Infinity && !rows.includes(row));
    if (left.length > 0) rows.push(left.reduce((best, row) => (open[row]! > open[best]! ? row : best)));
  }
  return rows;
}

/** What the linear score alone brought here: what speaks for it stands in for what found it. */
function likelySource({ signals }: Interest, { neighbour }: LinearScores, row: number): number {
  if (neighbour[row]! > 0) return sourceBit("neighbour");
  return sourceBit(signals.length > 0 ? "nearest" : "popular");
}

/**
 * r of some rows: what each head of the deep model says of them, `[rows, heads]`.
 *
 * @param linear `scoreLinear` of the same table and interest
 * @throws NearfeedError `bad_release` where the deep model answers with the wrong number of logits
 */
export async function deepLogits(
  table: ItemTable,
  rows: ArrayLike<number>,
  interest: Interest,
  linear: LinearScores,
  model: ScoringModel,
  { deep, moment, source }: Pick<RankOptions, "moment" | "source"> & { readonly deep: DeepModel },
): Promise<Float32Array> {
  const events = encoderInputs(interest, model.dim, moment, model.heads?.surfaces);
  const features = featurize(table, { rows, source }, interest, linear, model);
  const logits = await deep.score(events, gatherVectors(table.columns, rows), features);
  const heads = model.heads?.weights.length ?? 0;
  if (logits.length === rows.length * heads) return logits;
  throw broken(`${logits.length} logits for ${rows.length} candidates and ${heads} heads`);
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
  const logits = await deepLogits(table, rows, interest, linear, model, { deep, moment, source });
  const weights = model.heads?.weights ?? [];
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
