/**
 * A replay that can be sent to a thread: plain data alone, from which scorers and tables are made where it runs.
 */
import type { ScoringModel } from "../../shared/model.ts";
import { createItemTable } from "../../shared/item-table.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { deepScorer, openDeepSession } from "./deep-scorer.ts";
import type { EaseWeights } from "./ease.ts";
import type { Ranks } from "./metrics.ts";
import { replay } from "./replay.ts";
import { createScorers, type ModelName } from "./scorers.ts";

export interface ReplayJob {
  readonly dataset: Dataset;
  readonly signals: EventSignals;
  /** Without its table, which holds functions. */
  readonly assembly: Omit<Assembly, "table">;
  readonly model: ScoringModel;
  readonly ranges: readonly TargetRange[];
  readonly asSet: boolean;
  readonly models: readonly ModelName[];
  readonly seed: number;
  /** Of the deep floor, where the release has one. */
  readonly graphs?: { readonly encoder: Uint8Array; readonly ranker: Uint8Array };
  /** Of the rival, where it was fitted. */
  readonly ease?: EaseWeights;
}

export interface ReplayHooks {
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** @throws NearfeedError where the graphs cannot be run */
export async function runReplayJob(job: ReplayJob, hooks: ReplayHooks = {}): Promise<Record<string, Ranks>> {
  const { model, graphs, seed, ease } = job;
  const { items, index, constants } = job.assembly;
  const ids = items.map(({ id }) => id);
  const table = createItemTable(index.columns, index.dictionaries, ids, constants.categoryWeight);
  const assembly: Assembly = { ...job.assembly, table };
  const session = graphs && (await openDeepSession(graphs, model));
  try {
    const deep = session && deepScorer(assembly, model, session);
    const scorers = createScorers(job.models, { assembly, model, seed, deep, ease });
    return await replay({ ...job, ...hooks, assembly, scorers });
  } finally {
    await session?.release();
  }
}
