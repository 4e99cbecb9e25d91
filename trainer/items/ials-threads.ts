/** Threads that share the tasks of iALS. With one thread everything runs in the caller's. */
import { Worker } from "node:worker_threads";
import type { IalsState } from "./ials-state.ts";
import { createIalsRunner, type IalsTask } from "./ials-task.ts";

export interface IalsThreads {
  /** Resolves when every block of the task is done. */
  run(task: IalsTask): Promise<void>;
  close(): Promise<void>;
}

export function createIalsThreads(state: IalsState, threads: number): IalsThreads {
  const runHere = createIalsRunner(state, 0);
  const workers = Array.from(
    { length: threads - 1 },
    (_, i) => new Worker(workerFile(), { workerData: { state, thread: i + 1 } }),
  );
  return {
    async run(task) {
      Atomics.store(state.counter, 0, 0);
      const others = workers.map((worker) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        worker.once("message", () => {
          worker.off("error", reject);
          resolve();
        });
        worker.once("error", reject);
        worker.postMessage(task);
        return promise;
      });
      runHere(task);
      await Promise.all(others);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** The worker beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./ials-worker.ts" : "./ials-worker.js", import.meta.url);
}
