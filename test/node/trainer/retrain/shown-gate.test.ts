import { describe, expect, test } from "vitest";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { scoreExposures } from "../../../../trainer/evaluate/temporal.ts";
import { temporalTable } from "../../../../trainer/evaluate/temporal-table.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { chooseShownHoldout, runShownGate } from "../../../../trainer/retrain/shown-gate.ts";
import { formatVerdict } from "../../../../trainer/retrain/verdict.ts";
import { eventsBefore } from "../../../../trainer/split/split-at.ts";
import { learnShown } from "../../../../trainer/train/learn-shown.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { CLICKED, DAY, feed, SHOWN } from "../make-feed.ts";

const dataset = feed(30);
const people = new Set(dataset.users);
const since = 9 * DAY;
const holdout = chooseShownHoldout(dataset, { people, since });
const learnt = eventsBefore(dataset, holdout.from);

const learn = async (of: Dataset) =>
  (await learnShown(of, await trainLinear(of, { seed: 1, holdout: 0 }), { seed: 1 })).linear;
/** What was taken was left, and what was left was taken: what a column that is read the wrong way round makes. */
function inverted(of: Dataset): Dataset {
  const { kinds } = of.events;
  return { ...of, events: { ...of.events, kinds: kinds.map((kind) => (kind === SHOWN ? CLICKED : SHOWN)) } };
}
const good = await learn(learnt);
const bad = await learn(inverted(learnt));
const gate = (challenger: typeof good, incumbent: typeof good) =>
  runShownGate({ dataset, holdout, challenger, incumbent, seed: 1 });

describe("what two releases are asked", () => {
  test("is the last fifth of what was shown since the active one was made, cut at one moment for everybody", () => {
    const { at } = dataset.events;
    const shown = at.filter((time) => time >= since).length;
    const held = holdout.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    expect(held / shown).toBeGreaterThanOrEqual(0.2);
    expect(held / shown).toBeLessThan(0.3);
    expect(holdout.ranges.every(({ from, to }) => at.slice(from, to).every((time) => time >= holdout.from))).toBe(true);
    expect(holdout.labels).toEqual(["click"]);
  });

  test("is of people of the event log alone, and reaches back until ten of them have taken and left something", () => {
    const few = new Set(dataset.users.slice(0, 10));
    const { from, ranges } = chooseShownHoldout(dataset, { people: few, since });
    expect(ranges.map(({ user }) => user)).toEqual(Array.from({ length: 10 }, (_, user) => user));
    expect(ranges.every(({ from: first, to }) => new Set(dataset.events.kinds.slice(first, to)).size === 2)).toBe(true);
    expect(from).toBeLessThanOrEqual(holdout.from);
  });

  test("is too little where fewer than ten have, and where nothing was shown since", () => {
    const nine = new Set(dataset.users.slice(0, 9));
    const refusal = (count: number) =>
      expect.objectContaining({
        code: "no_data",
        message: expect.stringContaining(`${count} people of the log have taken and left`),
      });
    expect(() => chooseShownHoldout(dataset, { people: nine, since })).toThrow(refusal(9));
    expect(() => chooseShownHoldout(dataset, { people, since: 100 * DAY })).toThrow(refusal(0));
  });

  test("is of fewer people where it would take minutes, and never of fewer than ten", () => {
    const half = chooseShownHoldout(dataset, { people, since }, 50);
    expect(half.from).toBe(holdout.from);
    expect(half.ranges.length).toBeGreaterThanOrEqual(10);
    expect(half.ranges.length).toBeLessThan(holdout.ranges.length);
    expect(chooseShownHoldout(dataset, { people, since }, 1).ranges.length).toBeGreaterThanOrEqual(10);
  });

  test("is nothing where too little of what was shown was taken to order by it", () => {
    const kinds = dataset.events.kinds.map((_, e) => (e % 30 === 0 ? CLICKED : SHOWN));
    const rare = { ...dataset, events: { ...dataset.events, kinds } };
    const message = expect.stringContaining("nothing was taken of 5 %");
    expect(() => chooseShownHoldout(rare, { people, since })).toThrow(expect.objectContaining({ message }));
  });

  test("is of nobody who took all in one place and left all in another", () => {
    const isTaken = dataset.events.kinds.map((kinds) => Number(kinds === CLICKED));
    const apart = {
      ...dataset,
      surfaces: ["page", "shelf"],
      events: { ...dataset.events, surface: new Uint8Array(isTaken) },
    };
    expect(() => chooseShownHoldout(apart, { people, since })).toThrow(expect.objectContaining({ code: "no_data" }));
  });

  test("is nothing where all that was shown was taken", () => {
    const all = { ...dataset, events: { ...dataset.events, kinds: dataset.events.kinds.map(() => CLICKED) } };
    expect(() => chooseShownHoldout(all, { people, since })).toThrow(expect.objectContaining({ code: "no_data" }));
  });
});

describe("the gate of releases that learn from what was shown", () => {
  test("refuses one that has learnt clicks the wrong way round", async () => {
    const verdict = await gate(bad, good);
    expect(verdict).toMatchObject({ metric: "GAUC", passed: false, people: 30 });
    expect(verdict.difference.high).toBeLessThan(0);
    const lines = formatVerdict(verdict, holdout.from).join("\n");
    expect(lines).toContain(`gate: GAUC of ${verdict.targets} exposures of 30 people from`);
  });

  test("lets a better one pass, and one that is as good", async () => {
    const better = await gate(good, bad);
    expect(better.passed).toBe(true);
    expect(better.difference.low).toBeGreaterThan(0);
    const { passed, difference } = await gate(good, good);
    expect({ passed, difference }).toEqual({ passed: true, difference: { mean: 0, low: 0, high: 0 } });
  });

  test("measures what the protocol temporal measures", async () => {
    const { from, ranges } = holdout;
    const assembly = forItems(good.assembly, dataset.items);
    const scores = await scoreExposures({ dataset, assembly, model: good.model, ranges, from, seed: 1 });
    const { gauc } = temporalTable(scores, 1).click!.models["linear"]!;
    expect((await gate(good, bad)).challenger.figure.mean).toBeCloseTo(gauc.mean, 12);
  });

  test("asks for the order of one place, as a list has one", async () => {
    const surface = dataset.events.at.map((_, e) => e % 2);
    const placed = {
      ...dataset,
      surfaces: ["page", "shelf"],
      events: { ...dataset.events, surface: Uint8Array.from(surface) },
    };
    const { from, ranges } = holdout;
    const assembly = forItems(good.assembly, dataset.items);
    const scores = await scoreExposures({ dataset: placed, assembly, model: good.model, ranges, from, seed: 1 });
    const { gauc, oneSurface } = temporalTable(scores, 1).click!.models["linear"]!;
    const verdict = await runShownGate({ dataset: placed, holdout, challenger: good, incumbent: bad, seed: 1 });
    expect(verdict.challenger.figure.mean).toBeCloseTo(oneSurface!.mean, 12);
    expect(oneSurface!.mean).not.toBeCloseTo(gauc.mean, 3);
  });

  test("counts exposures of an item that a release lacks, and asks neither of it", async () => {
    const shown = holdout.ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    const left = shown.find((e) => dataset.events.kinds[e] === SHOWN)!;
    const gone = dataset.items[dataset.events.item[left]].id;
    const items = good.assembly.items.map((each) => (each.id === gone ? { ...each, id: "gone" } : each));
    const ids = good.assembly.table.ids.map((id) => (id === gone ? "gone" : id));
    const table = { ...good.assembly.table, ids, rowOf: new Map(ids.map((id, row) => [id, row])) };
    const lacking = { ...good, assembly: { ...good.assembly, items, table } };
    const lacked = shown.filter((e) => dataset.events.item[e] === dataset.events.item[left]).length;
    for (const [challenger, incumbent] of [
      [lacking, good],
      [good, lacking],
    ] as const) {
      const verdict = await gate(challenger, incumbent);
      expect([verdict.challenger.unknown, verdict.incumbent.unknown].sort()).toEqual([0, lacked]);
      expect(verdict.targets).toBe(shown.length - lacked);
      // All else is the same release, which knows a little less of who has met the item.
      expect(Math.abs(verdict.difference.mean)).toBeLessThan(0.01);
    }
    expect(formatVerdict(await gate(lacking, good), holdout.from).join()).toContain(
      `${lacked} exposures of items it lacks`,
    );
  });
});
