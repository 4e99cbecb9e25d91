/** The thread behind `gradient-threads.ts`: it answers tasks with gradients until it is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { createEncoderSpace } from "./encoder-kernel.ts";
import { createGradientRunner, type GradientState, type GradientTask } from "./encoder-gradient.ts";

const runner = createEncoderSpace().then((space) => createGradientRunner(space, workerData as GradientState));
parentPort?.on("message", async (task: GradientTask) => {
  const gradient = (await runner).gradient(task);
  const { weights, event, target, other } = gradient;
  parentPort?.postMessage(
    gradient,
    [weights, event, target, other].map(({ buffer }) => buffer as ArrayBuffer),
  );
});
