/** The real runtime of the deep floor on a device that is too slow for it: every run also burns the thread's time. */
import { createDeepSession as createReal } from "../../../../client-sdk/ort.ts";

const BURN_MS = 150;

/** @type {import("../../../../client-sdk/ort.ts").OrtModule["createDeepSession"]} */
export async function createDeepSession(options) {
  const session = await createReal(options);
  return {
    ...session,
    score(...inputs) {
      for (const end = performance.now() + BURN_MS; performance.now() < end;);
      return session.score(...inputs);
    },
  };
}
