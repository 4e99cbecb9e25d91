/** What a log takes of another one: no event counts twice, and none is lost that can be told from those that are counted. */
import { expect, test } from "vitest";
import { uniteLogs } from "../../../client-sdk/engine/unite-logs.ts";
import type { StoredCarried, StoredEvent, StoredMark } from "../../../client-sdk/storage/schema.ts";
import type { Event } from "../../../shared/event.ts";

const carried = { until: 100 } as StoredCarried;
const never = () => false;

function did(id: string, at: number, more: object = {}): StoredEvent {
  return { id, event: { id, type: "like", item: `item-${id}`, at, ...more } as Event };
}

/** What events with these ids would leave when they went with sums that end at 100. */
function marks(...ids: string[]): StoredMark[] {
  return ids.map((id) => ({ item: `item-${id}`, at: 100 }));
}

test("without anything carried both logs stay whole", () => {
  const union = uniteLogs({ events: [did("a", 1)], seen: [] }, { events: [did("b", 2)], seen: [] }, never);
  expect(union).toEqual({ carried: undefined, counted: new Set(), marks: { seen: [], banned: [] } });
});

test("of the log that brings nothing carried, what the other one does not hold is counted up to the end of the sums", () => {
  const base = { events: [did("held", 90), did("own", 120)], seen: marks("at-end", "hidden", "after"), carried };
  const hidden = did("hidden", 40, { type: "hide" });
  const guest = { events: [did("held", 90), did("at-end", 100), hidden, did("after", 101)], seen: [] };
  for (const union of [uniteLogs(base, guest, never), uniteLogs(guest, base, never)]) {
    expect(union.carried).toBe(carried);
    expect([...union.counted].sort()).toEqual(["at-end", "hidden"]);
    expect(union.marks.seen.map(({ item }) => item).sort()).toEqual(["item-at-end", "item-hidden"]);
    expect(union.marks.banned).toEqual([{ item: "item-hidden", at: 40 }]);
  }
});

test("where both carry something, this log keeps its own", () => {
  const other = { until: 500 } as StoredCarried;
  const union = uniteLogs(
    { events: [], seen: marks("a", "b"), carried },
    { events: [did("a", 99), did("b", 300)], seen: [], carried: other },
    never,
  );
  expect(union).toMatchObject({ carried, counted: new Set(["a"]) });
});

test("an undo of what is still there to be taken back is not counted, and what was taken back leaves no mark", () => {
  const taken = did("taken", 50);
  const guest = [
    did("undo-held", 60, { type: "undo", event: "held" }),
    taken,
    did("undo-taken", 61, { type: "undo", event: "taken" }),
  ];
  const union = uniteLogs(
    { events: [did("held", 90)], seen: marks("taken"), carried },
    { events: guest, seen: [] },
    never,
  );
  expect([...union.counted].sort()).toEqual(["taken", "undo-taken"]);
  expect(union.marks.seen).toEqual([]);
});

test("what is stamped far ahead was read as the oldest, and so is counted", () => {
  const guest = [did("ahead", 9_000), did("right", 200)];
  const union = uniteLogs(
    { events: [], seen: marks("ahead", "right"), carried },
    { events: guest, seen: [] },
    ({ at }) => at > 1_000,
  );
  expect([...union.counted]).toEqual(["ahead"]);
});

test("what the sums cannot hold stays: of an item that was not seen there, or not seen since, with all that was said of it", () => {
  const seen = [
    { item: "item-since", at: 50 },
    { item: "item-before", at: 49 },
  ];
  const guest = [
    did("since", 50),
    did("before", 50),
    did("never", 50),
    did("undo-never", 60, { type: "undo", event: "never", item: "item-since" }),
    did("shown", 50, { type: "impression" }),
  ];
  const union = uniteLogs({ events: guest, seen: [] }, { events: [], seen, carried }, never);
  expect([...union.counted].sort()).toEqual(["shown", "since"]);
});
