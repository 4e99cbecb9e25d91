import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../../../shared/content-map.ts";
import type { Item } from "../../../../shared/item.ts";
import { createLikeItems } from "../../../../trainer/items/content-likeness.ts";
import type { ItemModel } from "../../../../trainer/items/fit-items.ts";
import { withNewItems } from "../../../../trainer/items/new-items.ts";

const item = (id: string, ...categories: string[]): Item => ({ id, categories });

/** Soap and shampoo have been met; balm is like soap alone, brush like nothing. */
const items = [
  item("balm", "skin"),
  item("brush", "tools"),
  item("shampoo", "hair"),
  item("soap", "skin"),
  item("wax", "hair"),
];
const [BALM, BRUSH, SHAMPOO, SOAP, WAX] = items.keys();
const model: ItemModel = {
  dim: 2,
  foldIn: { unobservedWeight: 0.1, regularization: 0.003, frequencyExponent: 1 },
  content: { names: ["bias", "category:skin"], weights: Float32Array.of(0.25, 0, 0, 0.5), dim: 2 },
  vectors: Float32Array.of(9, 9, 8, 8, 1, 0, 0, 2, 0.5, 0),
  history: Uint32Array.of(0, 0, 5, 4, 3),
  popularity: Float32Array.of(0, 0, 5, 4, 3),
  uncertainty: Float32Array.of(1, 1, 0.6, 0.6, 0.7),
  neighbours: {
    perItem: 2,
    neighbour: Uint32Array.of(0, 0, 1, 1, SOAP, WAX, SHAMPOO, 3, SOAP, 4),
    weight: Float32Array.of(0, 0, 0, 0, 0.5, 0.25, 0.75, 0, 0.125, 0),
  },
};

/** The list of an item as "other: weight". */
function listOf({ neighbours }: ItemModel, of: number): Record<string, number> {
  const { perItem, neighbour, weight } = neighbours;
  const slots = Array.from({ length: perItem }, (_, s) => of * perItem + s).filter((slot) => weight[slot] > 0);
  return Object.fromEntries(slots.map((slot) => [items[neighbour[slot]].id, weight[slot]]));
}

describe("an item that nobody has met", () => {
  const guessed = withNewItems(items, model, 2);

  test("stands on a list for the items it is like, at the strength asked for", () => {
    expect(listOf(guessed, SHAMPOO)).toEqual({ balm: 1, soap: 0.5, wax: 0.25 });
    expect(listOf(guessed, WAX)).toEqual({ balm: 0.25, soap: 0.125 });
    expect(listOf(guessed, SOAP)).toEqual({ shampoo: 0.75 });
  });

  test("is as popular as those, and has the vector of the released map, as strong", () => {
    expect(guessed.popularity[BALM]).toBeCloseTo(4, 6);
    expect(Array.from(guessed.vectors.subarray(BALM * 2, BALM * 2 + 2))).toEqual([0.5, 1]);
    expect(Array.from(createEmbedder(guessed.content)(items[BALM]))).toEqual([0.5, 1]);
    expect(guessed.history).toEqual(model.history);
    expect(guessed.uncertainty).toEqual(model.uncertainty);
  });

  test("has a vector alone where it is like nothing known, and keeps one that was made elsewhere", () => {
    expect(Array.from(guessed.vectors.subarray(BRUSH * 2, BRUSH * 2 + 2))).toEqual([0.5, 0]);
    expect(guessed.popularity[BRUSH]).toBe(0);
    const made = withNewItems(items, { ...model, imported: Uint8Array.of(1, 0, 1, 1, 1) }, 2);
    expect(Array.from(made.vectors.subarray(0, 4))).toEqual([9, 9, 0.5, 0]);
    expect(listOf(made, SHAMPOO)).toEqual(listOf(guessed, SHAMPOO));
  });

  test("changes nothing of known items, and a model without new items not at all", () => {
    expect(Array.from(guessed.vectors.subarray(SHAMPOO * 2))).toEqual([1, 0, 0, 2, 0.5, 0]);
    const met = { ...model, history: model.history.map((people) => people + 1) };
    expect(withNewItems(items, met, 2)).toBe(met);
  });

  test("takes the places of the weakest where a list is as long as the budget of bytes allows", () => {
    const perItem = 64;
    const many = Array.from({ length: 80 }, (_, i) => item(`i${String(i).padStart(2, "0")}`, i < 8 ? "new" : "old"));
    many[79] = item("i79", "new");
    const neighbour = Uint32Array.from({ length: 80 * perItem }, (_, slot) => 79 - (slot % perItem));
    const weight = Float32Array.from({ length: 80 * perItem }, (_, slot) => 1 - (slot % perItem) / 100);
    const history = Uint32Array.from(many, (_, i) => (i < 8 ? 0 : 1));
    const full = {
      ...model,
      vectors: new Float32Array(160),
      history,
      popularity: new Float32Array(80),
      neighbours: { perItem, neighbour, weight },
    };
    const joined = withNewItems(many, full, 1).neighbours;
    expect(joined.perItem).toBe(perItem);
    const first = Array.from(joined.neighbour.subarray(0, perItem));
    expect(first.slice(0, 9).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 79]);
    expect(new Set(first).size).toBe(perItem);
    expect(first.includes(79 - 63)).toBe(false);
  });
});

describe("items like another", () => {
  test("are known ones that share what is rare, their shares adding up to 1", () => {
    const some = [
      item("new", "rare", "common"),
      item("a", "rare"),
      item("b", "common"),
      item("c", "common", "other"),
      item("d", "common"),
    ];
    const like = createLikeItems(some, Uint32Array.of(0, 1, 1, 1, 0))(0);
    expect(like.map((each) => each.item)).toEqual([1, 2, 3]);
    expect(like.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const rare = (1 + Math.log(5 / 2)) ** 2;
    const common = (1 + Math.log(5 / 4)) ** 2;
    const cosineOfA = rare / Math.sqrt((rare + common) * rare);
    const cosineOfB = common / Math.sqrt((rare + common) * common);
    expect(like[0].share / like[1].share).toBeCloseTo((cosineOfA / cosineOfB) ** 4, 9);
  });
});
