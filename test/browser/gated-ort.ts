/**
 * The deep floor's runtime with a gate: runs wait while it is closed, so that a test can swap the release in the
 * middle of a ranking. Everything else is the real runtime.
 */
import { createDeepSession as createReal } from "../../client-sdk/ort.ts";
import type { DeepOptions, DeepSession } from "../../client-sdk/ort.ts";

/** What the next runs wait for, and how many wait. */
export const gate = { open: Promise.resolve(), waiting: 0 };

export async function createDeepSession(options: DeepOptions): Promise<DeepSession> {
  const session = await createReal(options);
  return {
    ...session,
    async score(...inputs) {
      const { open } = gate;
      gate.waiting++;
      await open;
      gate.waiting--;
      return session.score(...inputs);
    },
  };
}
