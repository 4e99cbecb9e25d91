// From events to the shards that store them. The shard follows from the event's id, so a repeated event always meets the
// object that knows it.

import { hashText } from "../retrieval/id-lookup.ts";
import type { EventMessage, LoggedEvent } from "./event-message.ts";
import { loggedEvents } from "./event-message.ts";
import type { EventStore } from "./event-store.ts";

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

/** Has every shard delete what waits of a subject and drop what comes of it; returns when all of them will. */
export async function forgetSubject(
  stores: DurableObjectNamespace<EventStore>,
  subject: string,
  now: number,
): Promise<void> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => eventShard(stores, shard));
  await Promise.all(shards.map((shard) => shard.forget(subject, now)));
}

/** The object of a shard. */
export function eventShard(stores: DurableObjectNamespace<EventStore>, shard: number): DurableObjectStub<EventStore> {
  return stores.get(stores.idFromName(`events-${shard}`));
}

/** The queue's consumer: stores a batch of messages, then acknowledges it. What cannot be stored now comes again. */
export async function consumeEvents(
  stores: DurableObjectNamespace<EventStore>,
  batch: MessageBatch<EventMessage>,
): Promise<void> {
  await storeEvents(
    stores,
    batch.messages.flatMap(({ body }) => loggedEvents(body)),
  );
  batch.ackAll();
}
