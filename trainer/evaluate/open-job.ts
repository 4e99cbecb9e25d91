/** What a job is run with: the table of its items, and the deep floor where the release has one. */
import { createItemTable } from "../../shared/item-table.ts";
import type { ScoringModel } from "../../shared/model.ts";
import type { Assembly } from "../items/assemble.ts";
import type { EventSignals } from "../items/event-signals.ts";
import type { Dataset } from "../read/dataset.ts";
import type { TargetRange } from "../split/split.ts";
import { deepScorer, openDeepSession } from "./deep-scorer.ts";
import type { Scorer } from "./replay.ts";

/** What every evaluation that can be sent to a thread has: plain data alone. */
export interface JobBase {
  readonly dataset: Dataset;
  readonly signals: EventSignals;
  /** Without its table, which holds functions. */
  readonly assembly: Omit<Assembly, "table">;
  readonly model: ScoringModel;
  readonly ranges: readonly TargetRange[];
  /** Of the deep floor, where the release has one. */
  readonly graphs?: { readonly encoder: Uint8Array; readonly ranker: Uint8Array };
}

/** Names of them. */
export type JobKind = "replay" | "freshness";

/** What a thread is given. */
export interface ThreadJob<J extends JobBase> {
  readonly kind: JobKind;
  readonly job: J;
}

export interface JobHooks {
  readonly onTarget?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Closes the deep floor behind `work`.
 *
 * @throws NearfeedError where the graphs cannot be run
 */
export async function withOpenJob<T>(
  { assembly: parts, model, graphs }: JobBase,
  work: (opened: { readonly assembly: Assembly; readonly deep: Scorer | undefined }) => Promise<T>,
): Promise<T> {
  const { items, index, constants } = parts;
  const ids = items.map(({ id }) => id);
  const table = createItemTable(index.columns, index.dictionaries, ids, constants.categoryWeight);
  const assembly: Assembly = { ...parts, table };
  const session = graphs && (await openDeepSession(graphs, model));
  try {
    return await work({ assembly, deep: session && deepScorer(assembly, model, session) });
  } finally {
    await session?.release();
  }
}
