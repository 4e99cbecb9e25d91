// What is counted of events and live items in Durable Objects and in the bucket: once for the whole edge, and kept over restarts.

import type { EdgeEnv } from "../bindings.ts";
import { catalogueOf } from "../catalogue/catalogue.ts";
import { DEAD_PREFIX } from "../events/dead-letters.ts";
import { FORGOTTEN_PREFIX } from "../events/forget-record.ts";
import { logKeeper } from "../events/log-keeper.ts";
import { eventShards } from "../events/store-events.ts";
import type { Family } from "./prometheus.ts";

/** The families, as far as the store answers: `nearfeed_event_store_up` says whether it did. */
export async function eventMetrics(env: EdgeEnv): Promise<Family[]> {
  const up = (value: 0 | 1) =>
    family("nearfeed_event_store_up", "gauge", "1 when the Durable Objects and the bucket answered, else 0.", value);
  try {
    return [up(1), ...(await counted(env))];
  } catch {
    // Metrics are wanted most when something is away.
    return [up(0)];
  }
}

async function counted(env: EdgeEnv): Promise<Family[]> {
  const [shards, keeper, catalogue, dead, forgotten] = await Promise.all([
    Promise.all(eventShards(env.EVENT_STORE).map((shard) => shard.counted())),
    logKeeper(env.LOG_KEEPER).counted(),
    catalogueOf(env.CATALOGUE).counted(),
    countObjects(env.BUCKET, DEAD_PREFIX),
    countObjects(env.BUCKET, FORGOTTEN_PREFIX),
  ]);
  const sum = (name: keyof (typeof shards)[number]) => shards.reduce((total, each) => total + (each[name] ?? 0), 0);
  return [
    family("nearfeed_events_stored_total", "counter", "Events stored, each once.", sum("stored")),
    family("nearfeed_events_duplicate_total", "counter", "Events that were there already.", sum("duplicate")),
    family("nearfeed_events_dropped_total", "counter", "Events of the forgotten, dropped.", sum("dropped")),
    family("nearfeed_events_waiting", "gauge", "Events stored and not yet in the log.", sum("waiting")),
    family("nearfeed_trending_waiting", "gauge", "Events not yet counted towards what trends.", sum("uncounted")),
    family("nearfeed_live_items", "gauge", "Items added since the releases were made.", catalogue.items),
    family("nearfeed_tombstones", "gauge", "Items deleted since the releases were made.", catalogue.tombstones),
    family("nearfeed_log_parts_written_total", "counter", "Parts written to the log.", sum("parts")),
    family("nearfeed_log_events_deleted_total", "counter", "Events deleted from the log.", keeper.events ?? 0),
    family(
      "nearfeed_log_parts_damaged_total",
      "counter",
      "Parts that a compaction could not read.",
      keeper.damaged ?? 0,
    ),
    family("nearfeed_deletion_requests_done_total", "counter", "Deletion requests carried out.", keeper.requests ?? 0),
    family("nearfeed_deletion_requests_waiting", "gauge", "Deletion requests that wait, up to 1000.", forgotten),
    family("nearfeed_dead_letters", "gauge", "Queue messages set aside in the bucket, up to 1000.", dead),
  ];
}

/** How many objects there are, as far as one listing says. */
async function countObjects(bucket: R2Bucket, prefix: string): Promise<number> {
  return (await bucket.list({ prefix })).objects.length;
}

function family(name: string, type: "counter" | "gauge", help: string, value: number): Family {
  return { name, type, help, samples: [{ value }] };
}
