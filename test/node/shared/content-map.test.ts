import { expect, test } from "vitest";
import { contentFeatures, createEmbedder } from "../../../shared/content-map.ts";
import type { Item } from "../../../shared/item.ts";

const item: Item = {
  id: "1",
  categories: ["Drama", "Comedy"],
  tags: ["noir"],
  author: "A",
  title: "The Space of Space",
  text: "An ODYSSEY!",
  publishedAt: Date.UTC(1994, 5),
};

test("an item says each thing once, and its known categories share one unit of length", () => {
  expect(contentFeatures(item)).toEqual([
    { name: "bias", value: 1 },
    { name: "category:Drama", value: 1 / Math.sqrt(2) },
    { name: "category:Comedy", value: 1 / Math.sqrt(2) },
    { name: "tag:noir", value: 1 },
    { name: "author:A", value: 1 },
    { name: "years:1990", value: 1 },
    { name: "word:space", value: 1 },
    { name: "word:odyssey", value: 1 },
  ]);
  expect(contentFeatures(item, (name) => name === "category:Drama")).toEqual([{ name: "category:Drama", value: 1 }]);
});

test("a vector is the sum of the known features' rows", () => {
  const embed = createEmbedder({
    names: ["bias", "category:Drama", "category:Comedy", "category:Horror", "word:space"],
    weights: Float32Array.of(1, 0, 0, 2, 2, 0, 50, 50, 0.5, 0.25),
    dim: 2,
  });
  const vector = embed(item);
  expect(vector[0]).toBeCloseTo(1 + 2 * Math.SQRT1_2 + 0.5, 6);
  expect(vector[1]).toBeCloseTo(2 * Math.SQRT1_2 + 0.25, 6);
  expect(embed({ id: "2", categories: ["Drama"] })).toEqual(Float32Array.of(1, 2));
  expect(createEmbedder({ names: [], weights: new Float32Array(), dim: 2 })(item)).toEqual(Float32Array.of(0, 0));
});
