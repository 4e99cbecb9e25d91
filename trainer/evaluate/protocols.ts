/** The evaluation protocols that exist, and the table each of them makes. */
import { arrange } from "../../shared/arrange.ts";
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import { DEEP_CANDIDATES } from "../../shared/rank.ts";
import { topK } from "../../shared/top-k.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { compareNdcg, type Difference, LIST_LENGTH, type MetricRow, metricsOf, type Ranks } from "./metrics.ts";
import { replay, type Scorer } from "./replay.ts";
import type { WalkedTarget } from "./walk.ts";

/** Events at the end of each user that a protocol holds out. */
export const PROTOCOLS = { replay: 10, "leave-one-out": 1 } as const;

export interface EvaluationTable {
  readonly models: Readonly<Record<string, MetricRow>>;
  /** NDCG differences, "a - b", with paired user-bootstrap intervals. */
  readonly differences: Readonly<Record<string, Difference>>;
}

export interface EvaluationOptions {
  readonly dataset: Dataset;
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly ranges: readonly TargetRange[];
  readonly seed: number;
  /** The deep floor, where the release has one. */
  readonly deep?: Scorer;
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Which differences a table shows: each model against the next simpler one. */
const COMPARED = [
  ["deep", "linear"],
  ["selected", "deep"],
  ["selected", "unexplored"],
  ["selected", "linear"],
  ["linear", "popularity"],
  ["popularity", "random"],
] as const;

/** @throws NearfeedError `no_data` where there is no target */
export async function evaluationTable(options: EvaluationOptions): Promise<EvaluationTable> {
  const { assembly, model } = options;
  const deep = options.deep && oncePerTarget(options.deep);
  const floor = deep ?? linearScorer;
  const ranks: Record<string, Ranks> = await replay({
    ...options,
    scorers: {
      ...(deep && { deep }),
      selected: selectedScorer(assembly, model, floor, (target) => `${options.seed} ${target}`),
      unexplored: selectedScorer(assembly, model, floor),
    },
  });
  if (ranks["linear"].rank.length === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to measure: no held-out event says that somebody likes something",
      {
        hint: "Users need at least twice the held-out events and one more; ratings below the middle and skips are no likes.",
      },
    );
  }
  return {
    models: Object.fromEntries(Object.entries(ranks).map(([name, each]) => [name, metricsOf(each)])),
    differences: Object.fromEntries(
      COMPARED.filter(([a, b]) => ranks[a] && ranks[b]).map(([a, b]) => [
        `${a} - ${b}`,
        compareNdcg(ranks[a], ranks[b], options.seed),
      ]),
    ),
  };
}

const linearScorer: Scorer = (_, __, { total }) => total;

/** Scores each target once, whoever asks: the deep floor is slow, and two rows of the table read it. */
function oncePerTarget(scorer: Scorer): Scorer {
  let last: WalkedTarget | undefined;
  let scores: ReturnType<Scorer>;
  return (target, interest, linear) => {
    if (target !== last) {
      last = target;
      scores = scorer(target, interest, linear);
    }
    return scores;
  };
}

/**
 * The list that a device would show at the default dial, in its order, before everything else by the floor's score.
 *
 * @param listOf names the list of a target, for its exploration slots; without it nothing is explored
 */
function selectedScorer(
  { table }: Assembly,
  model: ScoringModel,
  floor: Scorer,
  listOf?: (target: number) => string,
): Scorer {
  return async (target, interest, linear) => {
    const scores = Float32Array.from(await floor(target, interest, linear));
    const rows = topK(
      scores.map((score, row) => (target.seen[row] ? -Infinity : score)),
      DEEP_CANDIDATES,
    );
    const candidates = Array.from(rows, (row) => ({ row, score: scores[row] }));
    const options = { count: LIST_LENGTH, ...(listOf && { list: listOf(target.event) }) };
    const { list } = arrange(table, interest, model, candidates, options);
    const top = scores.reduce((max, score) => Math.max(max, score), -Infinity);
    list.forEach(({ candidate }, place) => (scores[candidate.row] = top + list.length - place));
    return scores;
  };
}

/** The table as lines for people. */
export function formatTable({ models, differences }: EvaluationTable): string[] {
  const names = Object.keys(models);
  const width = Math.max(...names.map((name) => name.length), "model".length);
  return [
    `  ${"model".padEnd(width)}  NDCG@10    HR@10      MRR  targets`,
    ...names.map((name) => {
      const { ndcg, hr, mrr, targets } = models[name];
      return `  ${name.padEnd(width)}  ${[ndcg, hr, mrr].map((value) => value.toFixed(4).padStart(7)).join("  ")}  ${targets}`;
    }),
    ...Object.entries(differences).map(
      ([name, { mean, low, high }]) =>
        `  NDCG ${name}: ${signed(mean)} (95 % interval ${signed(low)} to ${signed(high)})`,
    ),
  ];
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
}
