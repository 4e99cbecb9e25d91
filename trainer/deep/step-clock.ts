/** Between two steps: tells the caller how far training is, lets other work run, and stops when asked to. */
import { createBreath } from "../breath.ts";
import type { DeepOptions, DeepStage } from "./deep-input.ts";

export interface StepClock {
  /** @throws the signal's reason once it is aborted */
  tick(stage: DeepStage, step: number, total: number, loss: number): Promise<void>;
  /** For what is no step: to be awaited often, see `createBreath`. */
  readonly breathe: () => Promise<void> | undefined;
}

export function createStepClock({ onProgress, signal }: Pick<DeepOptions, "onProgress" | "signal">): StepClock {
  let current: DeepStage | undefined;
  let since = 0;
  return {
    breathe: createBreath(signal),
    async tick(stage, step, total, loss) {
      if (stage !== current) {
        current = stage;
        // The first step compiles: a rate with it in would be wrong for minutes.
        since = performance.now();
      }
      const seconds = (performance.now() - since) / 1000;
      onProgress?.({ stage, step, total, rate: seconds > 0 ? (step - 1) / seconds : 0, loss });
      // A timer's turn lets signals of the process and other input be handled; a microtask would not.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}
