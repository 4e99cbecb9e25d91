/** A replay that can be sent to a thread, and its people on all of them. */
import type { EaseWeights } from "./ease.ts";
import { runOnThreads, type ThreadOptions } from "./job-threads.ts";
import type { Ranks } from "./metrics.ts";
import { type JobBase, type JobHooks, withOpenJob } from "./open-job.ts";
import { replay } from "./replay.ts";
import { createScorers, type ModelName } from "./scorers.ts";

export interface ReplayJob extends JobBase {
  /** 1 for the events that may be targets, by position in the dataset; all by default. */
  readonly targets?: Uint8Array;
  readonly asSet: boolean;
  readonly models: readonly ModelName[];
  readonly seed: number;
  /** Of the rival, where it was fitted. */
  readonly ease?: EaseWeights;
}

/** @throws NearfeedError where the graphs cannot be run */
export function runReplayJob(job: ReplayJob, hooks: JobHooks = {}): Promise<Record<string, Ranks>> {
  const { model, seed, targets, ease } = job;
  const isTarget = targets && ((event: number) => targets[event] === 1);
  return withOpenJob(job, ({ assembly, deep }) => {
    const scorers = createScorers(job.models, { assembly, model, seed, deep, ease });
    return replay({ ...job, ...hooks, assembly, scorers, isTarget });
  });
}

export async function replayOnThreads(job: ReplayJob, options: ThreadOptions = {}): Promise<Record<string, Ranks>> {
  const parts = await runOnThreads("replay", runReplayJob, job, options);
  return Object.fromEntries(Object.keys(parts[0]).map((name) => [name, join(parts.map((part) => part[name]))]));
}

function join(parts: readonly Ranks[]): Ranks {
  return {
    user: Uint32Array.from(parts.flatMap(({ user }) => Array.from(user))),
    rank: Float64Array.from(parts.flatMap(({ rank }) => Array.from(rank))),
  };
}
