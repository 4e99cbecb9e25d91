import { expect, test } from "vitest";
import { createList, createLists } from "../../../client-sdk/lists.ts";
import type { Ranked, RankedEntry } from "../../../client-sdk/messages.ts";

function rankedOf(ids: readonly string[], more: Partial<RankedEntry> = {}): Ranked {
  const about = { floor: "linear", offline: false, release: "r", policy: "mmr/1", edition: 1, ranked: 9 } as const;
  const entries = ids.map((id, byScore): RankedEntry => {
    return {
      id,
      item: { id },
      score: 1,
      deep: 0,
      sources: ["nearest"],
      explored: false,
      propensity: 1,
      byScore,
      ...more,
    };
  });
  return { ...about, entries, events: 3, now: 7, personalized: true, adjustments: {} };
}

function newLists() {
  let made = 0;
  return createLists(() => `list-${made++}`);
}

test("how an entry was selected is kept by list and position, whatever happens to the entry", () => {
  const lists = newLists();
  const list = createList(lists, "home", rankedOf(["a", "b"], { explored: true, propensity: 0.2 }), 2);
  const [, b] = list.entries;
  expect(b).toMatchObject({ id: "b", position: 1, explored: true });
  expect(b).not.toHaveProperty("moved");
  const changed = { ...b!, score: 0, sources: [] };
  expect(lists.trace(changed)).toMatchObject({
    item: "b",
    policy: "mmr/1",
    explored: true,
    propensity: 0.2,
    byScore: 1,
    events: 3,
  });
});

test("an item that stands elsewhere on its list by now is found there, and on other lists it is not", () => {
  const lists = newLists();
  const { entries } = createList(lists, "home", rankedOf(["a", "b"]), 2);
  const { id: list } = createList(lists, "home", rankedOf(["c"]), 1);
  expect(lists.trace({ ...entries[0]!, position: 1 })).toMatchObject({ item: "a", byScore: 0 });
  expect(lists.trace({ ...entries[0]!, position: 77 })).toMatchObject({ item: "a" });
  expect(lists.trace({ ...entries[0]!, list })).toBeUndefined();
  expect(lists.trace({ list: "no such", position: 0, id: "a" })).toBeUndefined();
});

test("lists that left any screen long ago are forgotten, one that goes on is not", () => {
  const lists = newLists();
  const feed = lists.open("home", "r");
  const [entry] = createList(lists, "home", rankedOf(["a"]), 1).entries;
  const [ranked] = rankedOf(["x"]).entries;
  const trace = { ...ranked!, item: "x", floor: "linear", policy: "mmr/1", edition: 1, events: 0, now: 0 } as const;
  const about = { ...trace, personalized: true, adjustments: {} };
  lists.remember(feed.id, 0, about);
  for (let n = 0; n < 150; n++) {
    createList(lists, "home", rankedOf([`item-${n}`]), 1);
    lists.remember(feed.id, 1, { ...about, item: "y" });
  }
  expect(lists.trace(entry!)).toBeUndefined();
  expect(lists.trace({ list: feed.id, position: 0, id: "x" })).toMatchObject({ item: "x" });
});
