import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { profileLog } from "../../../../trainer/read/log-profile.ts";
import { makeDataset } from "../make-dataset.ts";

const MINUTE_MS = 60_000;
const BEGIN = Date.UTC(2026, 0, 1);
const NOW = BEGIN + 30 * 24 * 60 * MINUTE_MS;

/** A log of people whose events come at these times, in milliseconds from the beginning. */
function logOf(times: Readonly<Record<string, readonly number[]>>): Dataset {
  const made = makeDataset(Object.fromEntries(Object.entries(times).map(([user, at]) => [user, at.map(() => "film")])));
  const all = made.users.flatMap((user) => times[user]!.map((at) => BEGIN + at));
  return { ...made, events: { ...made.events, at: Float64Array.from(all) } };
}

const every = (count: number, gapMs: (n: number) => number) => {
  let at = 0;
  return Array.from({ length: count }, (_, n) => (at += gapMs(n)));
};

describe("the profile of a log", () => {
  test("counts sessions, which end with half an hour without an event", () => {
    const { sessions, span } = profileLog(
      logOf({
        ann: [0, 10 * MINUTE_MS, 40 * MINUTE_MS, 70 * MINUTE_MS + 1],
        bob: [5 * MINUTE_MS],
        eve: [0, MINUTE_MS],
      }),
      NOW,
    );
    // Ann's gaps are 10, 30 and a little over 30 minutes.
    expect(sessions).toEqual({ count: 4, medianEvents: 1, medianMinutes: 0 });
    expect(span).toEqual({ from: BEGIN, to: BEGIN + 70 * MINUTE_MS + 1 });
  });

  test("counts events of the future, but not those of a clock that is a little fast", () => {
    const ahead = NOW - BEGIN;
    const { future } = profileLog(logOf({ ann: [0, ahead + 30 * MINUTE_MS, ahead + 90 * MINUTE_MS] }), NOW);
    expect(future).toBe(1);
  });

  test("names those who do more than people can, and those who do it like a clock", () => {
    const { machines } = profileLog(
      logOf({
        crawler: every(2_000, (n) => 900 + ((n * 37) % 211)),
        timer: every(150, (n) => (n === 70 ? 9 * MINUTE_MS : 61_007)),
        fan: every(1_000, (n) => 4_000 + ((n * 7919) % 60_000)),
      }),
      NOW,
    );
    expect(machines).toEqual({ people: 2, events: 2_150, examples: ["crawler", "timer"] });
  });

  test("takes a page of ratings that share a time, or a log of whole minutes, for nobody's machine", () => {
    const { machines } = profileLog(
      logOf({ page: Array.from({ length: 3_000 }, () => 0), minutes: every(500, () => MINUTE_MS) }),
      NOW,
    );
    expect(machines.people).toBe(0);
  });

  test("says nothing of time where a log has none", () => {
    const { sessions, span, future } = profileLog({ ...logOf({ ann: [0, 1] }), timed: false }, NOW);
    expect({ sessions, span, future }).toEqual({ sessions: null, span: null, future: 0 });
  });
});
