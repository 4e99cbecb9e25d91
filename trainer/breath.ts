/** Lets signals, timers and output through in the middle of long computations, which would otherwise block ctrl-C. */
import { setImmediate } from "node:timers/promises";

/** How long a computation may hold the thread: shorter than anyone notices. */
const HOLD_MS = 50;

/** Returns a function to await often: it costs a clock read unless a breath is due. It throws when `signal` is aborted. */
export function createBreath(signal?: AbortSignal): () => Promise<void> | undefined {
  let last = performance.now();
  const breathe = async () => {
    await setImmediate();
    signal?.throwIfAborted();
    last = performance.now();
  };
  return () => (performance.now() - last > HOLD_MS ? breathe() : undefined);
}
