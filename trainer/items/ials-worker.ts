/** The thread behind `ials-threads.ts`: it takes tasks on shared memory until its port is closed. */
import { parentPort, workerData } from "node:worker_threads";
import type { IalsState } from "./ials-state.ts";
import { createIalsRunner, type IalsTask } from "./ials-task.ts";

const { state, thread } = workerData as { readonly state: IalsState; readonly thread: number };
const run = createIalsRunner(state, thread);
parentPort?.on("message", (task: IalsTask) => {
  run(task);
  parentPort?.postMessage("done");
});
