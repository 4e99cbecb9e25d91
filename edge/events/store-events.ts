// From events to the shards that store them. The shard follows from the event's id, so a repeated event always meets the
// object that knows it.

import { hashText } from "../../shared/hash-text.ts";
import type { LoggedEvent } from "./event-message.ts";
import type { EventStore, Forgotten } from "./event-store.ts";

/**
 * Objects that share the events. One takes about a thousand inserts a second. Changing the number lets events that are
 * sent twice around the change be stored twice.
 */
const SHARDS = 4;

/** Stores events, each once per id; returns when all of them are durable. */
export async function storeEvents(
  stores: DurableObjectNamespace<EventStore>,
  events: readonly LoggedEvent[],
): Promise<void> {
  const shards = new Map<number, LoggedEvent[]>();
  for (const event of events) {
    const shard = hashText(event.id) % SHARDS;
    const list = shards.get(shard);
    if (list === undefined) shards.set(shard, [event]);
    else list.push(event);
  }
  await Promise.all([...shards].map(([shard, list]) => eventShard(stores, shard).insert(list)));
}

/** Has every shard delete what waits of the subjects and drop what comes of them; returns when none will write more. */
export async function forgetSubjects(
  stores: DurableObjectNamespace<EventStore>,
  requests: readonly Forgotten[],
): Promise<void> {
  await Promise.all(eventShards(stores).map((shard) => shard.forget(requests)));
}

/** The objects of all shards. */
export function eventShards(stores: DurableObjectNamespace<EventStore>): DurableObjectStub<EventStore>[] {
  return Array.from({ length: SHARDS }, (_, shard) => eventShard(stores, shard));
}

/** The object of a shard. */
export function eventShard(stores: DurableObjectNamespace<EventStore>, shard: number): DurableObjectStub<EventStore> {
  return stores.get(stores.idFromName(`events-${shard}`));
}
