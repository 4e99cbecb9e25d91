import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCandidates, neighboursIn } from "../../../shared/candidates-file.ts";
import { NearfeedError } from "../../../shared/errors.ts";
import { partsOf } from "../../../shared/file-parts.ts";
import { decodePackHead, encodePack, packHeadBytes, packSeams } from "../../../shared/pack-file.ts";
import type { PackHead } from "../../../shared/pack-file.ts";
import { encodePools, encodeRowBlocks, retrieveBytes } from "../../../shared/packed-items.ts";
import type { WholeItems } from "../../../shared/packed-items.ts";
import { MAX_FILE_PARTS } from "../../../shared/release.ts";
import { BLOCK_ITEMS, blockCount, blockOf } from "../../../shared/row-blocks.ts";
import { smallRelease } from "../../harness/small-release.ts";
import { digest, text } from "./support/node-runtime.ts";

const CELLS = 12;
const small = await smallRelease({ items: 600, cells: CELLS });
const { ids, columns, dictionaries, neighbours, release } = small;
const whole: WholeItems = {
  index: {
    columns,
    dictionaries,
    centroids: new Float32Array(CELLS * 8),
    cellStart: Uint32Array.from({ length: CELLS + 1 }, (_, cell) => Math.floor((cell * ids.length) / CELLS)),
    space: release.space,
    rows: neighbours.rows,
  },
  ids,
  catalog: ids.map((id) => JSON.stringify({ id })),
  neighbours,
};

function headOf(pack: Uint8Array, kind: "pools" | "rows", entries: number): PackHead {
  return decodePackHead(pack.subarray(0, packHeadBytes(entries)), { kind, entries, packBytes: pack.length }, text);
}

function entryOf(pack: Uint8Array, { start, dataAt }: PackHead, entry: number): Uint8Array {
  return pack.slice(dataAt + start[entry]!, dataAt + start[entry + 1]!);
}

describe("a pack", () => {
  test("gives back every file from its head and one range, whatever the files", () => {
    const files = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(files, (entries) => {
        const pack = encodePack("rows", entries.slice(), "hash", text);
        const head = headOf(pack, "rows", entries.length);
        expect(entries.map((_, i) => entryOf(pack, head, i))).toEqual(entries.map((each) => Uint8Array.from(each)));
        expect(packSeams(head).at(-1)).toBe(pack.length);
      }),
    );
  });

  test.each([
    ["another kind", { kind: "rows", entries: 3, packBytes: 301 }],
    ["another number of files", { kind: "pools", entries: 2, packBytes: 301 }],
    ["another size", { kind: "pools", entries: 3, packBytes: 302 }],
  ] as const)("is refused where the release names %s", (_, expected) => {
    const pack = encodePack("pools", [Uint8Array.of(1, 2, 3), Uint8Array.of(), Uint8Array.of(4, 5)], "h", text);
    const head = { kind: "pools", entries: 3, packBytes: pack.length } as const;
    expect(decodePackHead(pack, head, text).start).toEqual(Uint32Array.of(0, 3, 3, 5));
    const shifted = { ...expected, packBytes: pack.length + expected.packBytes - 301 };
    expect(() => decodePackHead(pack, shifted, text)).toThrow(NearfeedError);
  });
});

describe("pool files", () => {
  test("have the items of their cell with display data and neighbours", () => {
    const pack = encodePools(whole, text);
    const head = headOf(pack, "pools", CELLS);
    const pools = Array.from({ length: CELLS }, (_, cell) => decodeCandidates(entryOf(pack, head, cell), text));
    expect(pools.flatMap((pool) => pool.ids)).toEqual(ids);
    expect(pools.flatMap((pool) => pool.catalog)).toEqual(whole.catalog);
    expect(pools.every((pool) => pool.neighbours !== undefined)).toBe(true);
  });
});

describe("row blocks", () => {
  const pack = encodeRowBlocks(whole, text);
  const blocks = blockCount(ids);
  const head = headOf(pack, "rows", blocks);

  test("have each item where its id says, and of it the neighbours that the release has", () => {
    const { perItem, neighbour, weight, scale } = neighbours;
    ids.forEach((id, row) => {
      const found = neighboursIn(entryOf(pack, head, blockOf(id, blocks)), id, text);
      const slots = Array.from({ length: perItem }, (_, k) => row * perItem + k).filter((slot) => weight[slot]! > 0);
      expect(found).toEqual(slots.map((slot) => [ids[neighbour[slot]!], scale[row]! * weight[slot]!]));
    });
  });

  test("know nothing of an item that is not there", () => {
    expect(neighboursIn(entryOf(pack, head, 0), "item-none", text)).toBeUndefined();
  });

  test("hold few enough items that asking for one does not name it, and not many fewer", () => {
    for (const items of [1, 256, 257, 5_000, 60_000]) {
      const some = Array.from({ length: items }, (_, i) => `id ${i}`);
      const count = blockCount(some);
      const sizes = new Uint32Array(count);
      for (const id of some) sizes[blockOf(id, count)]!++;
      expect(Math.max(...sizes)).toBeLessThanOrEqual(BLOCK_ITEMS);
      expect(items / count).toBeGreaterThan(items < BLOCK_ITEMS ? 0 : 100);
    }
  });

  test("of ids that all have one hash are one that is too large, rather than none", () => {
    expect(blockCount(Array<string>(300).fill("same"))).toBeGreaterThanOrEqual(300);
  });
});

test("an answer of retrieval has as many bytes as one of its items would have", () => {
  const rows = Uint32Array.from({ length: 100 }, (_, i) => i * 6);
  const pack = encodePools(whole, text);
  expect(retrieveBytes(whole, 100, text)).toBeLessThan(pack.length);
  expect(retrieveBytes(whole, 100, text)).toBeGreaterThan(rows.length * 8);
  expect(retrieveBytes(whole, 10_000, text)).toBe(retrieveBytes(whole, 600, text));
});

describe("the parts of a file", () => {
  const content = Uint8Array.from({ length: 1_000 }, (_, i) => i);

  test("are as many as it takes, and together the file", async () => {
    expect(await partsOf("index", content, { digest, text, most: 1_000 })).toBeUndefined();
    const parts = await partsOf("index", content, { digest, text, most: 400 });
    const hashes = [content.subarray(0, 400), content.subarray(400, 800), content.subarray(800)].map(digest);
    expect(parts!.map(({ sha256 }) => sha256)).toEqual(await Promise.all(hashes));
    expect(parts!.map(({ bytes }) => bytes)).toEqual([400, 400, 200]);
  });

  test("of a pack end where a packed file ends", async () => {
    const pack = encodePools(whole, text);
    const head = headOf(pack, "pools", CELLS);
    const most = Math.ceil(pack.length / 4);
    const parts = await partsOf("pools", pack, { digest, text, most });
    let at = 0;
    const ends = parts!.map(({ bytes }) => (at += bytes));
    expect(ends.length).toBeGreaterThan(3);
    for (const end of ends) expect(packSeams(head)).toContain(end);
    expect(parts!.every(({ bytes }) => bytes <= most)).toBe(true);
  });

  test("that would be too many, or cut a packed file, are refused", async () => {
    const most = Math.ceil(content.length / MAX_FILE_PARTS) - 1;
    await expect(partsOf("index", content, { digest, text, most })).rejects.toMatchObject({ code: "too_large" });
    const pack = encodePools(whole, text);
    await expect(partsOf("pools", pack, { digest, text, most: 1_024 })).rejects.toMatchObject({ code: "too_large" });
  });
});
