/** What `inspect` lists of the log. */
import { expect, test } from "vitest";
import { inspect } from "../../../client-sdk/engine/inspect.ts";
import type { Inspected } from "../../../client-sdk/engine/inspect.ts";
import type { Event } from "../../../shared/event.ts";
import { entryOf, holdOf, lastingWorld, logOf } from "./support/logs.ts";

test("the newest hundred events come first, whatever the order in which they came", async () => {
  const world = lastingWorld(8);
  const own = Array.from({ length: 120 }, (_, i) => world.event("like", i % 20, { list: `own-${i}` }).event);
  const log = logOf(holdOf(world), own);
  const earlier = { ...world.event("like", 3, { list: "earlier" }).event, at: own[0]!.at - 1 } as Event;
  log.load([entryOf(world, earlier)]);
  const level = { store: undefined, current: "local", mode: () => "device" } as unknown as Inspected["level"];
  const parts = { held: undefined, log, level, channel: undefined, offline: false };
  const { events } = await inspect(parts, world.now);
  expect(events.map(({ id }) => id)).toEqual(
    own
      .map(({ id }) => id)
      .reverse()
      .slice(0, 100),
  );
});
