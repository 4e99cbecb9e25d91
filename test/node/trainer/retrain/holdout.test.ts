import { describe, expect, test } from "vitest";
import { EVENT_TYPES } from "../../../../shared/event.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { chooseHoldout } from "../../../../trainer/retrain/holdout.ts";
import { makeDataset } from "../make-dataset.ts";

const MINUTE = 60_000;

/** People p00, p01, …, who like an item of their own choice each minute. */
function crowd(people: number, likes: number): Dataset {
  return makeDataset(
    Object.fromEntries(
      Array.from({ length: people }, (_, u) => [
        `p${String(u).padStart(2, "0")}`,
        Array.from({ length: likes }, (__, i) => `i${(u + i) % 40}`),
      ]),
    ),
  );
}

function choose(dataset: Dataset, since: number, people = dataset.users) {
  return chooseHoldout(dataset, eventSignals(dataset, DEFAULT_SIGNALS), { people: new Set(people), since });
}

describe("the events that two releases are compared on", () => {
  test("are the last fifth of what was liked since the active release was made, cut at one moment", () => {
    const dataset = crowd(12, 20);
    // Likes at the minutes 11 to 20 are new: 120 of them, of which the last fifth are those of minutes 19 and 20.
    const { from, ranges, targets, count } = choose(dataset, 11 * MINUTE);
    expect(from).toBe(19 * MINUTE);
    expect(count).toBe(24);
    expect(ranges).toEqual(dataset.users.map((_, user) => ({ user, from: user * 20 + 18, to: user * 20 + 20 })));
    for (let e = 0; e < targets.length; e++) expect(targets[e]).toBe(Number(dataset.events.at[e] >= from));
  });

  test("are of the people of the log alone", () => {
    const dataset = crowd(24, 20);
    const half = dataset.users.slice(0, 12);
    const { ranges, count } = choose(dataset, 11 * MINUTE, half);
    expect(ranges.map(({ user }) => dataset.users[user])).toEqual(half);
    expect(count).toBe(24);
  });

  test("have each item of a person once, where it was liked first, and nothing that was not liked", () => {
    const dataset = crowd(12, 20);
    // The first person's last event is of the item before it; the second's is a skip.
    dataset.events.item[19] = dataset.events.item[18];
    dataset.events.kinds[39] = 1 << EVENT_TYPES.indexOf("skip");
    const { targets } = choose(dataset, 11 * MINUTE);
    expect([targets[18], targets[19]]).toEqual([1, 0]);
    expect([targets[38], targets[39]]).toEqual([1, 0]);
  });

  test("are none that a list had just shown, nor the same item found again", () => {
    const dataset = crowd(12, 20);
    // Of the first person's two, the later is of a list; of the second's the earlier, and it is found once more.
    dataset.events.item[39] = dataset.events.item[38];
    const inLists = new Uint8Array(dataset.events.item.length);
    inLists[19] = inLists[38] = 1;
    const people = new Set(dataset.users);
    const signals = eventSignals(dataset, DEFAULT_SIGNALS);
    const { targets } = chooseHoldout(dataset, signals, { people, since: 11 * MINUTE, inLists });
    expect([targets[18], targets[19]]).toEqual([1, 0]);
    expect([targets[38], targets[39]]).toEqual([0, 0]);
  });

  test("reach back until ten people are among them", () => {
    // One person goes on alone for long: a fifth of all likes are hers.
    const dataset = crowd(12, 2);
    const alone = makeDataset({ zoe: Array.from({ length: 39 }, (_, i) => `i${i}`) });
    alone.events.at.forEach((at, e) => (alone.events.at[e] = at + 60 * MINUTE));
    const { users, events } = dataset;
    const joined: Dataset = {
      ...dataset,
      users: [...users, "zoe"],
      items: alone.items,
      events: {
        start: Uint32Array.from([...events.start, events.item.length + 39]),
        item: Uint32Array.from([
          ...Array.from(events.item, (row) => alone.items.findIndex(({ id }) => id === dataset.items[row].id)),
          ...alone.events.item,
        ]),
        at: Float64Array.from([...events.at, ...alone.events.at]),
        kinds: Uint16Array.from([...events.kinds, ...alone.events.kinds]),
        value: new Float32Array(63).fill(NaN),
        dwellMs: new Float32Array(63).fill(NaN),
        fraction: new Float32Array(63).fill(NaN),
      },
    };
    const { from, ranges } = choose(joined, 0);
    expect(from).toBe(2 * MINUTE);
    expect(ranges).toHaveLength(13);
  });

  test("are refused where fewer than ten people have liked something since", () => {
    expect(() => choose(crowd(9, 20), 0)).toThrow(/9 people .* 10 are needed/);
    expect(() => choose(crowd(12, 20), 21 * MINUTE)).toThrow(
      /0 people of the log have liked something by themselves since 1970/,
    );
  });
});
