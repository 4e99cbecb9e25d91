/** The thread behind `job-threads.ts`: it does its job once, says how far it is, and then what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { NearfeedError } from "../../shared/errors.ts";
import type { JobMessage } from "./job-threads.ts";
import { runFreshnessJob } from "./freshness-job.ts";
import type { JobBase, JobHooks, JobKind, ThreadJob } from "./open-job.ts";
import { runReplayJob } from "./replay-job.ts";

const RUN = { replay: runReplayJob, freshness: runFreshnessJob } satisfies Record<JobKind, unknown>;

/** People look at progress; each message costs both threads. */
const SAY_EVERY_MS = 200;

const say = (message: JobMessage) => parentPort?.postMessage(message);
let said = 0;

try {
  const { kind, job } = workerData as ThreadJob<JobBase>;
  const run = RUN[kind] as (given: JobBase, hooks: JobHooks) => Promise<unknown>;
  const result = await run(job, {
    onTarget(done) {
      if (performance.now() - said < SAY_EVERY_MS) return;
      said = performance.now();
      say({ done });
    },
  });
  say({ result });
} catch (cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  say({ failure: { message, ...(cause instanceof NearfeedError && { code: cause.code, hint: cause.hint }) } });
}
