/**
 * The deep floor's runtime with a gate: models and runs wait while it is closed, so that a test can swap the release in
 * the middle of a loading or a ranking. Everything else is the real runtime.
 */
import { createDeepSession as createReal } from "../../client-sdk/ort.ts";
import type { DeepOptions, DeepSession } from "../../client-sdk/ort.ts";

/** What the next models and runs wait for, how many wait, and how many models hold memory. */
export const gate = { load: Promise.resolve(), loading: 0, open: Promise.resolve(), waiting: 0, live: 0 };

export async function createDeepSession(options: DeepOptions): Promise<DeepSession> {
  const { load } = gate;
  gate.loading++;
  await load;
  gate.loading--;
  const session = await createReal(options);
  gate.live++;
  return {
    ...session,
    async release() {
      await session.release();
      gate.live--;
    },
    async score(...inputs) {
      const { open } = gate;
      gate.waiting++;
      await open;
      gate.waiting--;
      return session.score(...inputs);
    },
  };
}
