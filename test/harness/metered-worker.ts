// The edge in a Worker that counts what it is billed for: requests and their bytes, calls of Durable Objects and their rows,
// operations of the bucket and of the queue. `GET /meter` answers the counts and begins anew; it is counted by nobody.
// Everything runs in one isolate here, so one meter sees all of it.

export * from "../../edge/shards/classes.ts";

import { createEdge } from "../../edge/index.ts";
import type { EdgeEnv } from "../../edge/index.ts";
import * as classes from "../../edge/durable-objects.ts";
import { meterClass } from "./metered/objects.ts";
import { meteredEnv } from "./metered/env.ts";
import { readMeter } from "./metered/meter.ts";
import { meteredAnswer } from "./metered/requests.ts";

/** Says what it keeps, and can let go of all ids at once, as an edge does of those that are two weeks old. */
export class EventStore extends meterClass(classes.EventStore) {
  kept(): Kept {
    return keptIn(this.ctx.storage.sql, "events");
  }

  expire(): void {
    this.ctx.storage.sql.exec("DELETE FROM events WHERE body IS NULL");
  }
}

/** The same for who was counted, as is done after two days. */
export class Trending extends meterClass(classes.Trending) {
  kept(): Kept {
    return keptIn(this.ctx.storage.sql, "seen");
  }

  expire(): void {
    this.ctx.storage.sql.exec("DELETE FROM seen WHERE true");
  }
}

/** Bytes of an object's database, and rows of its table. */
interface Kept {
  bytes: number;
  rows: number;
}

function keptIn(sql: SqlStorage, table: string): Kept {
  const { rows } = sql.exec<{ rows: number }>(`SELECT COUNT(*) AS rows FROM ${table}`).one();
  return { bytes: sql.databaseSize, rows };
}

export class Catalogue extends meterClass(classes.Catalogue) {}
export class LogKeeper extends meterClass(classes.LogKeeper) {}
export class IndexShard0 extends meterClass(classes.IndexShard0) {}
export class IndexShard1 extends meterClass(classes.IndexShard1) {}
export class IndexShard2 extends meterClass(classes.IndexShard2) {}
export class IndexShard3 extends meterClass(classes.IndexShard3) {}
export class IndexShard4 extends meterClass(classes.IndexShard4) {}
export class IndexShard5 extends meterClass(classes.IndexShard5) {}
export class IndexShard6 extends meterClass(classes.IndexShard6) {}
export class IndexShard7 extends meterClass(classes.IndexShard7) {}

/** Whether it has room for no release, so that each is searched in shards; put in when it is bundled. */
declare const CRAMPED: boolean;

const edge = createEdge(CRAMPED ? { roomBytes: 10_000 } : {});

const metered: ExportedHandler<EdgeEnv> = {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/meter") return Response.json(readMeter());
    const objects = OBJECTS[searchParams.get("of") as keyof typeof OBJECTS];
    if (pathname === "/meter/kept") return Response.json(await each(env, objects, "kept"));
    if (pathname === "/meter/expire") {
      // Objects that are made only now write their tables.
      await each(env, objects, "kept");
      readMeter();
      await each(env, objects, "expire");
      return Response.json(readMeter());
    }
    return meteredAnswer(request, () => edge.fetch(request, meteredEnv(env), context));
  },
  queue: (batch, env) => edge.queue(batch, meteredEnv(env)),
};
export default metered;

/** The objects of a class, by what `?of=` calls them. */
const OBJECTS = {
  events: { binding: "EVENT_STORE", count: 4 },
  trending: { binding: "TRENDING", count: 16 },
} as const;

/** Calls every object of a class. */
function each(env: EdgeEnv, { binding, count }: (typeof OBJECTS)[keyof typeof OBJECTS], method: "kept" | "expire") {
  const objects = env[binding] as DurableObjectNamespace<EventStore | Trending>;
  const name = binding === "TRENDING" ? "trending" : "events";
  return Promise.all(
    Array.from({ length: count }, (_, n) => objects.get(objects.idFromName(`${name}-${n}`))[method]()),
  );
}
