// The edge as a package entry: `createEdge()` for people who mount it in a Worker of their own, and the Durable Object
// classes that their wrangler.toml must name. The Worker of this project is edge/worker.ts.

import { checkEnv } from "./bindings.ts";
import type { EdgeEnv } from "./bindings.ts";
import { createApp } from "./app.ts";
import { consumeBatch } from "./events/consume.ts";
import type { Clock } from "../shared/runtime.ts";

export type { EdgeEnv } from "./bindings.ts";
export type { EventMessage, LoggedEvent } from "./events/event-message.ts";
export type { ForgetRecord } from "./events/forget-record.ts";
export type { DeadLetter } from "./events/dead-letters.ts";
export { Catalogue } from "./catalogue/catalogue.ts";
export { EventStore } from "./events/event-store.ts";
export { LogKeeper } from "./events/log-keeper.ts";
export {
  IndexShard0,
  IndexShard1,
  IndexShard2,
  IndexShard3,
  IndexShard4,
  IndexShard5,
  IndexShard6,
  IndexShard7,
  IndexShard8,
  IndexShard9,
  IndexShard10,
  IndexShard11,
  IndexShard12,
  IndexShard13,
  IndexShard14,
  IndexShard15,
  IndexShard16,
  IndexShard17,
  IndexShard18,
  IndexShard19,
  IndexShard20,
  IndexShard21,
  IndexShard22,
  IndexShard23,
  IndexShard24,
  IndexShard25,
  IndexShard26,
  IndexShard27,
  IndexShard28,
  IndexShard29,
  IndexShard30,
  IndexShard31,
  IndexShard32,
  IndexShard33,
  IndexShard34,
  IndexShard35,
  IndexShard36,
  IndexShard37,
  IndexShard38,
  IndexShard39,
  IndexShard40,
  IndexShard41,
  IndexShard42,
  IndexShard43,
  IndexShard44,
  IndexShard45,
  IndexShard46,
  IndexShard47,
  IndexShard48,
  IndexShard49,
  IndexShard50,
  IndexShard51,
  IndexShard52,
  IndexShard53,
  IndexShard54,
  IndexShard55,
  IndexShard56,
  IndexShard57,
  IndexShard58,
  IndexShard59,
  IndexShard60,
  IndexShard61,
  IndexShard62,
  IndexShard63,
} from "./shards/classes.ts";
export { Trending } from "./trending/trending.ts";

/** What does not come from the environment. */
export interface EdgeOptions {
  /** Epoch ms; the default is Date.now. */
  now?: Clock;
  /** What releases may hold of the Worker's memory, bytes; one that needs more is searched in shards. The default is 96 MB. */
  roomBytes?: number;
}

/** The handlers of a Worker. */
export interface Edge {
  fetch(request: Request, env: EdgeEnv, context: ExecutionContext): Promise<Response>;
  /** Takes batches of the event queue and of its dead letter queue, whose name ends in `-dead`. */
  queue(batch: MessageBatch, env: EdgeEnv): Promise<void>;
}

/** Makes the edge. Everything it keeps in memory belongs to the result; all else lies in the bindings. */
export function createEdge(options: EdgeOptions = {}): Edge {
  const { now = Date.now, roomBytes } = options;
  const app = createApp({ now, ...(roomBytes !== undefined && { roomBytes }) });
  return {
    async fetch(request, env, context) {
      const answer = Promise.resolve(app.fetch(request, env, context));
      // A release that one request began to load is waited for by others: it must not end with a page that went away.
      context.waitUntil(answer);
      return answer;
    },
    queue(batch, env) {
      checkEnv(env);
      return consumeBatch(env, batch, now());
    },
  };
}
