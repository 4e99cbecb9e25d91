/** Runs an evaluation on several threads: each takes a part of the people. The result does not depend on how many there are. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type ErrorCode, NearfeedError } from "../../shared/errors.ts";
import type { TargetRange } from "../split/split.ts";
import type { JobBase, JobHooks, JobKind, ThreadJob } from "./open-job.ts";

/** What a thread says. */
export type JobMessage =
  | { readonly done: number }
  | { readonly result: unknown }
  | { readonly failure: { readonly message: string; readonly code?: ErrorCode; readonly hint?: string } };

export interface ThreadOptions extends JobHooks {
  /** All cores by default. */
  readonly threads?: number;
}

/** Fewer held-out events are ranked before a thread has started. */
const EVENTS_WORTH_THREADS = 2_000;

/**
 * @param run what `kind` names, for where one thread is enough
 * @returns what each part of the people gave, in their order
 */
export async function runOnThreads<J extends JobBase, R>(
  kind: JobKind,
  run: (job: J, hooks: JobHooks) => Promise<R>,
  job: J,
  { threads = availableParallelism(), onTarget, signal }: ThreadOptions = {},
): Promise<R[]> {
  const events = job.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  if (threads === 1 || events < EVENTS_WORTH_THREADS) return [await run(job, { onTarget, signal })];
  const done = new Array<number>(threads).fill(0);
  const workers: Worker[] = [];
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()));
  try {
    return await Promise.all(
      partsOf(job.ranges, threads, events).map((ranges, t) => {
        const worker = new Worker(workerFile(), {
          workerData: { kind, job: { ...job, ranges } } satisfies ThreadJob<J>,
        });
        workers.push(worker);
        return resultFrom<R>(worker, signal, (count) => {
          done[t] = count;
          onTarget?.(done.reduce((sum, each) => sum + each, 0));
        });
      }),
    );
  } finally {
    await stop();
  }
}

function resultFrom<R>(worker: Worker, signal: AbortSignal | undefined, onDone: (done: number) => void): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  const abort = () => reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  worker.once("error", reject);
  worker.on("message", (message: JobMessage) => {
    if ("done" in message) onDone(message.done);
    else if ("result" in message) resolve(message.result as R);
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

/** The worker beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./job-worker.ts" : "./job-worker.js", import.meta.url);
}
