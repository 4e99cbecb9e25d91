import { expect, test } from "vitest";
import { interestAt } from "../../../../shared/interest.ts";
import { dequantize } from "../../../../shared/item-columns.ts";
import { scoreLinear } from "../../../../shared/linear-score.ts";
import { topK } from "../../../../shared/top-k.ts";
import { walkLists } from "../../../../trainer/evaluate/walk.ts";
import { vectorsFor } from "../../../../trainer/read/read-vectors.ts";
import { type TrainedLinear, trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

const dataset = twoTastes(40, 40, 20, 1);
const own = await trainLinear(dataset, { seed: 1, holdout: 2 });

/** The vectors of a release by id, as its index has them. */
const exported = new Map(
  own.assembly.items.map(({ id }, row) => [id, Float32Array.from(dequantize(own.assembly.index.columns, row))]),
);
const noBadRows = { read: exported.size, bad: 0, samples: [] };

/** The first ten of everybody, as ids, with their scores. */
function lists({ assembly, model, signals, split }: TrainedLinear) {
  const all: { ids: string[]; scores: number[] }[] = [];
  for (const list of walkLists({ dataset, signals, assembly, model, ranges: split.test })) {
    const { total } = scoreLinear(assembly.table, interestAt(list.profile, model, list.now), model);
    const rows = topK(
      total.map((score, row) => (list.seen[row] ? -Infinity : score)),
      10,
    );
    all.push({ ids: Array.from(rows, (row) => assembly.items[row].id), scores: Array.from(rows, (row) => total[row]) });
  }
  return all;
}

test("a release from the vectors of another gives the very lists of that one", async () => {
  const imported = vectorsFor(dataset.items, { dim: 64, vectors: exported, bad: noBadRows });
  const again = await trainLinear(dataset, { seed: 1, holdout: 2, fit: own.fit, imported });
  expect(again.assembly.index.space).toBe(own.assembly.index.space);
  expect(lists(again)).toEqual(lists(own));
});

test("an item without a vector gets one from what it says of itself, and vectors may have any length", async () => {
  // Red films point one way, blue ones another, each a little off.
  const made = new Map(
    dataset.items.map(({ id, categories: [genre] }, i) => [
      id,
      Float32Array.from({ length: 10 }, (_, j) => Number(j === (genre === "red" ? 2 : 7)) + 0.1 * Math.sin(i + j)),
    ]),
  );
  const [left, kept] = dataset.items;
  made.delete(left.id);
  const imported = vectorsFor(dataset.items, { dim: 10, vectors: made, bad: noBadRows });
  const { items, assembly } = await trainLinear(dataset, { seed: 1, holdout: 2, imported });
  expect(assembly.index.columns.dim).toBe(12);
  expect(kept.categories).toEqual(left.categories);
  expect(Array.from(items.vectors.subarray(12, 24))).toEqual([...made.get(kept.id)!, 0, 0]);
  const guessed = items.vectors.subarray(0, 12);
  expect(left.categories).toEqual(["blue"]);
  expect(guessed[7]).toBeGreaterThan(0.7);
  expect(Math.abs(guessed[2])).toBeLessThan(0.2);
});
