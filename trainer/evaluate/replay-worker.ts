/** The thread behind `replay-threads.ts`: it does its job once, says how far it is, and then the ranks. */
import { parentPort, workerData } from "node:worker_threads";
import { NearfeedError } from "../../shared/errors.ts";
import { type ReplayJob, runReplayJob } from "./replay-job.ts";
import type { ReplayMessage } from "./replay-threads.ts";

/** People look at progress; each message costs both threads. */
const SAY_EVERY_MS = 200;

const say = (message: ReplayMessage) => parentPort?.postMessage(message);
let said = 0;

try {
  const ranks = await runReplayJob(workerData as ReplayJob, {
    onTarget(done) {
      if (performance.now() - said < SAY_EVERY_MS) return;
      said = performance.now();
      say({ done });
    },
  });
  say({ ranks });
} catch (cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  say({ failure: { message, ...(cause instanceof NearfeedError && { code: cause.code, hint: cause.hint }) } });
}
