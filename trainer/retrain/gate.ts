/**
 * Whether a new release may take the place of the active one: both ranked on the same held-out events, by the same code. The question
 * here is what people took next; of releases that learn from what was shown it is another (`shown-gate.ts`).
 */
import type { ScoringModel } from "../../shared/model.ts";
import { targetMetrics } from "../evaluate/metrics.ts";
import { type ReplayJob, replayOnThreads } from "../evaluate/replay-job.ts";
import { type Assembly, forItems } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { Holdout } from "./holdout.ts";
import { type Performance, type Verdict, verdictOf } from "./verdict.ts";

/** A release as it is compared: by the best floor that it has. */
export interface Contender {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly graphs?: ReplayJob["graphs"];
}

export interface GateOptions {
  /** With all that came before the held-out events. */
  readonly dataset: Dataset;
  /** Of this dataset's events, the same for both: what a like is must not depend on who guesses it. */
  readonly signals: EventSignals;
  readonly holdout: Holdout;
  readonly challenger: Contender;
  readonly incumbent: Contender;
  readonly seed: number;
  readonly onTarget?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export async function runGate(options: GateOptions): Promise<Verdict> {
  const { holdout, seed, onTarget } = options;
  const ranked = (contender: Contender, before: number) =>
    rank(contender, options, (done) => onTarget?.(before + done, 2 * holdout.count));
  const incumbent = await ranked(options.incumbent, 0);
  const challenger = await ranked(options.challenger, holdout.count);
  const about = { metric: "NDCG@10", people: challenger.sums.sum.length, targets: holdout.count } as const;
  return verdictOf(challenger, incumbent, about, seed);
}

async function rank(
  contender: Contender,
  options: GateOptions,
  onTarget: (done: number) => void,
): Promise<Performance> {
  const { dataset, signals, holdout, seed, signal } = options;
  const floor = contender.graphs ? "deep" : "linear";
  const { table: _, ...assembly } = forItems(contender.assembly, dataset.items);
  const job: ReplayJob = {
    dataset,
    signals,
    assembly,
    model: contender.model,
    ranges: holdout.ranges,
    targets: holdout.targets,
    asSet: false,
    models: [floor],
    seed,
    ...(contender.graphs && { graphs: contender.graphs }),
  };
  const ranks = await replayOnThreads(job, { onTarget, signal });
  const unknown = holdout.targets.reduce(
    (count, isTarget, event) => count + Number(isTarget === 1 && assembly.rowOfItem[dataset.events.item[event]] < 0),
    0,
  );
  return { floor, unknown, sums: targetMetrics(ranks[floor]).ndcg };
}
