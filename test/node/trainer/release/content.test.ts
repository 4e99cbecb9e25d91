// The content map that a release ships is the one that training embedded its items with.
import { expect, test } from "vitest";
import { decodeContent } from "../../../../shared/content-file.ts";
import { createEmbedder } from "../../../../shared/content-map.ts";
import { decodeIndex } from "../../../../shared/index-file.ts";
import type { Item } from "../../../../shared/item.ts";
import { dequantize } from "../../../../shared/item-columns.ts";
import { quantizeRows } from "../../../../shared/quantize.ts";
import { buildRelease } from "../../../../trainer/release/build-release.ts";
import { textCodec } from "../../../../trainer/runtime.ts";
import { trainLinear } from "../../../../trainer/train/train-linear.ts";
import { twoTastes } from "../make-dataset.ts";

test("an item that nobody has met has the very vector that the edge gives it from the release's map", async () => {
  const unseen: Item = { id: "zzz", categories: ["blue"], title: "another film", tags: ["unheard of"] };
  const made = twoTastes(40, 20, 14, 1);
  const dataset = { ...made, items: [...made.items, unseen] };
  const trained = await trainLinear(dataset, { seed: 1, holdout: 3 });
  const { release, bytes } = await buildRelease(trained, { createdAt: 1, metrics: {} });

  const map = decodeContent(bytes.content!, release.dim, textCodec);
  expect(map.space).toBe(release.space);
  expect(map.names).toEqual(expect.arrayContaining(["bias", "category:blue", "category:red", "word:film"]));
  const { columns } = decodeIndex(bytes.index, textCodec);
  const row = trained.assembly.table.rowOf.get("zzz")!;
  const { vectors, scale } = quantizeRows(createEmbedder(map)(unseen), release.dim);
  expect(vectors).toEqual(columns.vectors.slice(row * release.dim, (row + 1) * release.dim));
  expect(scale[0]).toBe(columns.scale[row]);

  // And it says something: the item lies with its own genre.
  const own = dequantize(columns, row);
  const near = (id: string) =>
    dequantize(columns, trained.assembly.table.rowOf.get(id)!).reduce((sum, value, j) => sum + value * own[j]!, 0);
  const mean = (genre: string) => Array.from({ length: 20 }, (_, i) => near(`${genre}${String(i).padStart(3, "0")}`));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(mean("blue"))).toBeGreaterThan(sum(mean("red")) + 1e-3);
});
