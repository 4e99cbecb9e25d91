import { expect, test } from "vitest";
import { encodeCandidates } from "../../../../shared/candidates-file.ts";
import type { CandidateNeighbours, Candidates } from "../../../../shared/candidates-file.ts";
import { categoriesOf, dequantize, gatherColumns } from "../../../../shared/item-columns.ts";
import { sourceBit, sourcesOf } from "../../../../shared/sources.ts";
import type { Source } from "../../../../shared/sources.ts";
import { decodePool } from "../../../../client-sdk/engine/held.ts";
import { uniteItems } from "../../../../client-sdk/engine/unite-items.ts";
import { smallRelease, text } from "../../../harness/small-release.ts";
import { expectRefusal } from "../../shared/support/refusal.ts";

const small = await smallRelease({ items: 40 });
const WEIGHT = new Float32Array(small.dictionaries.categories.length).fill(1);

function pool(rows: readonly number[], source: Source, options: Partial<Candidates> = {}) {
  const candidates: Candidates = {
    columns: gatherColumns(small.columns, rows),
    dictionaries: small.dictionaries,
    ids: rows.map((row) => small.ids[row]!),
    row: Uint32Array.from(rows),
    source: new Uint16Array(rows.length).fill(sourceBit(source)),
    catalog: rows.map((row) => JSON.stringify({ title: `Title ${row}` })),
    space: small.release.space,
    rows: small.neighbours.rows,
    ...options,
  };
  return decodePool(small.release, encodeCandidates(candidates, text), undefined);
}

function neighbours(rows: readonly number[]): CandidateNeighbours {
  return {
    perItem: 1,
    ids: ["item-0"],
    neighbour: new Uint32Array(rows.length),
    weight: new Int8Array(rows.length).fill(100),
    scale: new Float32Array(rows.length).fill(0.01),
  };
}

test("each item is there once, with its own columns, and with the sources of every pool that has it", () => {
  const united = uniteItems(
    [pool([7, 3, 12], "popular"), pool([12, 30], "nearest"), pool([3, 31, 0], "nearest")],
    WEIGHT,
  );
  expect(united.table.ids).toEqual(["item-7", "item-3", "item-12", "item-30", "item-31", "item-0"]);
  [7, 3, 12, 30, 31, 0].forEach((row, place) => {
    expect(united.table.rowOf.get(`item-${row}`)).toBe(place);
    expect(dequantize(united.table.columns, place)).toEqual(dequantize(small.columns, row));
    expect(categoriesOf(united.table.columns, place)).toEqual(categoriesOf(small.columns, row));
    expect(united.table.columns.language[place]).toBe(small.columns.language[row]);
    expect(united.item(place)).toEqual({ id: `item-${row}`, title: `Title ${row}` });
  });
  expect(Array.from(united.source!, sourcesOf)).toEqual([
    ["popular"],
    ["nearest", "popular"],
    ["nearest", "popular"],
    ["nearest"],
    ["nearest"],
    ["nearest"],
  ]);
});

test("neighbours come from whichever pool knows them", () => {
  const united = uniteItems(
    [pool([7, 3], "popular"), pool([3, 9], "nearest", { neighbours: neighbours([3, 9]) })],
    WEIGHT,
  );
  expect([0, 1, 2].map((row) => united.neighbours(row)?.map(([id]) => id))).toEqual([
    undefined,
    ["item-0"],
    ["item-0"],
  ]);
  expect(united.neighbours(1)![0]![1]).toBeCloseTo(1, 6);
});

test("one pool alone is itself, and an empty one adds nothing", () => {
  const start = pool([5, 6], "popular");
  for (const united of [uniteItems([start], WEIGHT), uniteItems([start, pool([], "nearest")], WEIGHT)]) {
    expect(united.table.ids).toEqual(start.table.ids);
    expect(united.table.columns).toEqual(start.table.columns);
  }
});

test("pools that number categories differently do not mix", () => {
  const dictionaries = { ...small.dictionaries, categories: [...small.dictionaries.categories].reverse() };
  expectRefusal(
    () => uniteItems([pool([1], "popular"), pool([2], "nearest", { dictionaries })], WEIGHT),
    "bad_release",
    "dictionaries",
  );
});
