/** Logs of small worlds: made, shortened, and as they lie in a store. */
import { createEventLog } from "../../../../client-sdk/engine/event-log.ts";
import type { EventLog } from "../../../../client-sdk/engine/event-log.ts";
import type { Held } from "../../../../client-sdk/engine/held.ts";
import type { StoredEvent } from "../../../../client-sdk/storage/schema.ts";
import type { Event } from "../../../../shared/event.ts";
import { interestAt } from "../../../../shared/interest.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import type { Profile } from "../../../../shared/profile.ts";
import { bits } from "../../shared/support/compare.ts";
import { tableOf } from "../../shared/support/scored.ts";
import { createWorld } from "../../shared/support/world.ts";
import type { World } from "../../shared/support/world.ts";

/** The catalogue of a world in use. Of its release only what the log reads is there. */
export function holdOf(world: World): Held {
  const release = { id: "release-1", space: world.model.space, dim: world.model.dim } as Held["release"];
  const neighbours = (row: number) => world.known[row]!.neighbours;
  return {
    release,
    origin: { bytes: 0, verified: "hash" },
    tombstones: new Set(),
    rules: [],
    model: world.model,
    items: {
      table: tableOf(world),
      item: (row) => ({ id: world.ids[row] }),
      neighbours: (row) => [...neighbours(row)],
    },
  };
}

export function logOf(held: Held, events: readonly Event[] = []): EventLog {
  const log = createEventLog();
  log.use(held);
  for (const event of events) log.append(event);
  return log;
}

/** All that lists read of a log. */
export function views(log: EventLog) {
  return {
    seen: new Map([...log.seen].sort()),
    banned: new Map([...log.banned].sort()),
    profile: log.profile && bits(log.profile),
  };
}

/** What a log leaves to another one that takes it over, as it lies in the store. */
export function asStored(log: EventLog) {
  return { events: log.events, ...log.kept, ids: new Set(log.events.map(({ id }) => id)) };
}

/** A world in which what was liked never fades: nothing that is carried is too little to be seen. */
export function lastingWorld(seed: number): World {
  const world = createWorld(seed, { items: 40, events: 0 });
  const never = { halfLifePositives: null, halfLifeMs: null };
  return { ...world, model: { ...world.model, profile: { ...world.model.profile, taste: never, intent: never } } };
}

/** A log of one signal more than it may have, of which only the oldest are skips. */
export function longLog(world: World, held = holdOf(world)): EventLog {
  const log = logOf(held);
  const rare = Array.from({ length: 30 }, (_, i) => world.event("skip", 20 + (i % 10), { list: `rare-${i}` }));
  const life = Array.from({ length: 4_971 }, (_, i) => world.event("like", i % 20, { list: `list-${i}` }));
  log.load([...rare, ...life].map(({ event }) => ({ id: event.id, event, known: knownIn(world, event) })));
  return log;
}

export function scoresOf(world: World, profile: Profile): Float32Array {
  return scoreLinear(tableOf(world), interestAt(profile, world.model, world.now), world.model).total;
}

export function entryOf(world: World, event: Event): StoredEvent {
  return { id: event.id, event, known: knownIn(world, event) };
}

function knownIn(world: World, { item }: Event): StoredEvent["known"] {
  const row = world.ids.indexOf(item);
  const { vector, categories, author, neighbours } = world.known[row]!;
  const names = Array.from(categories, (number) => world.dictionaries.categories[number]!);
  const space = world.model.space;
  return { space, release: "release-1", vector: Float32Array.from(vector), categories: names, author, neighbours };
}
