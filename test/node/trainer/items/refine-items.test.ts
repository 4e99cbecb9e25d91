import { expect, test } from "vitest";
import { DEFAULT_SIGNALS } from "../../../../shared/signals.ts";
import { DEFAULT_ITEMS, fitItems } from "../../../../trainer/items/fit-items.ts";
import { BLEND_HISTORY, mapContent } from "../../../../trainer/items/content-map.ts";
import { refineItems } from "../../../../trainer/items/refine-items.ts";
import { makeDataset } from "../make-dataset.ts";

const DIM = 4;
const catalogue = ["a", "b", "c", "new"].map((id) => ({ id, categories: [id === "c" ? "blue" : "red"] }));
const dataset = makeDataset({ u: ["a", "b", "c"], v: ["a", "b"], w: ["a", "c"] }, catalogue);
const model = await fitItems(dataset, { ...DEFAULT_ITEMS, dim: DIM, seed: 1, signals: DEFAULT_SIGNALS });
const refined = Float32Array.from({ length: catalogue.length * DIM }, (_, e) => 10 + e);
const again = refineItems(model, dataset.items, refined);
const rowOf = (id: string) => dataset.items.findIndex((item) => item.id === id);
const vectorOf = (vectors: Float32Array, id: string) => vectors.slice(rowOf(id) * DIM, (rowOf(id) + 1) * DIM);

test("an item that nobody has met gets its vector from what is like it, in the refined space", () => {
  const mapped = mapContent(again.content, dataset.items);
  expect([...vectorOf(again.vectors, "new")]).toEqual([...vectorOf(mapped, "new")]);
  // Its category is that of a and b, whose refined vectors are far from the zero it had been pushed to.
  vectorOf(again.vectors, "new").forEach((value) => expect(value).toBeGreaterThan(0));
});

test("an item with history keeps that share of its own vector", () => {
  const mapped = mapContent(again.content, dataset.items);
  const share = 3 / (3 + BLEND_HISTORY);
  vectorOf(again.vectors, "a").forEach((value, i) =>
    expect(value).toBeCloseTo(share * vectorOf(refined, "a")[i] + (1 - share) * vectorOf(mapped, "a")[i], 4),
  );
});

test("what is not made of vectors stays", () => {
  const { vectors: _, content: __, ...rest } = again;
  expect(rest).toEqual((({ vectors: _v, content: _c, ...others }) => others)(model));
});
