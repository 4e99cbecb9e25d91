/** The measuring of `freshness` that can be sent to a thread, and its people on all of them. */
import {
  firstHeldOut,
  type FreshnessMeasure,
  type FreshnessRow,
  freshnessRows,
  measureFreshness,
} from "./freshness.ts";
import { runOnThreads, type ThreadOptions } from "./job-threads.ts";
import { type JobBase, type JobHooks, withOpenJob } from "./open-job.ts";
import { createScorers, type PLAINEST } from "./scorers.ts";

/** A release's floors, and the plainest rivals. */
export type FreshnessFloor = "deep" | "linear" | (typeof PLAINEST)[number];

export interface FreshnessJob extends JobBase {
  /** What ranks. */
  readonly floor: FreshnessFloor;
  /** Of random ranks. */
  readonly seed: number;
  readonly utcOffsetMinutes: number;
  /** Epoch ms, of all people. */
  readonly firstHeldOut: number;
}

/** @throws NearfeedError where the graphs cannot be run */
export function runFreshnessJob(job: FreshnessJob, hooks: JobHooks = {}): Promise<FreshnessMeasure> {
  return withOpenJob(job, ({ assembly, deep }) =>
    measureFreshness({
      ...job,
      ...hooks,
      assembly,
      scorer: createScorers([job.floor], { ...job, assembly, deep })[job.floor],
    }),
  );
}

/**
 * @returns a row for each delay, the one without first
 * @throws NearfeedError `no_data` where there is no target
 */
export async function freshnessOnThreads(
  job: Omit<FreshnessJob, "firstHeldOut">,
  options: ThreadOptions = {},
): Promise<readonly FreshnessRow[]> {
  const parts = await runOnThreads("freshness", runFreshnessJob, { ...job, firstHeldOut: firstHeldOut(job) }, options);
  const delays = parts[0].ndcg.map((_, d) => d);
  const whole: FreshnessMeasure = {
    users: parts.flatMap(({ users }) => users),
    ndcg: delays.map((d) => parts.flatMap(({ ndcg }) => ndcg[d])),
    changed: delays.map((d) => parts.flatMap(({ changed }) => changed[d])),
  };
  return freshnessRows(whole, job.seed);
}
