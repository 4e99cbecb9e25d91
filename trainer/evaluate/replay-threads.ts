/** Runs a replay on several threads: each takes a part of the people. The result does not depend on how many there are. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { NearfeedError, type ErrorCode } from "../../shared/errors.ts";
import type { TargetRange } from "../split/split.ts";
import type { Ranks } from "./metrics.ts";
import { type ReplayHooks, type ReplayJob, runReplayJob } from "./replay-job.ts";

/** What a thread says. */
export type ReplayMessage =
  | { readonly done: number }
  | { readonly ranks: Record<string, Ranks> }
  | { readonly failure: { readonly message: string; readonly code?: ErrorCode; readonly hint?: string } };

/** Fewer held-out events are ranked before a thread has started. */
const EVENTS_WORTH_THREADS = 2_000;

export async function replayOnThreads(
  job: ReplayJob,
  { threads = availableParallelism(), onTarget, signal }: ReplayHooks & { readonly threads?: number } = {},
): Promise<Record<string, Ranks>> {
  const events = job.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  if (threads === 1 || events < EVENTS_WORTH_THREADS) return runReplayJob(job, { onTarget, signal });
  const done = new Array<number>(threads).fill(0);
  const workers: Worker[] = [];
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()));
  try {
    const parts = await Promise.all(
      partsOf(job.ranges, threads, events).map((ranges, t) => {
        const worker = new Worker(workerFile(), { workerData: { ...job, ranges } satisfies ReplayJob });
        workers.push(worker);
        return ranksFrom(worker, signal, (count) => {
          done[t] = count;
          onTarget?.(done.reduce((sum, each) => sum + each, 0));
        });
      }),
    );
    return Object.fromEntries(Object.keys(parts[0]).map((name) => [name, join(parts.map((part) => part[name]))]));
  } finally {
    await stop();
  }
}

function ranksFrom(
  worker: Worker,
  signal: AbortSignal | undefined,
  onDone: (done: number) => void,
): Promise<Record<string, Ranks>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, Ranks>>();
  const abort = () => reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  worker.once("error", reject);
  worker.on("message", (message: ReplayMessage) => {
    if ("done" in message) onDone(message.done);
    else if ("ranks" in message) resolve(message.ranks);
    else {
      const { message: text, code, ...details } = message.failure;
      reject(code ? new NearfeedError(code, text, details) : new Error(text));
    }
  });
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}

/** Consecutive ranges with about as many events each. */
function partsOf(ranges: readonly TargetRange[], count: number, events: number): TargetRange[][] {
  const parts = Array.from({ length: count }, (): TargetRange[] => []);
  let before = 0;
  for (const range of ranges) {
    parts[Math.floor((before * count) / events)].push(range);
    before += range.to - range.from;
  }
  return parts.filter((part) => part.length > 0);
}

function join(parts: readonly Ranks[]): Ranks {
  return {
    user: Uint32Array.from(parts.flatMap(({ user }) => Array.from(user))),
    rank: Float64Array.from(parts.flatMap(({ rank }) => Array.from(rank))),
  };
}

/** The worker beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./replay-worker.ts" : "./replay-worker.js", import.meta.url);
}
