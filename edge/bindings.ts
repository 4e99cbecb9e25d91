// What the Worker finds in its environment: the bindings and variables of wrangler.toml. Not options of `createEdge`,
// which are the same wherever it is deployed.

import { NearfeedError } from "../shared/errors.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import type { EventStore } from "./events/event-store.ts";
import type { EventMessage } from "./events/event-message.ts";
import type { LogKeeper } from "./events/log-keeper.ts";
import type { ShardBindings } from "./shards/slots.ts";
import type { Trending } from "./trending/trending.ts";

/** Bindings and variables. Whoever mounts the edge in a Worker of their own provides these names. */
export interface EdgeEnv extends ShardBindings {
  /** Artifacts, releases, channels, event parts, requests to forget and dead letters. */
  BUCKET: R2Bucket;
  /** Events by id, until they are in the bucket. */
  EVENT_STORE: DurableObjectNamespace<EventStore>;
  /** Carries out requests to forget in the event parts. */
  LOG_KEEPER: DurableObjectNamespace<LogKeeper>;
  /** Items that were added or deleted since the releases were made. */
  CATALOGUE: DurableObjectNamespace<Catalogue>;
  /** Counts what trends. */
  TRENDING: DurableObjectNamespace<Trending>;
  /** Between the route and the store; without it the route inserts by itself. */
  EVENT_QUEUE?: Queue<EventMessage>;
  /** Counts posts by address; without it they are not limited. */
  LIMIT_POSTS?: RateLimit;
  /** An index of vectors outside the Worker (docs/retrieval.md); without it, releases are searched in memory. */
  VECTORIZE?: Vectorize;
  /** What envelopes must name as `key`; it keeps strays out and is no secret. */
  PUBLIC_KEY: string;
  /** What publishing needs as a bearer token. Without it nothing can be published. */
  PUBLISH_SECRET?: string;
  /** Origins whose pages may post, separated by spaces or commas; `*` for all. The edge's own origin always may. */
  ALLOWED_ORIGINS?: string;
}

/** Refuses an environment that cannot work, naming the binding, before a request fails in the middle. */
export function checkEnv(env: EdgeEnv): void {
  for (const name of ["BUCKET", "EVENT_STORE", "LOG_KEEPER", "CATALOGUE", "TRENDING", "PUBLIC_KEY"] as const) {
    if (env[name] === undefined || env[name] === "") {
      throw new NearfeedError("bad_configuration", `${name} is not set`, {
        path: name,
        hint: "Compare wrangler.toml with the one of the package.",
      });
    }
  }
}
