// The Worker that `nearfeed dev` runs on a developer's machine: the edge as it is deployed, and beside it what only such
// a machine has to tell. Never deployed: wrangler.toml names worker.ts.

import type { EdgeEnv } from "./bindings.ts";
import { createEdge } from "./index.ts";

export * from "./durable-objects.ts";

interface LocalEnv extends EdgeEnv {
  /** Where the trainer of this machine says what it is doing; only `nearfeed dev` sets it. */
  readonly TRAINING_URL?: string;
}

const edge = createEdge();

const local: ExportedHandler<LocalEnv> = {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/dev/training") return training(env);
    return edge.fetch(request, env, context);
  },
  queue: (batch, env) => edge.queue(batch, env),
};
export default local;

/** What is being trained, as JSON; null where nothing is, or where nobody answers. */
async function training({ TRAINING_URL }: LocalEnv): Promise<Response> {
  const answer = TRAINING_URL === undefined ? undefined : await fetch(TRAINING_URL).catch(() => undefined);
  return new Response(answer?.ok ? await answer.text() : "null", {
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}
