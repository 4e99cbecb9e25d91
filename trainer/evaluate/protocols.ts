/** The evaluation protocols that exist, and the table each of them makes. */
import { NearfeedError } from "../../shared/errors.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { formatNamedDifference } from "./format-difference.ts";
import { createBootstrap, type Estimate, type PersonSums } from "./bootstrap.ts";
import type { EaseWeights } from "./ease.ts";
import { LIST_LENGTH, type Ranks, SET_LIST_LENGTH, setMetrics, targetMetrics } from "./metrics.ts";
import { type ReplayJob, replayOnThreads } from "./replay-job.ts";
import { type ModelName, MODELS, PLAINEST } from "./scorers.ts";

export interface Protocol {
  /** Events at the end of each user that it holds out; 0 where the test part comes in files of its own. */
  readonly holdout: number;
  /** Whether a person's held-out events are one set: guessed together, by one list. */
  readonly asSet: boolean;
}

export const PROTOCOLS = {
  replay: { holdout: 10, asSet: false },
  "leave-one-out": { holdout: 1, asSet: false },
  split: { holdout: 0, asSet: true },
} as const satisfies Record<string, Protocol>;
export type ProtocolName = keyof typeof PROTOCOLS;

/** NDCG, and HR and MRR of single targets or recall of sets; `intervals` of each, 95 %, by user bootstrap. */
export interface MetricRow {
  readonly ndcg: number;
  readonly hr?: number;
  readonly mrr?: number;
  readonly recall?: number;
  readonly targets: number;
  readonly people: number;
  readonly intervals: Readonly<Record<string, readonly [low: number, high: number]>>;
}

export interface EvaluationTable {
  /** Items a list has for its metrics. */
  readonly length: number;
  readonly models: Readonly<Record<string, MetricRow>>;
  /** NDCG differences, "a - b", with paired user-bootstrap intervals. */
  readonly differences: Readonly<Record<string, Estimate>>;
}

export interface EvaluationOptions {
  readonly dataset: Dataset;
  readonly signals: EventSignals;
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly ranges: readonly TargetRange[];
  readonly asSet?: boolean;
  readonly seed: number;
  /** Rows of the table; all that the release has by default. Popularity and chance are there anyway. */
  readonly models?: readonly ModelName[];
  /** Of the deep floor, where the release has one. */
  readonly graphs?: ReplayJob["graphs"];
  /** Of the rival, where it was fitted. */
  readonly ease?: EaseWeights;
  readonly threads?: number;
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Which differences a table shows: each model against the next simpler one, and against the rivals. */
const COMPARED = [
  ["deep", "linear"],
  ["selected", "deep"],
  ["selected", "unexplored"],
  ["selected", "linear"],
  ["linear", "item-knn"],
  ["linear", "ials"],
  ["linear", "ials-recent"],
  ["linear", "ease"],
  ["linear", "ease-recent"],
  ["linear", "popularity"],
  ["popularity", "random"],
] as const;

/** @throws NearfeedError `no_data` where there is no target */
export async function evaluationTable(options: EvaluationOptions): Promise<EvaluationTable> {
  const { assembly, asSet = false, seed, models = MODELS } = options;
  const { table: _, ...plain } = assembly;
  const names = MODELS.filter((name) => [...models, ...PLAINEST].includes(name));
  const job: ReplayJob = {
    dataset: options.dataset,
    signals: options.signals,
    assembly: plain,
    model: options.model,
    ranges: options.ranges,
    asSet,
    models: names,
    seed,
    ...(options.graphs && { graphs: options.graphs }),
    ...(options.ease && { ease: options.ease }),
  };
  const ranks = await replayOnThreads(job, options);
  if (ranks["popularity"].rank.length === 0) {
    throw new NearfeedError(
      "no_data",
      "There is nothing to measure: no held-out event says that somebody likes something",
      {
        hint: "Users need at least twice the held-out events and one more; ratings below the middle and skips are no likes.",
      },
    );
  }
  return tableOf(ranks, asSet, seed);
}

/** @param ranks by model, of the same targets */
export function tableOf(ranks: Readonly<Record<string, Ranks>>, asSet: boolean, seed: number): EvaluationTable {
  const sums: Record<string, Readonly<Record<string, PersonSums>>> = {};
  for (const [name, each] of Object.entries(ranks)) sums[name] = asSet ? setMetrics(each) : targetMetrics(each);
  const bootstrap = createBootstrap(
    Object.values(sums).flatMap((metrics) => Object.values(metrics)),
    seed,
  );
  const row = (name: string): MetricRow => {
    const estimates = Object.entries(sums[name]).map(([metric, of]) => [metric, bootstrap.estimate(of)] as const);
    return {
      ...(Object.fromEntries(estimates.map(([metric, { mean }]) => [metric, mean])) as Record<"ndcg", number>),
      targets: ranks[name].rank.length,
      people: sums[name]["ndcg"].sum.length,
      intervals: Object.fromEntries(estimates.map(([metric, { low, high }]) => [metric, [low, high]])),
    };
  };
  return {
    length: asSet ? SET_LIST_LENGTH : LIST_LENGTH,
    models: Object.fromEntries(Object.keys(ranks).map((name) => [name, row(name)])),
    differences: Object.fromEntries(
      COMPARED.filter(([a, b]) => sums[a] && sums[b]).map(([a, b]) => [
        `${a} - ${b}`,
        bootstrap.difference(sums[a]["ndcg"], sums[b]["ndcg"]),
      ]),
    ),
  };
}

/** The table as lines for people. */
export function formatTable({ length, models, differences }: EvaluationTable): string[] {
  const names = Object.keys(models);
  const width = Math.max(...names.map((name) => name.length), "model".length);
  const asSet = Object.values(models).some(({ recall }) => recall !== undefined);
  const columns = asSet ? (["ndcg", "recall"] as const) : (["ndcg", "hr", "mrr"] as const);
  const titles = asSet ? [`NDCG@${length}`, `Recall@${length}`] : [`NDCG@${length}`, `HR@${length}`, "MRR"];
  return [
    `  ${"model".padEnd(width)}  ${titles.map((title) => title.padStart(9)).join("  ")}  targets`,
    ...names.map((name) => {
      const cells = columns.map((column) => models[name][column]!.toFixed(4).padStart(9));
      return `  ${name.padEnd(width)}  ${cells.join("  ")}  ${models[name].targets}`;
    }),
    ...Object.entries(differences).map(([name, difference]) => `  NDCG ${name}: ${formatNamedDifference(difference)}`),
  ];
}
