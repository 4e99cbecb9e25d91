import { describe, expect, test } from "vitest";
import { EVENT_TYPES } from "../../../../shared/event.ts";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import type { ReadReport } from "../../../../trainer/read/read-dataset.ts";
import { doublingBins, median, profileData } from "../../../../trainer/report/data-profile.ts";
import { makeDataset } from "../make-dataset.ts";

const MINUTE = 60_000;
const bitOf = (type: (typeof EVENT_TYPES)[number]) => 1 << EVENT_TYPES.indexOf(type);

const read: ReadReport = {
  mapping: {},
  events: {
    read: 10,
    bad: 2,
    samples: [
      { file: "/home/someone/logs/a.csv", row: 3, field: "time", problem: "got soon, expected a time" },
      { file: "/home/someone/logs/a.csv", row: 7, field: "item", problem: "got nothing" },
    ],
  },
  items: { read: 5, bad: 0, samples: [] },
  duplicates: 4,
  undone: 3,
  unknownItems: 1,
};

/** Ann's five events come in three sessions, Bo's one in one; "d" is in nobody's. */
function someLog(): Dataset {
  const dataset = makeDataset({ ann: ["a", "b", "a", "c", "a"], bo: ["a"] }, [{ id: "d", categories: [] }]);
  const { events } = dataset;
  events.at.set([0, 10, 40, 71, 200, 5].map((minutes) => minutes * MINUTE));
  events.kinds[1] = bitOf("skip");
  events.kinds[2] = bitOf("click") | bitOf("like");
  return dataset;
}

function profileOf(dataset: Dataset, now = 150 * MINUTE) {
  return profileData(dataset, eventSignals(dataset, DEFAULT_SIGNALS), read, ["/home/someone/logs/a.csv"], now);
}

describe("the profile of a log", () => {
  const profile = profileOf(someLog());

  test("counts people, items, events, likes and kinds", () => {
    expect(profile).toMatchObject({ people: 2, items: 4, itemsMet: 3, events: 6, likes: 5 });
    expect(profile.kinds).toEqual([
      { kind: "click", count: 1 },
      { kind: "like", count: 5 },
      { kind: "skip", count: 1 },
    ]);
  });

  test("knows when it begins and ends, whoever comes first, and parts sessions at a pause of more than half an hour", () => {
    expect(profile.span).toEqual({ from: 0, to: 200 * MINUTE });
    // 0, 10 and 40 min are one; 71 is 31 min later, and 200 later still.
    expect(profile.sessions).toEqual({ count: 4, medianEvents: 1, medianMinutes: 0 });
    // It is 150 min: a clock may run ahead by an hour, and 200 is not an hour ahead.
    expect(profile).toMatchObject({ future: 0, machines: { people: 0, events: 0 } });
    expect(profileOf(someLog(), 100 * MINUTE).future).toBe(1);
  });

  test("says how long people stay, and how unequal items are", () => {
    expect(profile.eventsAPerson).toEqual({
      median: 3,
      most: 5,
      bins: [
        { from: 1, to: 1, count: 1 },
        { from: 2, to: 3, count: 0 },
        { from: 4, to: 7, count: 1 },
      ],
    });
    // Events of items: 4, 1, 1, 0. Gini = Σ_ij |x_i − x_j| / (2 n² mean) = 2 (3 + 3 + 4 + 0 + 1 + 1) / (2 · 16 · 1.5).
    expect(profile.tail.gini).toBeCloseTo(0.5, 12);
    const at = (items: number) => profile.tail.points.find((point) => point.items === items)?.events;
    expect([at(0), at(0.25), at(0.5), at(1)]).toEqual([0, 4 / 6, 5 / 6, 1]);
  });

  test("says what could not be used, without the folders it lay in", () => {
    expect(profile).toMatchObject({ duplicates: 4, undone: 3, unknownItems: 1, files: ["a.csv"] });
    expect(profile.badRows).toMatchObject({ bad: 2, read: 15 });
    expect(profile.badRows.samples[0]).toBe("a.csv row 3, time: got soon, expected a time");
    expect(JSON.stringify(profile)).not.toContain("someone");
  });

  test("has neither span nor sessions where the log has no times", () => {
    expect(profileOf({ ...someLog(), timed: false })).not.toHaveProperty("span");
    expect(profileOf({ ...someLog(), timed: false })).not.toHaveProperty("sessions");
  });
});

test("bins double, and the median of an even number is between the middle two", () => {
  expect(doublingBins([8, 15, 16, 31, 9])).toEqual([
    { from: 8, to: 15, count: 3 },
    { from: 16, to: 31, count: 2 },
  ]);
  expect(doublingBins([])).toEqual([]);
  expect([median([]), median([4]), median([1, 2]), median([1, 2, 9])]).toEqual([0, 4, 1.5, 2]);
});
