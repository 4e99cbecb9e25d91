import { expect, test } from "vitest";
import { createItemTable } from "../../../../shared/item-table.ts";
import { mapVector } from "../../../../shared/space-map-file.ts";
import { fitSpaceMap } from "../../../../trainer/release/space-map.ts";
import { seeded } from "../../../harness/small-release.ts";
import { syntheticRelease, type SyntheticRelease } from "../../../harness/synthetic/release.ts";
import { dequantize } from "../../../../shared/item-columns.ts";

const DIM = 16;
const random = seeded(11);
/** Any matrix: training again neither keeps lengths nor angles. */
const truth = Float32Array.from({ length: DIM * DIM }, () => random() - 0.5);

const before = await syntheticRelease({ items: 400, dim: DIM, seed: 1 });
const after = await syntheticRelease({
  items: 300,
  dim: DIM,
  space: "space-2",
  after: { index: before.index, map: truth },
});

function partsOf({ index, ids }: SyntheticRelease) {
  return { index, table: createItemTable(index.columns, index.dictionaries, ids, new Float32Array(8).fill(1)) };
}

test("the map between two spaces is found from the items that both have, and takes others where they belong", () => {
  const map = fitSpaceMap(partsOf(before), partsOf(after))!;
  expect([map.from, map.to]).toEqual(["space-1", "space-2"]);
  // Both spaces are rounded to int8.
  for (let i = 0; i < truth.length; i++) expect(Math.abs(map.map[i] - truth[i])).toBeLessThan(0.02);
  for (let gone = 300; gone < 400; gone++) {
    const vector = dequantize(before.index.columns, gone);
    const [got, expected] = [mapVector(vector, map.map), mapVector(vector, truth)];
    const error = Math.hypot(...got.map((value, j) => value - expected[j]));
    expect(error / Math.hypot(...expected)).toBeLessThan(0.05);
  }
});

test("a few items with long vectors do not draw the map to themselves", () => {
  const popular = new Set(after.ids.slice(0, 30));
  /** Vectors of the popular ones are ten times as long, and those of `sign` −1 lie on the other side. */
  const stretched = ({ index, ids }: SyntheticRelease, sign: 1 | -1) => {
    const { dim, scale, vectors } = index.columns;
    const isPopular = (row: number) => popular.has(ids[row]);
    const columns = {
      ...index.columns,
      scale: scale.map((each, row) => (isPopular(row) ? 10 * each : each)),
      vectors: vectors.map((each, i) => (isPopular(Math.floor(i / dim)) ? sign * each : each)),
    };
    return { ...partsOf({ index: { ...index, columns }, ids } as SyntheticRelease) };
  };
  const { map } = fitSpaceMap(stretched(before, 1), stretched(after, -1))!;
  // By errors as they are, thirty of a hundredfold square outweigh the 270 others, and the map is the reverse of theirs.
  for (let i = 0; i < truth.length; i++) expect(Math.abs(map[i] - truth[i])).toBeLessThan(0.05);
});

test("the same space needs no map", () => {
  expect(fitSpaceMap(partsOf(before), partsOf(before))).toBeUndefined();
});

test("spaces of other dimensions, or without a common item, are refused", async () => {
  const wide = partsOf(await syntheticRelease({ items: 10, dim: 32, space: "space-3" }));
  const refused = { code: "bad_argument", path: "--previous" };
  expect(() => fitSpaceMap(wide, partsOf(after))).toThrow(expect.objectContaining(refused) as Error);
  const others = { ...after, ids: after.ids.map((id) => `other-${id}`) };
  expect(() => fitSpaceMap(partsOf(before), partsOf(others))).toThrow(expect.objectContaining(refused) as Error);
});
