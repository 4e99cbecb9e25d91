/** The thread behind `ials-threads.ts`: it takes tasks on shared memory until its port is closed. */
import { parentPort, workerData } from "node:worker_threads";
import { createIalsRunner, type IalsState, type IalsTask } from "./ials-task.ts";

const run = createIalsRunner(workerData as IalsState);
parentPort?.on("message", (task: IalsTask) => {
  run(task);
  parentPort?.postMessage("done");
});
