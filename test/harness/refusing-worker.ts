// The edge with a queue that refuses, as Cloudflare's does when it is told too much at once: of every few sends one rejects,
// before the queue has the message or after it took it all the same. The queue behind is the real one.

import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";

export * from "../../edge/durable-objects.ts";

const edge = createEdge();

/** Of so many sends one is refused, and of those every other has been taken. */
const REFUSED_EVERY = 7;

let sends = 0;
let refusals = 0;

const refusing: ExportedHandler<EdgeEnv> = {
  fetch(request, env, context) {
    const { EVENT_QUEUE: queue } = env;
    if (queue === undefined) return edge.fetch(request, env, context);
    const send: typeof queue.send = async (...message) => {
      if (++sends % REFUSED_EVERY !== 0) return queue.send(...message);
      if (++refusals % 2 === 0) await queue.send(...message);
      throw new Error("Queue send failed: Too Many Requests");
    };
    return edge.fetch(request, { ...env, EVENT_QUEUE: { send } as typeof queue }, context);
  },
  queue: (batch, env) => edge.queue(batch, env),
};
export default refusing;
