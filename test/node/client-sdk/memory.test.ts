/** Memory and store at once: what another tab or a change of consent does while the store is read or written. */
import { expect, test } from "vitest";
import type { EventLog } from "../../../client-sdk/engine/event-log.ts";
import { createMemory } from "../../../client-sdk/engine/memory.ts";
import type { Store } from "../../../client-sdk/storage/store.ts";
import type { Event } from "../../../shared/event.ts";
import { asStored, entryOf, holdOf, lastingWorld, logOf, longLog } from "./support/logs.ts";

/** A store that another tab's log lies in. Each read waits for an `answer`, and is as of then. */
function slowStore(there: EventLog, compactions: () => number) {
  const answers: (() => void)[] = [];
  const logBeyond: Store["logBeyond"] = (isKnown) =>
    new Promise((resolve) =>
      answers.push(() => {
        const events = there.events.filter(({ id }) => !isKnown(id));
        resolve({ ...asStored(there), events, adjustments: {}, compactions: compactions() });
      }),
    );
  return {
    store: { logBeyond } as Store,
    async answer() {
      await new Promise((resolve) => setTimeout(resolve));
      answers.shift()!();
    },
  };
}

function total({ profile }: EventLog): number {
  return profile!.signals.length + (profile!.carried?.signals ?? 0);
}

test("what another tab imports and drops again while it is being read counts once", async () => {
  const world = lastingWorld(8);
  const [here, there] = [longLog(world), logOf(holdOf(world))];
  there.load(here.events);
  const { at } = here.events[0]!.event;
  const imported = Array.from({ length: 100 }, (_, i) =>
    entryOf(world, { ...world.event("like", i % 20, { list: `imported-${i}` }).event, at: at - 1_000 + i } as Event),
  );
  there.load(imported);
  let compactions = 0;
  const { store, answer } = slowStore(there, () => compactions);
  const memory = createMemory(here, () => store);
  const first = memory.catchUp(); // told of the import
  const second = memory.catchUp(); // told of the compaction
  await answer();
  there.compact();
  compactions = 1;
  await first;
  await answer();
  await answer();
  await second;
  expect(total(here)).toBe(total(there));
  expect(here.events.map(({ id }) => id).sort()).toEqual(there.events.map(({ id }) => id).sort());
});

test("a write that fails because consent was lowered meanwhile is not made up for", async () => {
  const world = lastingWorld(8);
  const written: number[] = [];
  let level: Store | undefined;
  const store = {
    adjust: async () => {},
    async rewrite() {
      level = undefined;
      return "failed";
    },
    putEvents: async (events: readonly unknown[]) => written.push(events.length) > 0,
  } as unknown as Store;
  level = store;
  const memory = createMemory(logOf(holdOf(world)), () => level);
  const file = { events: [entryOf(world, world.event("like", 1).event)], seen: [], banned: [], adjustments: {} };
  expect(await memory.unite(file)).toBe(1);
  expect(written).toEqual([]);
});
