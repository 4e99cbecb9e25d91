/** Whether a new release may take the place of the active one: both ranked on the same held-out events, by the same code. */
import type { ScoringModel } from "../../shared/model.ts";
import { createBootstrap, type Estimate } from "../evaluate/bootstrap.ts";
import { LIST_LENGTH, targetMetrics } from "../evaluate/metrics.ts";
import { type ReplayJob, replayOnThreads } from "../evaluate/replay-job.ts";
import { type Assembly, forItems } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import { formatDifference } from "../evaluate/format-difference.ts";
import type { Holdout } from "./holdout.ts";

/** A release as it is compared: by the best floor that it has. */
export interface Contender {
  readonly assembly: Assembly;
  readonly model: ScoringModel;
  readonly graphs?: ReplayJob["graphs"];
}

export interface Standing {
  readonly floor: "deep" | "linear";
  /** NDCG@10 with its interval. */
  readonly ndcg: Estimate;
  /** Targets whose item the release lacks. They are misses: it could not have shown them. */
  readonly unknown: number;
}

export interface Verdict {
  readonly challenger: Standing;
  readonly incumbent: Standing;
  /** NDCG of the challenger minus that of the incumbent, over the same draws of people. */
  readonly difference: Estimate;
  readonly people: number;
  readonly targets: number;
  /** False where the whole interval of the difference lies below zero. */
  readonly passed: boolean;
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
  const bootstrap = createBootstrap([challenger.sums, incumbent.sums], seed);
  const standing = ({ floor, unknown, sums }: typeof challenger): Standing => ({
    floor,
    ndcg: bootstrap.estimate(sums),
    unknown,
  });
  const difference = bootstrap.difference(challenger.sums, incumbent.sums);
  return {
    challenger: standing(challenger),
    incumbent: standing(incumbent),
    difference,
    people: challenger.sums.sum.length,
    targets: holdout.count,
    passed: !(difference.high < 0),
  };
}

async function rank(contender: Contender, options: GateOptions, onTarget: (done: number) => void) {
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
  return { floor, unknown, sums: targetMetrics(ranks[floor]).ndcg } as const;
}

/** What was measured, as lines for people. */
export function formatVerdict({ challenger, incumbent, difference, people, targets }: Verdict, from: number): string[] {
  const row = (name: string, { floor, ndcg, unknown }: Standing) =>
    `  ${name}  ${ndcg.mean.toFixed(4)} (${ndcg.low.toFixed(4)} to ${ndcg.high.toFixed(4)}), ${floor} floor${
      unknown > 0 ? `, ${unknown} targets of items it lacks` : ""
    }`;
  return [
    `gate: NDCG@${LIST_LENGTH} of ${targets} likes of ${people} people from ${new Date(from).toISOString()} on, 95 % intervals`,
    row("active", incumbent),
    row("new   ", challenger),
    `  new − active  ${formatDifference(difference)}`,
  ];
}
