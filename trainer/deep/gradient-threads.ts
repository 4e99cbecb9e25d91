/** Threads that share the batches of a step. With one thread everything runs in the caller's. */
import { Worker } from "node:worker_threads";
import type { Gradient, GradientRunner, GradientState, GradientTask } from "./encoder-gradient.ts";

export interface GradientThreads {
  /** The gradients of at most as many tasks as threads, or of any where there is one, in the order of the tasks. */
  run(tasks: readonly GradientTask[]): Promise<Gradient[]>;
  close(): Promise<void>;
}

/** @param here what works in the caller's thread, with the same state */
export function createGradientThreads(here: GradientRunner, state: GradientState, threads: number): GradientThreads {
  const workers = Array.from({ length: threads - 1 }, () => new Worker(workerFile(), { workerData: state }));
  return {
    async run(tasks) {
      const answers = tasks.map((task, i) => {
        const turn = i % threads;
        return turn === 0 ? undefined : ask(workers[turn - 1], task);
      });
      // The caller's own share comes after the others have theirs: it blocks this thread.
      const own = tasks.map((task, i) => (i % threads === 0 ? here.gradient(task) : undefined));
      return Promise.all(tasks.map((_, i) => own[i] ?? answers[i]!));
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** A thread answers one task at a time. */
function ask(worker: Worker, task: GradientTask): Promise<Gradient> {
  const { promise, resolve, reject } = Promise.withResolvers<Gradient>();
  worker.once("message", (gradient: Gradient) => {
    worker.off("error", reject);
    resolve(gradient);
  });
  worker.once("error", reject);
  const { history, target, other } = task.batch;
  // Nobody reads them here again.
  worker.postMessage(
    task,
    [history.vector, target, other].map(({ buffer }) => buffer as ArrayBuffer),
  );
  return promise;
}

/** The worker beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./gradient-worker.ts" : "./gradient-worker.js", import.meta.url);
}
