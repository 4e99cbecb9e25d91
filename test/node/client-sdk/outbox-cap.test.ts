import * as fc from "fast-check";
import { expect, test } from "vitest";
import { overflow } from "../../../client-sdk/storage/outbox-cap.ts";
import type { OutboxEvent } from "../../../client-sdk/storage/schema.ts";

function waiting(kinds: readonly ("impression" | "like")[]): OutboxEvent[] {
  return kinds.map((type, i) => {
    const id = String(i).padStart(26, "0");
    return { id, event: { id, type, item: "a", at: i }, release: "r", surface: "s", utcOffsetMinutes: 0 };
  });
}

test("the oldest impressions give way first, then the oldest of the rest", () => {
  const events = waiting(["like", "impression", "like", "impression", "impression", "like"]);
  const dropped = (most: number) => overflow(events, most).map(({ event }) => event.at);
  expect(dropped(6)).toEqual([]);
  expect(dropped(5)).toEqual([1]);
  expect(dropped(3)).toEqual([1, 3, 4]);
  expect(dropped(1)).toEqual([1, 3, 4, 0, 2]);
});

test("exactly what is too much is dropped, and nothing but impressions while there are any", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("impression", "like")), fc.nat(20), (kinds, most) => {
      const events = waiting(kinds);
      const dropped = new Set(overflow(events, most));
      expect(dropped.size).toBe(Math.max(0, events.length - most));
      const kept = events.filter((event) => !dropped.has(event));
      const types = (some: Iterable<OutboxEvent>) => new Set(Array.from(some, ({ event }) => event.type));
      expect(types(dropped).has("like") && types(kept).has("impression")).toBe(false);
    }),
  );
});
