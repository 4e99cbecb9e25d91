import { expect, test } from "vitest";
import { interestAt } from "../../../../shared/interest.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { topK } from "../../../../shared/top-k.ts";
import { walkLists } from "../../../../trainer/evaluate/walk.ts";
import { assemble } from "../../../../trainer/items/assemble.ts";
import { DEFAULT_ITEMS, fitItems } from "../../../../trainer/items/fit-items.ts";
import { withNewItems } from "../../../../trainer/items/new-items.ts";
import { hiddenItems, withoutItems } from "../../../../trainer/split/hide-items.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { STRENGTHS, tuneNewItems } from "../../../../trainer/tune/tune-new-items.ts";
import { inSeries } from "../make-dataset.ts";

const whole = inSeries(250, 6, 2);
const dataset = withoutItems(whole, hiddenItems(whole.items, { share: 0.1, seed: 1 }), { holdout: 1 });
const { model, signals, split, fit } = await trainLinear(dataset, { seed: 1, holdout: 1 });
const { neighbours = DEFAULT_ITEMS.neighbours, ridge } = fit;
const met = await fitItems(split.trainAndValidation, {
  ...DEFAULT_ITEMS,
  neighbours,
  ridge,
  signals: model.signals,
  seed: 1,
});
const walked = { dataset, signals, model, ranges: split.test };

/** The assembly at a strength, and the part of everybody's first ten places that new items get there. */
async function shown(strength: number) {
  const assembly = await assemble(dataset.items, withNewItems(dataset.items, met, strength), { seed: 1 });
  const isNew = Uint8Array.from(assembly.index.columns.history, (people) => Number(people === 0));
  let [places, lists, wanted] = [0, 0, 0];
  for (const list of walkLists({ ...walked, assembly })) {
    const { total } = scoreLinear(assembly.table, interestAt(list.profile, model, list.now), model);
    const open = total.map((score, row) => (list.seen[row] ? -Infinity : score));
    places += topK(open, 10).reduce((sum, row) => sum + isNew[row], 0);
    wanted += isNew[list.rows[0]];
    lists++;
  }
  return { assembly, isNew, exposure: places / (10 * lists), fair: wanted / lists };
}

test("new items are guessed as strongly as gives them no more than their share of what is shown, and no weaker", async () => {
  const { assembly, isNew, fair } = await shown(1);
  const strength = (await tuneNewItems({ ...walked, assembly, isNew }))!;
  const next = STRENGTHS[STRENGTHS.indexOf(strength) + 1];
  expect(fair).toBeGreaterThan(0.05);
  expect(strength).toBeGreaterThan(0);
  // Vectors and lists of another strength are rounded to int8 anew.
  expect((await shown(strength)).exposure).toBeLessThan(fair * 1.1);
  expect((await shown(next)).exposure).toBeGreaterThan(fair * 0.9);
});

test("nothing is chosen where no held-out event is of a new item", async () => {
  const { assembly, isNew } = await shown(1);
  expect(await tuneNewItems({ ...walked, assembly, isNew: isNew.map(() => 0) })).toBeUndefined();
});
