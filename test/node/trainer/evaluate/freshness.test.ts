import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import {
  firstHeldOut,
  freshnessRows,
  measureFreshness,
  midnightBefore,
} from "../../../../trainer/evaluate/freshness.ts";
import { freshnessOnThreads } from "../../../../trainer/evaluate/freshness-job.ts";
import type { Scorer } from "../../../../trainer/evaluate/replay.ts";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import { splitLast } from "../../../../trainer/split/split.ts";
import { eventsBefore, eventsFrom } from "../../../../trainer/split/split-at.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { makeDataset, twoTastes } from "../make-dataset.ts";

const HOUR = 3_600_000;
const trainedOn = twoTastes(20, 30, 14, 1);
const trained = await trainLinear(trainedOn, { seed: 1, holdout: 3 });
const { model } = trained;

/** The film after the last one known is first, all others come behind it alike. */
const next: Scorer = ({ profile }) => {
  const last = profile.signals.at(-1)?.item;
  const following = last && `red${String(Number(last.slice(3)) + 1).padStart(3, "0")}`;
  return Float32Array.from(trained.assembly.table.ids, (id) => Number(id === following));
};

/** One person goes through the films in order, at these times. */
async function measure(times: readonly number[], cut: number, utcOffsetMinutes = 0) {
  const films = times.map((_, i) => `red${String(i).padStart(3, "0")}`);
  const dataset = makeDataset({ u: films }, trainedOn.items);
  dataset.events.at.set(times);
  const signals = eventSignals(dataset, DEFAULT_SIGNALS);
  const assembly = forItems(trained.assembly, dataset.items);
  const ranges = eventsFrom(dataset, cut);
  const held = { dataset, ranges, firstHeldOut: firstHeldOut({ dataset, ranges }) };
  return freshnessRows(
    await measureFreshness({ ...held, signals, assembly, model, scorer: next, utcOffsetMinutes }),
    1,
  );
}

describe("freshness", () => {
  test("is what a list loses that knows events late: here all, where the last event says everything", async () => {
    // The targets are those at 25 h, 25.1 h and 30 h.
    const rows = await measure(
      [1, 2, 25, 25.1, 30].map((hours) => hours * HOUR),
      24 * HOUR,
    );
    expect(rows.map(({ delay, ndcg, changedTargets }) => [delay, ndcg, changedTargets])).toEqual([
      ["none", 1, 0],
      ["one hour", 2 / 3, 1],
      ["since midnight", 1 / 3, 2],
      ["end of training", 1 / 3, 2],
    ]);
    expect(rows.map(({ all }) => all.mean)).toEqual([0, 0.5, 2, 2]);
    expect(rows[0]!.changed).toBeNull();
    expect(rows[1]!.changed!.mean).toBe(Infinity);
  });

  test("has its midnight where the people are", async () => {
    const times = [1, 2, 25, 25.1, 30].map((hours) => hours * HOUR);
    // Two hours east of UTC, all of these targets are of the second day, and the last midnight is at 22 h of the first.
    const [, , midnight] = await measure(times, 24 * HOUR, 120);
    expect(midnight).toMatchObject({ ndcg: 1 / 3, changedTargets: 2 });
    // Twenty hours west of it another day begins between the last two.
    const [, , west] = await measure(times, 24 * HOUR, -26 * 60 - 12);
    expect(west).toMatchObject({ changedTargets: 1 });
    expect(midnightBefore(25 * HOUR, 0)).toBe(24 * HOUR);
    expect(midnightBefore(25 * HOUR, 8 * 60)).toBe(16 * HOUR);
    expect(midnightBefore(24 * HOUR, 0)).toBe(24 * HOUR);
  });

  test("knows without a delay what came before the target at the same moment, and with one does not", async () => {
    const rows = await measure(
      [1, 30, 30].map((hours) => hours * HOUR),
      24 * HOUR,
    );
    expect(rows.map(({ ndcg }) => ndcg)).toEqual([1, 0.5, 0.5, 0.5]);
  });
});

describe("a cut at a moment", () => {
  test("takes nothing of the future, and no user without one", () => {
    const dataset = makeDataset({ a: ["x", "y", "z"], b: ["x"] });
    dataset.events.at.set([1, 2, 3, 1]);
    expect([...eventsBefore(dataset, 3).events.at]).toEqual([1, 2, 1]);
    expect(eventsFrom(dataset, 3)).toEqual([{ user: 0, from: 2, to: 3 }]);
  });

  test("is refused where there are no times, or nothing on one of its sides", () => {
    const dataset = makeDataset({ a: ["x", "y"] });
    const code = "no_data";
    expect(() => eventsBefore({ ...dataset, timed: false }, 3)).toThrow(expect.objectContaining({ code }));
    expect(() => eventsBefore(dataset, 0)).toThrow(expect.objectContaining({ code }));
    expect(() => eventsFrom(dataset, 1e12)).toThrow(expect.objectContaining({ code }));
  });

  test("is the same on one thread and on two", async () => {
    const dataset = twoTastes(220, 30, 14, 2);
    const ranges = splitLast(dataset, 6).test.map(({ user, to }) => ({ user, from: to - 10, to }));
    const { table: _, ...assembly } = forItems(trained.assembly, dataset.items);
    const signals = eventSignals(dataset, DEFAULT_SIGNALS);
    const job = { dataset, signals, assembly, model, ranges, floor: "linear" as const, utcOffsetMinutes: 0, seed: 1 };
    const told: number[] = [];
    const two = await freshnessOnThreads(job, { threads: 2, onTarget: (done) => told.push(done) });
    expect(two[0]).toMatchObject({ targets: 2_200 });
    expect(two[3]!.changedTargets).toBeGreaterThan(0);
    expect(two).toEqual(await freshnessOnThreads(job, { threads: 1 }));
    expect(told.every((done, i) => done <= 2_200 && (i === 0 || done >= told[i - 1]!))).toBe(true);
  });
});
