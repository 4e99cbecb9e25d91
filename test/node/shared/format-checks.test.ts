/** What each format checks beyond its container: every field against every other, with got and expected. */
import { expect, test } from "vitest";
import { decodeCandidates, encodeCandidates } from "../../../shared/candidates-file.ts";
import type { Candidates } from "../../../shared/candidates-file.ts";
import { decodeConstants, encodeConstants } from "../../../shared/constants-file.ts";
import { decodeIndex, encodeIndex } from "../../../shared/index-file.ts";
import type { ItemIndex } from "../../../shared/index-file.ts";
import type { ItemColumns } from "../../../shared/item-columns.ts";
import { decodeNeighbours, encodeNeighbours } from "../../../shared/neighbours-file.ts";
import type { Neighbours } from "../../../shared/neighbours-file.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "../../../shared/safetensors.ts";
import type { Tensor } from "../../../shared/safetensors.ts";
import { decodeIds, encodeStringsFile, openStringsFile } from "../../../shared/strings-file.ts";
import { decodeString } from "../../../shared/string-table.ts";
import { text } from "./support/node-runtime.ts";
import { expectRefusal, refusal } from "./support/refusal.ts";
import {
  CANDIDATES,
  CATALOG,
  COLUMNS,
  CONSTANTS,
  FORMATS,
  IDS,
  INDEX,
  NEIGHBOURS,
  ROWS,
} from "./support/small-release.ts";

const EXPECTED = { rows: ROWS, size: 3 };
const readIndex = (change: Partial<ItemIndex>) => () => decodeIndex(encodeIndex({ ...INDEX, ...change }, text), text);
const readColumns = (change: Partial<ItemColumns>) => readIndex({ columns: { ...COLUMNS, ...change } });
const readNeighbours = (change: Partial<Neighbours>) => () =>
  decodeNeighbours(encodeNeighbours({ ...NEIGHBOURS, ...change }, text), EXPECTED, text);
const readCandidates = (change: Partial<Candidates>) => () =>
  decodeCandidates(encodeCandidates({ ...CANDIDATES, ...change }, text), text);

/** A file with some tensors or metadata replaced; null removes. */
function rewritten(
  file: Uint8Array,
  tensors: Record<string, Tensor | null>,
  metadata: Record<string, string | null> = {},
): Uint8Array {
  const was = decodeSafetensors(file, text);
  const kept = <T>(entries: Record<string, T | null>) =>
    Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== null)) as Record<string, T>;
  return encodeSafetensors(
    kept({ ...Object.fromEntries(was.tensors), ...tensors }),
    kept({ ...was.metadata, ...metadata }),
    text,
  );
}

test.each<[why: string, act: () => unknown, path: string]>([
  ["a category outside its dictionary", readColumns({ category: Uint16Array.of(0, 3, 1) }), "category[1]"],
  ["a region outside its dictionary", readColumns({ region: Uint16Array.of(1) }), "region[0]"],
  ["a language outside its dictionary", readColumns({ language: Uint8Array.of(1, 0, 3) }), "language[2]"],
  ["categories that start late", readColumns({ categoryStart: Uint32Array.of(1, 2, 2, 3) }), "category_start"],
  ["categories that run backwards", readColumns({ categoryStart: Uint32Array.of(0, 2, 1, 3) }), "category_start[2]"],
  ["categories that end early", readColumns({ categoryStart: Uint32Array.of(0, 2, 2, 2) }), "category_start[3]"],
  ["regions that end late", readColumns({ regionStart: Uint32Array.of(0, 0, 1, 2) }), "region_start[3]"],
  ["a negative scale", readColumns({ scale: Float32Array.of(0.5, -0.25, 0) }), "scale[1]"],
  ["a scale that is not a number", readColumns({ scale: Float32Array.of(0.5, NaN, 0) }), "scale[1]"],
  ["an infinite popularity", readColumns({ popularity: Float32Array.of(1, 2, Infinity) }), "popularity[2]"],
  ["a negative uncertainty", readColumns({ uncertainty: Float32Array.of(-1, 0, 0) }), "uncertainty[0]"],
  ["too few authors", readColumns({ author: Uint32Array.of(1, 2) }), "author"],
  ["cells that hold too few rows", readIndex({ cellStart: Uint32Array.of(0, 1, 2) }), "cell_start[2]"],
  ["a centroid that is not a number", readIndex({ centroids: new Float32Array(8).fill(NaN, 5, 6) }), "centroids[5]"],
  ["a neighbour outside the index", readNeighbours({ neighbour: Uint16Array.of(1, 2, 0, 3, 2, 2) }), "neighbour[3]"],
  ["a negative neighbour weight", readNeighbours({ weight: Int8Array.of(127, 5, 127, 0, -1, 0) }), "weight[4]"],
  ["a neighbour scale that is not a number", readNeighbours({ scale: Float32Array.of(1, NaN, 1) }), "scale[1]"],
  ["neighbours of another index", readNeighbours({ rows: "other" }), "__metadata__.rows"],
  ["an id twice", readCandidates({ ids: ["a", "b", "a"] }), "id"],
  ["fewer ids than candidates", readCandidates({ ids: ["a", "b"] }), "id_start"],
  ["fewer catalogue entries than candidates", readCandidates({ catalog: ["{}"] }), "catalog_start"],
  ["fewer rows than candidates", readCandidates({ row: Uint32Array.of(1, 2) }), "row"],
])("%s is refused", (_, act, path) => {
  expectRefusal(act, "bad_format", path);
});

test("row numbers of 32 bits, for more than 65,535 items, are read as well", () => {
  const wide = { ...NEIGHBOURS, neighbour: Uint32Array.from(NEIGHBOURS.neighbour) };
  expect(decodeNeighbours(encodeNeighbours(wide, text), EXPECTED, text)).toEqual(wide);
});

test("candidates without display data come back without it", () => {
  const { catalog: _, ...bare } = CANDIDATES;
  const back = decodeCandidates(encodeCandidates(bare, text), text);
  expect(back).toEqual(bare);
  expect("catalog" in back).toBe(false);
});

test("an empty index and an empty answer are files too", () => {
  const none = new Uint32Array(1);
  const empty: ItemColumns = {
    size: 0,
    dim: 4,
    vectors: new Int8Array(0),
    scale: new Float32Array(0),
    popularity: new Float32Array(0),
    uncertainty: new Float32Array(0),
    history: new Uint32Array(0),
    publishedAt: new Uint32Array(0),
    author: new Uint32Array(0),
    duration: new Uint16Array(0),
    language: new Uint8Array(0),
    categoryStart: none,
    category: new Uint16Array(0),
    regionStart: none,
    region: new Uint16Array(0),
  };
  const index = { ...INDEX, columns: empty, centroids: new Float32Array(0), cellStart: none };
  expect(decodeIndex(encodeIndex(index, text), text)).toEqual(index);
  const answer = {
    ...CANDIDATES,
    columns: empty,
    ids: [],
    catalog: [],
    row: none.slice(1),
    source: new Uint16Array(0),
  };
  expect(decodeCandidates(encodeCandidates(answer, text), text)).toEqual(answer);
});

test.each([2, 6, 0])("vectors of %i dimensions are refused, because the scan reads four at a time", (dim) => {
  const vectors = tensor(new Int8Array(3 * dim), [3, dim]);
  expectRefusal(() => decodeIndex(rewritten(encodeIndex(INDEX, text), { vectors }), text), "bad_format", "vectors");
});

test("vectors that are no matrix are refused", () => {
  const vectors = tensor(new Int8Array(12), [12]);
  expectRefusal(() => decodeIndex(rewritten(encodeIndex(INDEX, text), { vectors }), text), "bad_format", "vectors");
});

test("each tensor and each metadata entry is needed, and its absence is told by name", () => {
  const optional = new Set(["catalog", "catalog_start"]);
  for (const { name, encode, decode } of FORMATS) {
    const { tensors, metadata } = decodeSafetensors(encode(), text);
    for (const key of tensors.keys()) {
      if ((name === "candidates" || name === "pool") && optional.has(key)) continue;
      expectRefusal(() => decode(rewritten(encode(), { [key]: null })), "bad_format", key);
    }
    for (const key of Object.keys(metadata)) {
      const { code, path } = refusal(() => decode(rewritten(encode(), {}, { [key]: null })));
      expect([code, path]).toEqual([key === "version" ? "wrong_version" : "bad_format", `__metadata__.${key}`]);
    }
  }
});

test("each format refuses the file of every other; a pool file is a candidates file with neighbours", () => {
  for (const { name, encode } of FORMATS) {
    for (const other of FORMATS) {
      if (other.name === name || [name, other.name].sort().join() === "candidates,pool") continue;
      expectRefusal(() => other.decode(encode()), "bad_format", "__metadata__.format");
    }
  }
});

test("a version to come is refused as such, with what to do", () => {
  for (const { encode, decode } of FORMATS) {
    const error = refusal(() => decode(rewritten(encode(), {}, { version: "2" })));
    expect(error.code).toBe("wrong_version");
    expect(error.hint).toMatch(/update/i);
  }
});

test("another metric is refused", () => {
  const file = rewritten(encodeIndex(INDEX, text), {}, { metric: "cosine" });
  expectRefusal(() => decodeIndex(file, text), "bad_format", "__metadata__.metric");
});

test.each(["", "{}", '"Drama"', "[1]", "[null]"])("a dictionary of %j is refused", (categories) => {
  const file = rewritten(encodeIndex(INDEX, text), {}, { categories });
  expectRefusal(() => decodeIndex(file, text), "bad_format", "__metadata__.categories");
});

test("ids that are not UTF-8 are refused by row", () => {
  const string = tensor(Uint8Array.from(Buffer.from("film-1film-\xff\xfffilm-123", "latin1")));
  const file = rewritten(encodeStringsFile("ids", ["film-1", "film-12", "film-123"], ROWS, text), { string });
  expectRefusal(() => decodeIds(file, EXPECTED, text), "bad_format", "string[1]");
});

test("ids of another release or of another count are refused", () => {
  const file = encodeStringsFile("ids", IDS, ROWS, text);
  expectRefusal(() => decodeIds(file, { rows: "other", size: 3 }, text), "bad_format", "__metadata__.rows");
  expectRefusal(() => decodeIds(file, { rows: ROWS, size: 4 }, text), "bad_format", "string_start");
});

test("one row of the catalogue is read without the others", () => {
  const { table } = openStringsFile("catalog", encodeStringsFile("catalog", CATALOG, ROWS, text), EXPECTED, text);
  expect(decodeString(table, 1, text)).toBe('{"title":"É"}');
  expect(decodeString(table, 2, text)).toBe("{}");
});

test.each<[why: string, gram: number[], weights: number[], path: string]>([
  ["a Gram matrix with NaN", [1, 0, NaN, 1], [1], "gram[2]"],
  ["an infinite category weight", [1, 0, 0, 1], [1, Infinity], "category_weight[1]"],
  ["a negative category weight", [1, 0, 0, 1], [-1], "category_weight[0]"],
  ["a Gram matrix of another dimension", [1], [1], "gram"],
])("%s is refused", (_, gram, weights, path) => {
  const constants = { ...CONSTANTS, gram: Float32Array.from(gram), categoryWeight: Float32Array.from(weights) };
  expectRefusal(() => decodeConstants(encodeConstants(constants, text), 2, text), "bad_format", path);
});
