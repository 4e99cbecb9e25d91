/** The deep floor's runtime with a count of the models that hold memory. Everything else is the real runtime. */
import { createDeepSession as createReal } from "../../client-sdk/ort.ts";
import type { DeepOptions, DeepSession } from "../../client-sdk/ort.ts";

/** Models opened, and models that are not released yet. */
export const models = { opened: 0, live: 0 };

export async function createDeepSession(options: DeepOptions): Promise<DeepSession> {
  const session = await createReal(options);
  models.opened++;
  models.live++;
  return {
    ...session,
    async release() {
      await session.release();
      models.live--;
    },
  };
}
