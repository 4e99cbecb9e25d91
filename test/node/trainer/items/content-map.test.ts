import { describe, expect, test } from "vitest";
import type { Item } from "../../../../shared/item.ts";
import { featureRows } from "../../../../trainer/items/content-features.ts";
import {
  blendVectors,
  BLEND_HISTORY,
  fitContentMap,
  mapContent,
  vectorUncertainty,
} from "../../../../trainer/items/content-map.ts";

const films: Item[] = Array.from({ length: 200 }, (_, i) => ({
  id: String(i),
  categories: i % 2 === 0 ? ["Drama"] : ["Comedy", "Romance"],
  title: i % 10 === 0 ? "Space Odyssey" : "Film",
  data: { year: 1990 + (i % 3) },
}));

describe("content features", () => {
  test("are what several items share, common ones first, never what names a single item", () => {
    const items = [...films, { id: "x", categories: ["Rare"], title: "Unique" }];
    const { names } = featureRows(items);
    expect(names[0]).toBe("bias");
    expect(names).toEqual(
      expect.arrayContaining(["category:Drama", "category:Comedy", "word:space", "word:odyssey", "years:1990"]),
    );
    expect(names).not.toContain("category:Rare");
    expect(names).not.toContain("word:unique");
  });

  test("share one unit of length among an item's categories", () => {
    const { names, start, feature, value } = featureRows(films);
    const comedy = Array.from(feature.subarray(start[1], start[2])).indexOf(names.indexOf("category:Comedy"));
    expect(value[start[1] + comedy]).toBeCloseTo(Math.SQRT1_2, 6);
  });
});

describe("the content map", () => {
  const vectors = Float32Array.from(films.flatMap((film) => (film.categories[0] === "Drama" ? [1, 0] : [0, 2])));

  test("gives an item nobody has met the vector of its like", () => {
    const history = new Uint32Array(200).fill(50);
    history[0] = 0;
    history[1] = 0;
    const features = featureRows(films);
    const mapped = mapContent(fitContentMap(features, vectors, history, 2), films);
    expect(mapped[0]).toBeGreaterThan(0.85);
    expect(Math.abs(mapped[1])).toBeLessThan(0.15);
    expect(Math.abs(mapped[2])).toBeLessThan(0.15);
    expect(mapped[3]).toBeGreaterThan(1.7);
  });

  test("does not learn from items without history", () => {
    const features = featureRows(films);
    const mapped = mapContent(fitContentMap(features, vectors, new Uint32Array(200), 2), films);
    expect(Math.max(...mapped.map(Math.abs))).toBe(0);
  });
});

describe("blending", () => {
  test("goes from content alone to the own vector alone as history grows", () => {
    const own = Float32Array.of(1, 1, 1, 1, 1, 1);
    const content = new Float32Array(6);
    const blended = blendVectors(own, content, Uint32Array.of(0, BLEND_HISTORY, 1_000_000), 2);
    expect(blended[0]).toBe(0);
    expect(blended[2]).toBeCloseTo(0.5, 6);
    expect(blended[4]).toBeCloseTo(1, 4);
  });

  test("uncertainty is 1 without history and falls with it", () => {
    const tau = vectorUncertainty(Uint32Array.of(0, 1, 10, 1000));
    expect(tau[0]).toBe(1);
    for (let i = 1; i < 4; i++) expect(tau[i]).toBeLessThan(tau[i - 1]);
    expect(tau[3]).toBeGreaterThan(0);
  });
});
