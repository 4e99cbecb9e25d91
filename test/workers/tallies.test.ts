import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { array, assert, asyncProperty, boolean, constantFrom, integer, oneof, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { createTallies, HALF_LIFE_MS, MOST_OF_ONE, OLDEST_MS, WINDOW_MS } from "../../edge/trending/tallies.ts";
import type { Tallies, TallyLimits } from "../../edge/trending/tallies.ts";
import type { Vote } from "../../edge/trending/votes.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** It takes two seconds alone, and several on a machine that is busy otherwise. */
const PROPERTY_TIMEOUT_MS = 60_000;
const START = 1_800_000_000_000;
const LIST = { surface: "home", region: "" } as const;
const ROOMY: TallyLimits = { items: 1_000, lists: 100, people: 100_000 };
const all = () => true;

let objects = 0;

/** Runs in an object that has counted nothing yet. */
function withTallies<R>(limits: TallyLimits, run: (tallies: Tallies, sql: SqlStorage) => R): Promise<R> {
  const stub = env.TRENDING.get(env.TRENDING.idFromName(`tallies-${objects++}`));
  return runInDurableObject(stub, (_, { storage }) => run(createTallies(storage.sql, limits), storage.sql));
}

function vote(sequence: number, item: string, of: Partial<Vote> = {}): Vote {
  return { ...LIST, sequence, item, person: `p${sequence}`, at: START, ...of };
}

const near = (score: number): unknown => expect.closeTo(score, 9);

/** The exact twin: every event that counts, decayed from its own time. */
function twin(counted: readonly { item: string; at: number }[], now: number): Map<string, number> {
  const scores = new Map<string, number>();
  for (const { item, at } of counted) scores.set(item, (scores.get(item) ?? 0) + 2 ** ((at - now) / HALF_LIFE_MS));
  return scores;
}

function scoresOf(tallies: Tallies, now: number): Map<string, number> {
  return new Map(tallies.top(LIST, { count: 1_000, now }).map(({ item, score }) => [item, score]));
}

describe("counts", () => {
  test(
    "are what the events say, decayed to now, whenever they came, came again, or nothing came for days",
    async () => {
      const calls = array(
        record({
          silenceMs: oneof(
            { weight: 4, arbitrary: integer({ min: 0, max: 2 * HOUR_MS }) },
            { weight: 1, arbitrary: integer({ min: 0, max: 30 * DAY_MS }) },
          ),
          source: constantFrom("a", "b"),
          again: boolean(),
          events: array(
            record({
              item: constantFrom("x", "y", "z"),
              person: constantFrom("1", "2", "3", "4", "5"),
              ageMs: integer({ min: 0, max: 3 * DAY_MS }),
            }),
            { maxLength: 20 },
          ),
        }),
        { maxLength: 12 },
      );
      await assert(
        asyncProperty(calls, integer({ min: 0, max: 20 * DAY_MS }), async (made, restMs) => {
          await withTallies(ROOMY, (tallies) => {
            const counted: { item: string; at: number }[] = [];
            const last = new Map<string, number>();
            const sequences: Record<string, number> = { a: 0, b: 0 };
            const before: Record<string, Vote[]> = { a: [], b: [] };
            let now = START;
            for (const { silenceMs, source, again, events } of made) {
              now += silenceMs;
              const votes = events.map(({ item, person, ageMs }) =>
                vote(++sequences[source]!, item, { person, at: now - ageMs }),
              );
              // A store that was killed before it knew sends the same votes again, with others behind them.
              tallies.count(source, again ? [...before[source]!, ...votes] : votes, { now, isCounted: all });
              before[source] = votes;
              for (const { item, person, at } of votes) {
                const key = [item, person].join();
                if (at < now - OLDEST_MS || at < (last.get(key) ?? -Infinity) + WINDOW_MS) continue;
                last.set(key, at);
                counted.push({ item, at });
              }
            }
            now += restMs;
            const expected = twin(counted, now);
            const got = scoresOf(tallies, now);
            for (const [item, score] of expected) {
              // What has decayed to less than a 2^40th is deleted.
              expect(Math.abs((got.get(item) ?? 0) - score)).toBeLessThanOrEqual(
                score * 1e-9 + counted.length * 2 ** -40,
              );
            }
            for (const item of got.keys()) expect(expected.has(item)).toBe(true);
          });
        }),
        { numRuns: 60 },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test("lose half in six hours, and stand in the order of their scores", async () => {
    await withTallies(ROOMY, (tallies) => {
      const votes = [vote(1, "old"), vote(2, "old"), vote(3, "old"), vote(4, "new", { at: START + 12 * HOUR_MS })];
      tallies.count("a", votes, { now: START + 12 * HOUR_MS, isCounted: all });
      expect(tallies.top(LIST, { count: 10, now: START + 12 * HOUR_MS })).toEqual([
        { item: "new", score: near(1) },
        { item: "old", score: near(0.75) },
      ]);
      expect(tallies.top(LIST, { count: 1, now: START + 36 * HOUR_MS })).toEqual([
        { item: "new", score: near(0.0625) },
      ]);
    });
  });

  test("have a person once an item until a window has gone by, whatever the day, in each list", async () => {
    await withTallies(ROOMY, (tallies) => {
      const midnight = Math.ceil(START / DAY_MS) * DAY_MS;
      const of = (sequence: number, at: number, surface = "home") =>
        vote(sequence, "x", { at, person: "one", surface });
      const votes = [of(1, midnight - 1_000), of(2, midnight - 500), of(3, midnight - 400, "side"), of(4, midnight)];
      tallies.count("a", votes, { now: midnight, isCounted: all });
      expect(tallies.top(LIST, { count: 1, now: midnight })[0]!.score).toBeCloseTo(1, 3);
      expect(tallies.top({ surface: "side", region: "" }, { count: 1, now: midnight })[0]!.score).toBeCloseTo(1, 3);
      const again = midnight - 1_000 + WINDOW_MS;
      tallies.count("a", [of(5, again - 1), of(6, again)], { now: again, isCounted: all });
      expect(tallies.top(LIST, { count: 1, now: again })[0]!.score).toBeCloseTo(1 + 1 / 16, 9);
    });
  });

  test("stay below what three make, however often two come back", async () => {
    await withTallies(ROOMY, (tallies) => {
      let [sequence, now] = [0, START];
      for (let day = 0; day < 20; day++, now += WINDOW_MS) {
        const both = ["one", "two"].map((person) => vote(++sequence, "x", { person, at: now }));
        tallies.count("a", both, { now, isCounted: all });
        expect(tallies.top(LIST, { count: 1, now })[0]!.score).toBeLessThan(2 * MOST_OF_ONE + 1e-6);
      }
      expect(3).toBeGreaterThan(2 * MOST_OF_ONE);
    });
  });

  test("leave out what is not to be counted, and do not ask again", async () => {
    await withTallies(ROOMY, (tallies) => {
      const votes = [vote(1, "junk"), vote(2, "item")];
      tallies.count("a", votes, { now: START, isCounted: ({ item }) => item !== "junk" });
      tallies.count("a", votes, { now: START, isCounted: all });
      expect([...scoresOf(tallies, START).keys()]).toEqual(["item"]);
    });
  });
});

describe("what is kept", () => {
  test("are so many items a list: the highest counts, exact", async () => {
    await withTallies({ ...ROOMY, items: 5 }, (tallies, sql) => {
      // Item i has i + 1 people.
      const votes = Array.from({ length: 20 }, (_, i) => Array.from({ length: i + 1 }, () => `item-${i}`)).flat();
      tallies.count(
        "a",
        votes.map((item, i) => vote(i + 1, item)),
        { now: START, isCounted: all },
      );
      expect(tallies.top(LIST, { count: 100, now: START })).toEqual(
        [19, 18, 17, 16, 15].map((i) => ({ item: `item-${i}`, score: near(i + 1) })),
      );
      expect(sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM tally").one().n).toBe(5);
    });
  });

  test("are so many lists: those in which most happened", async () => {
    await withTallies({ ...ROOMY, lists: 2 }, (tallies, sql) => {
      const of = (sequence: number, surface: string) => vote(sequence, "x", { surface });
      const votes = [of(1, "home"), of(2, "home"), of(3, "junk"), of(4, "side"), of(5, "side"), of(6, "junk-2")];
      tallies.count("a", votes, { now: START, isCounted: all });
      const surfaces = sql.exec<{ surface: string }>("SELECT surface FROM list ORDER BY surface").toArray();
      expect(surfaces.map(({ surface }) => surface)).toEqual(["home", "side"]);
    });
  });

  test("is so much of who has counted: the oldest may count a second time, the others not", async () => {
    await withTallies({ ...ROOMY, people: 3 }, (tallies) => {
      const of = (sequence: number, person: string) => vote(sequence, "x", { person });
      tallies.count("a", [of(1, "1"), of(2, "2"), of(3, "3"), of(4, "4")], { now: START, isCounted: all });
      tallies.count("a", [of(5, "4"), of(6, "1")], { now: START, isCounted: all });
      expect(tallies.top(LIST, { count: 1, now: START })).toEqual([{ item: "x", score: near(5) }]);
    });
  });

  test("of people is a hash for as long as it says who may not count yet, and nothing after it", async () => {
    await withTallies(ROOMY, (tallies, sql) => {
      tallies.count("a", [vote(1, "x", { person: "subject SECRET" })], { now: START, isCounted: all });
      const counted = sql.exec("SELECT * FROM counted").toArray();
      expect(counted).toHaveLength(1);
      expect(JSON.stringify(counted)).not.toContain("SECRET");
      tallies.count("a", [], { now: START + OLDEST_MS + WINDOW_MS, isCounted: all });
      expect(sql.exec("SELECT * FROM counted").toArray()).toEqual([]);
    });
  });
});
