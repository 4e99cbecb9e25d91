import { describe, expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { ndcgOf } from "../../../../trainer/evaluate/metrics.ts";
import { replay } from "../../../../trainer/evaluate/replay.ts";
import { forItems } from "../../../../trainer/items/assemble.ts";
import { eventSignals } from "../../../../trainer/items/event-signals.ts";
import type { Dataset } from "../../../../trainer/read/dataset.ts";
import { runGate } from "../../../../trainer/retrain/gate.ts";
import { chooseHoldout } from "../../../../trainer/retrain/holdout.ts";
import { formatVerdict } from "../../../../trainer/retrain/verdict.ts";
import { eventsBefore } from "../../../../trainer/split/split-at.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(40, 30, 14, 1);
const signals = eventSignals(dataset, DEFAULT_SIGNALS);
const holdout = chooseHoldout(dataset, signals, { people: new Set(dataset.users), since: 0 });
const learnt = eventsBefore(dataset, holdout.from);
const good = await trainLinear(learnt, { seed: 1, holdout: 0 });

/** The same log with every item called by the name of another: what a join on the wrong column makes. */
function shuffled(of: Dataset): Dataset {
  const { item } = of.events;
  return { ...of, events: { ...of.events, item: item.map((row, e) => (row * 7 + e * 13) % of.items.length) } };
}
const bad = await trainLinear(shuffled(learnt), { seed: 1, holdout: 0 });

const gate = (challenger: typeof good, incumbent: typeof good) =>
  runGate({ dataset, signals, holdout, challenger, incumbent, seed: 1 });

describe("the gate", () => {
  test("refuses a release whose whole interval lies below the active one's", async () => {
    const verdict = await gate(bad, good);
    expect(verdict.passed).toBe(false);
    expect(verdict.difference.high).toBeLessThan(0);
    expect(verdict).toMatchObject({ people: 40, targets: holdout.count });
  });

  test("lets a better release pass, and says how much better", async () => {
    const verdict = await gate(good, bad);
    expect(verdict.passed).toBe(true);
    expect(verdict.difference.low).toBeGreaterThan(0);
    expect(verdict.difference.mean).toBeCloseTo(verdict.challenger.figure.mean - verdict.incumbent.figure.mean, 12);
    const lines = formatVerdict(verdict, holdout.from).join("\n");
    expect(lines).toContain(`${holdout.count} likes of 40 people from 1970-01-01T00:12:00.000Z on`);
    expect(lines).toContain(`new − active  +${verdict.difference.mean.toFixed(4)}`);
  });

  test("lets one pass that is as good: worse is what it refuses", async () => {
    const { passed, difference } = await gate(good, good);
    expect({ passed, difference }).toEqual({ passed: true, difference: { mean: 0, low: 0, high: 0 } });
  });

  test("measures what a plain walk over the same targets measures", async () => {
    const { rank } = (
      await replay({
        dataset,
        signals,
        assembly: good.assembly,
        model: good.model,
        ranges: holdout.ranges,
        scorers: { linear: (_, __, { total }) => total },
        isTarget: (e) => holdout.targets[e] === 1,
      })
    )["linear"];
    const mean = rank.reduce((sum, each) => sum + ndcgOf(each), 0) / rank.length;
    expect((await gate(good, bad)).challenger.figure.mean).toBeCloseTo(mean, 12);
  });

  test("counts an item that a release lacks as a miss for it", async () => {
    const without = (gone: string) => {
      const rowOfItem = forItems(good.assembly, dataset.items).rowOfItem;
      const item = dataset.items.findIndex(({ id }) => id === gone);
      // The row stays, but nobody can find it under this name.
      const ids = good.assembly.table.ids.map((id) => (id === gone ? "gone" : id));
      const rowOf = new Map(ids.map((id, row) => [id, row]));
      const items = good.assembly.items.map((each) => (each.id === gone ? { ...each, id: "gone" } : each));
      const assembly = { ...good.assembly, items, rowOfItem, table: { ...good.assembly.table, ids, rowOf } };
      return { contender: { ...good, assembly }, item };
    };
    const wanted = dataset.items[dataset.events.item[holdout.targets.indexOf(1)]].id;
    const { contender, item } = without(wanted);
    const targets = holdout.targets.reduce((n, is, e) => n + Number(is === 1 && dataset.events.item[e] === item), 0);
    const verdict = await gate(contender, good);
    expect(targets).toBeGreaterThan(0);
    expect(verdict.challenger.unknown).toBe(targets);
    expect(verdict.incumbent.unknown).toBe(0);
    expect(verdict.difference.mean).toBeLessThan(0);
  });
});
