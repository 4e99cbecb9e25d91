import { describe, expect, test } from "vitest";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { scoreExposures } from "../../../../trainer/evaluate/temporal.ts";
import { temporalTable } from "../../../../trainer/evaluate/temporal-table.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { formatVerdict } from "../../../../trainer/retrain/gate.ts";
import { chooseShownHoldout, runShownGate } from "../../../../trainer/retrain/shown-gate.ts";
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
    expect(ranges.every(({ user }) => user < 10)).toBe(true);
    const judged = ranges.filter(({ from: first, to }) => new Set(dataset.events.kinds.slice(first, to)).size === 2);
    expect(judged).toHaveLength(10);
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

  test("counts exposures of an item that a release lacks, and puts it below all that it has", async () => {
    const gone = dataset.items[dataset.events.item[holdout.ranges[0].from]].id;
    const item = dataset.items.findIndex(({ id }) => id === gone);
    const items = good.assembly.items.map((each) => (each.id === gone ? { ...each, id: "gone" } : each));
    const ids = good.assembly.table.ids.map((id) => (id === gone ? "gone" : id));
    const table = { ...good.assembly.table, ids, rowOf: new Map(ids.map((id, row) => [id, row])) };
    const lacking = { ...good, assembly: { ...good.assembly, items, table } };
    const shown = holdout.ranges.flatMap(({ from, to }) => Array.from(dataset.events.item.subarray(from, to)));
    const verdict = await gate(lacking, good);
    expect(verdict.challenger.unknown).toBe(shown.filter((each) => each === item).length);
    expect(verdict.challenger.unknown).toBeGreaterThan(0);
    expect(verdict.incumbent.unknown).toBe(0);
    expect(verdict.difference.mean).not.toBe(0);
  });
});
