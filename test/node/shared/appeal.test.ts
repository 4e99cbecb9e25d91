import { expect, test } from "vitest";
import { appealOf } from "../../../shared/appeal.ts";
import { decodeIndex, encodeIndex } from "../../../shared/index-file.ts";
import { concatColumns, gatherColumns } from "../../../shared/item-columns.ts";
import type { ItemColumns } from "../../../shared/item-columns.ts";
import { expectRefusal } from "./support/refusal.ts";
import { text } from "./support/node-runtime.ts";
import { COLUMNS, INDEX } from "./support/small-release.ts";

const APPEALING: ItemColumns = { ...COLUMNS, appeal: Float32Array.of(0.5, -1, 2, 0, 0, 0, -0.25, 0.125, 1) };

test("appeal goes with its rows wherever columns go, and is 0 where nothing is known", () => {
  const gathered = gatherColumns(APPEALING, [2, 0]);
  expect([0, 1, 2].map((of) => appealOf(gathered, 0, of))).toEqual([-0.25, 0.125, 1]);
  expect([0, 1, 2].map((of) => appealOf(gathered, 1, of))).toEqual([0.5, -1, 2]);
  const joined = concatColumns([gatherColumns(COLUMNS, [0]), gathered]);
  expect([...joined.appeal!]).toEqual([0, 0, 0, -0.25, 0.125, 1, 0.5, -1, 2]);
  expect(concatColumns([COLUMNS, COLUMNS]).appeal).toBeUndefined();
  expect(appealOf(COLUMNS, 0, 2)).toBe(0);
});

test("an index with appeal comes back as it is, and one without has no room for it", () => {
  const index = { ...INDEX, columns: APPEALING };
  expect(decodeIndex(encodeIndex(index, text), text)).toEqual(index);
  expect("appeal" in decodeIndex(encodeIndex(INDEX, text), text).columns).toBe(false);
  const broken = { ...APPEALING, appeal: APPEALING.appeal!.with(4, NaN) };
  const bytes = encodeIndex({ ...INDEX, columns: broken }, text);
  expectRefusal(() => decodeIndex(bytes, text), "bad_format", "appeal[4]");
});
