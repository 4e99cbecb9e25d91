/**
 * Lists for some people, scored as devices score them, with everything kept that a report takes apart: the terms of the
 * linear score, what the ranker read, the list that was shown, and how long it took.
 */
import { arrange } from "../../shared/arrange.ts";
import { encoderInputs, type EncoderInputs } from "../../shared/encoder-inputs.ts";
import { featurize } from "../../shared/featurize.ts";
import { type Interest, interestAt } from "../../shared/interest.ts";
import { gatherVectors } from "../../shared/item-columns.ts";
import { lastStage } from "../../shared/last-stage.ts";
import { type LinearScores, scoreLinear } from "../../shared/linear-score.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEEP_CANDIDATES, type DeepModel } from "../../shared/rank.ts";
import { topK } from "../../shared/top-k.ts";
import { createBreath } from "../breath.ts";
import { LIST_LENGTH } from "../evaluate/metrics.ts";
import { type WalkedList, walkLists, type WalkOptions } from "../evaluate/walk.ts";
import { usualMoment } from "../evaluate/usual-moment.ts";

export interface ScoredList {
  readonly moment: WalkedList;
  /** Row of the item that was liked; −1 where the release lacks it. */
  readonly target: number;
  readonly interest: Interest;
  readonly linear: LinearScores;
  readonly deep?: DeepList;
  /** Rows of the first ten by the score of the highest floor. */
  readonly best: readonly number[];
  /** Rows of the ten that are shown, at the default dial and without exploration. */
  readonly shown: readonly number[];
  /** Milliseconds of the stages, on this machine. */
  readonly ms: { readonly linear: number; readonly deep?: number; readonly select: number };
}

/** What the deep floor made of a list's candidates. */
export interface DeepList {
  /** Best linear score first. `[n]` */
  readonly rows: Uint32Array;
  readonly inputs: DeepInputs;
  /** Linear score + Σ ω r. `[n]` */
  readonly scores: Float32Array;
  /** r `[n, heads]` */
  readonly logits: Float32Array;
}

export interface DeepInputs {
  readonly events: EncoderInputs;
  /** `[n, d]` */
  readonly vectors: Float32Array;
  /** `[n, FEATURES]` */
  readonly features: Float32Array;
}

export interface ScoredListOptions extends Omit<WalkOptions, "model" | "isTarget" | "asSet"> {
  readonly model: ScoringModel;
  readonly deep?: DeepModel;
  /** Lists that the deep floor ranks: the first so many. */
  readonly deepLists: number;
  /** A clock, in milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

export async function* scoredLists(options: ScoredListOptions): AsyncGenerator<ScoredList> {
  const { assembly, model, deep, deepLists, now } = options;
  const { table } = assembly;
  const breathe = createBreath(options.signal);
  let made = 0;
  for (const moment of walkLists(options)) {
    await breathe();
    const began = now();
    const interest = interestAt(moment.profile, model, moment.now);
    const linear = scoreLinear(table, interest, model);
    const open = Float32Array.from(linear.total, (score, row) => (moment.seen[row] ? -Infinity : score));
    const scored = now();
    const ranked = deep && made++ < deepLists ? await deepList(deep, table, open, interest, linear, model) : undefined;
    const deepened = now();
    const candidates = ranked
      ? Array.from(ranked.rows, (row, n) => ({ row, score: ranked.scores[n] })).sort((a, b) => b.score - a.score)
      : Array.from(topK(open, DEEP_CANDIDATES), (row) => ({ row, score: open[row] }));
    const { list } = arrange(table, interest, model, candidates, { count: LIST_LENGTH });
    yield {
      moment,
      target: moment.rows[0],
      interest,
      linear,
      ...(ranked && { deep: ranked }),
      best: candidates.slice(0, LIST_LENGTH).map(({ row }) => row),
      shown: list.map(({ candidate }) => candidate.row),
      ms: { linear: scored - began, ...(ranked && { deep: deepened - scored }), select: now() - deepened },
    };
  }
}

async function deepList(
  deep: DeepModel,
  table: ScoredListOptions["assembly"]["table"],
  open: Float32Array,
  interest: Interest,
  linear: LinearScores,
  model: ScoringModel,
): Promise<DeepList> {
  const { rows } = lastStage(table, open, linear, interest, DEEP_CANDIDATES);
  const inputs: DeepInputs = {
    events: encoderInputs(interest, model.dim, usualMoment(model), model.heads?.surfaces),
    vectors: gatherVectors(table.columns, rows),
    features: featurize(table, { rows }, interest, linear, model),
  };
  const logits = await deep.score(inputs.events, inputs.vectors, inputs.features);
  return { rows, inputs, logits, scores: deepScores(rows, linear, logits, model) };
}

/** Linear score + Σ ω r of some rows. `[rows]` */
export function deepScores(
  rows: Uint32Array,
  { total }: LinearScores,
  logits: Float32Array,
  { heads }: ScoringModel,
): Float32Array {
  const weights = heads?.weights ?? [];
  return Float32Array.from(rows, (row, n) =>
    weights.reduce((sum, weight, h) => sum + weight * logits[n * weights.length + h], total[row]),
  );
}

/** Rank of the target among a list's candidates, ties counting half; behind all of them where it is not one. */
export function rankAmong({ rows }: Pick<DeepList, "rows">, scores: Float32Array, target: number): number {
  const place = rows.indexOf(target);
  if (place < 0) return Infinity;
  let [greater, equal] = [0, -1];
  for (const score of scores) {
    if (score > scores[place]) greater++;
    else if (score === scores[place]) equal++;
  }
  return 1 + greater + equal / 2;
}
