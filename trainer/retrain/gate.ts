/**
 * Whether a new release may take the place of the active one: both ranked on the same held-out events, by the same code. The question
 * here is what people took next; of releases that learn from what was shown it is another (`shown-gate.ts`).
 */
import type { ScoringModel } from "../../shared/model.ts";
import { createBootstrap, type Estimate, type PersonSums } from "../evaluate/bootstrap.ts";
import { targetMetrics } from "../evaluate/metrics.ts";
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

/** By what releases are compared: NDCG of the next like among all items, or GAUC of what was taken of what was shown. */
export const GATE_METRICS = ["NDCG@10", "GAUC"] as const;

export interface Standing {
  readonly floor: "deep" | "linear";
  readonly figure: Estimate;
  /** Targets whose item the release lacks. They are misses: it could not have shown them. */
  readonly unknown: number;
}

export interface Verdict {
  readonly metric: (typeof GATE_METRICS)[number];
  readonly challenger: Standing;
  readonly incumbent: Standing;
  /** The figure of the challenger minus that of the incumbent, over the same draws of people. */
  readonly difference: Estimate;
  readonly people: number;
  /** Likes that were to be guessed, or exposures that were to be ordered. */
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
  const about = { metric: "NDCG@10", people: challenger.sums.sum.length, targets: holdout.count } as const;
  return verdictOf(challenger, incumbent, about, seed);
}

/** A release as it did, person by person. */
export interface Performance {
  readonly floor: Standing["floor"];
  readonly unknown: number;
  readonly sums: PersonSums;
}

export function verdictOf(
  challenger: Performance,
  incumbent: Performance,
  about: Pick<Verdict, "metric" | "people" | "targets">,
  seed: number,
): Verdict {
  const bootstrap = createBootstrap([challenger.sums, incumbent.sums], seed);
  const standing = ({ floor, unknown, sums }: Performance): Standing => ({
    floor,
    figure: bootstrap.estimate(sums),
    unknown,
  });
  const difference = bootstrap.difference(challenger.sums, incumbent.sums);
  return {
    ...about,
    challenger: standing(challenger),
    incumbent: standing(incumbent),
    difference,
    passed: difference.high >= 0,
  };
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

/** What each of them is of. */
export const TARGETS: Readonly<Record<Verdict["metric"], string>> = { "NDCG@10": "likes", GAUC: "exposures" };

/** What was measured, as lines for people. */
export function formatVerdict(verdict: Verdict, from: number): string[] {
  const { metric, challenger, incumbent, difference, people, targets } = verdict;
  const row = (name: string, { floor, figure, unknown }: Standing) =>
    `  ${name}  ${figure.mean.toFixed(4)} (${figure.low.toFixed(4)} to ${figure.high.toFixed(4)}), ${floor} floor${
      unknown > 0 ? `, ${unknown} ${TARGETS[metric]} of items it lacks` : ""
    }`;
  return [
    `gate: ${metric} of ${targets} ${TARGETS[metric]} of ${people} people from ${new Date(from).toISOString()} on, 95 % intervals`,
    row("active", incumbent),
    row("new   ", challenger),
    `  new − active  ${formatDifference(difference)}`,
  ];
}
