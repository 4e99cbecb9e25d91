/**
 * The files of a release of three films, written by hand: small enough to check by eye, with every column in use. Their
 * encoded form is what `golden/` holds.
 */
import { createHash } from "node:crypto";
import { encodeCandidates, decodeCandidates } from "../../../../shared/candidates-file.ts";
import type { Candidates } from "../../../../shared/candidates-file.ts";
import { decodePackHead, encodePack } from "../../../../shared/pack-file.ts";
import type { PackHead } from "../../../../shared/pack-file.ts";
import { decodeCells, encodeCells } from "../../../../shared/cells-file.ts";
import type { Cells } from "../../../../shared/cells-file.ts";
import { decodeContent, encodeContent } from "../../../../shared/content-file.ts";
import type { SpacedContentMap } from "../../../../shared/content-file.ts";
import { decodeConstants, encodeConstants } from "../../../../shared/constants-file.ts";
import type { Constants } from "../../../../shared/constants-file.ts";
import { decodeSpaceMap, encodeSpaceMap } from "../../../../shared/space-map-file.ts";
import type { SpaceMap } from "../../../../shared/space-map-file.ts";
import { decodeIndex, encodeIndex } from "../../../../shared/index-file.ts";
import type { ItemIndex } from "../../../../shared/index-file.ts";
import type { ItemColumns } from "../../../../shared/item-columns.ts";
import { decodeNeighbours, encodeNeighbours } from "../../../../shared/neighbours-file.ts";
import type { Neighbours } from "../../../../shared/neighbours-file.ts";
import { decodeIds, encodeStringsFile, openStringsFile } from "../../../../shared/strings-file.ts";
import { decodeStrings } from "../../../../shared/string-table.ts";
import { text } from "./node-runtime.ts";

export const IDS = ["film-1", "film-é", "film-🎬"];

/** sha256 over each id's UTF-8 length as U32 little-endian, then its bytes; these lengths are 6, 7 and 9. */
export const ROWS = createHash("sha256")
  .update(Buffer.concat(IDS.flatMap((id) => [Buffer.from([Buffer.byteLength(id), 0, 0, 0]), Buffer.from(id)])))
  .digest("hex");

export const COLUMNS: ItemColumns = {
  size: 3,
  dim: 4,
  vectors: Int8Array.of(127, 0, -127, 64, 1, 2, 3, -4, 0, 0, 0, 0),
  scale: Float32Array.of(0.5, 0.25, 0),
  popularity: Float32Array.of(10, 2.5, 0),
  uncertainty: Float32Array.of(0.125, 0.5, 1),
  history: Uint32Array.of(10, 3, 0),
  publishedAt: Uint32Array.of(28_000_000, 0, 29_000_000),
  author: Uint32Array.of(0xdead_beef, 0, 7),
  duration: Uint16Array.of(5_400, 0, 65_535),
  language: Uint8Array.of(1, 0, 2),
  categoryStart: Uint32Array.of(0, 2, 2, 3),
  category: Uint16Array.of(0, 2, 1),
  regionStart: Uint32Array.of(0, 0, 1, 1),
  region: Uint16Array.of(0),
};

const DICTIONARIES = { categories: ["Crime", "Drama", "Fantasy"], languages: ["de", "en"], regions: ["NZ"] };

export const INDEX: ItemIndex = {
  columns: COLUMNS,
  dictionaries: DICTIONARIES,
  centroids: Float32Array.of(63.5, 0, -63.5, 32, 0.125, 0.25, 0.375, -0.5),
  cellStart: Uint32Array.of(0, 1, 3),
  space: "space-1",
  rows: ROWS,
};

export const NEIGHBOURS: Neighbours = {
  size: 3,
  perItem: 2,
  neighbour: Uint16Array.of(1, 2, 0, 1, 2, 2),
  weight: Int8Array.of(127, 5, 127, 0, 0, 0),
  scale: Float32Array.of(0.01, 0.02, 0),
  rows: ROWS,
};

export const CATALOG = ['{"title":"One"}', '{"title":"É"}', "{}"];

export const CANDIDATES: Candidates = {
  columns: COLUMNS,
  dictionaries: DICTIONARIES,
  ids: IDS,
  row: Uint32Array.of(40, 7, 70_000),
  source: Uint16Array.of(0b1, 0b1000010, 0b100),
  catalog: CATALOG,
  space: "space-1",
  rows: ROWS,
};

/** A pool file: the same with neighbours, most of them elsewhere. */
export const POOL: Candidates = {
  ...CANDIDATES,
  neighbours: {
    perItem: 2,
    ids: ["film-9", "film-🎬"],
    neighbour: Uint32Array.of(1, 0, 0, 0, 0, 0),
    weight: Int8Array.of(127, 5, 127, 0, 0, 0),
    scale: Float32Array.of(0.01, 0.02, 0),
  },
};

export const CELLS: Cells = {
  dim: 4,
  mean: Int8Array.of(127, 0, -127, 64, 127, 0, -5, 9),
  scale: Float32Array.of(0.5, 0.25),
  cellStart: Uint32Array.of(0, 1, 3),
  space: "space-1",
  rows: ROWS,
};

export const CONTENT: SpacedContentMap = {
  names: ["bias", "category:Dräma", "word:space"],
  weights: Float32Array.from({ length: 12 }, (_, i) => i / 8 - 0.5),
  dim: 4,
  space: "space-1",
};
/** Three files of a pack, one of them empty. */
export const PACKED = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4, 5)];

export const PACK_HEAD: PackHead = { kind: "pools", start: Uint32Array.of(0, 3, 3, 5), dataAt: 288, rows: ROWS };

export const SPACE_MAP: SpaceMap = {
  from: "space-0",
  to: "space-1",
  map: Float32Array.from({ length: 16 }, (_, i) => i / 4 - 2),
};

export const CONSTANTS: Constants = {
  gram: Float32Array.of(2, 0.5, 0, 0, 0.5, 3, 0, 0, 0, 0, 4, -1, 0, 0, -1, 5),
  categoryWeight: Float32Array.of(1, 1.5, 0),
  space: "space-1",
};

export interface Format {
  readonly name: string;
  readonly value: unknown;
  readonly encode: () => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const EXPECTED = { rows: ROWS, size: 3 };

/** Every file format with its example; `decode` must give back `value`. */
export const FORMATS: readonly Format[] = [
  {
    name: "index",
    value: INDEX,
    encode: () => encodeIndex(INDEX, text),
    decode: (bytes) => decodeIndex(bytes, text),
  },
  {
    name: "neighbours",
    value: NEIGHBOURS,
    encode: () => encodeNeighbours(NEIGHBOURS, text),
    decode: (bytes) => decodeNeighbours(bytes, EXPECTED, text),
  },
  {
    name: "candidates",
    value: CANDIDATES,
    encode: () => encodeCandidates(CANDIDATES, text),
    decode: (bytes) => decodeCandidates(bytes, text),
  },
  {
    name: "ids",
    value: IDS,
    encode: () => encodeStringsFile("ids", IDS, ROWS, text),
    decode: (bytes) => decodeIds(bytes, EXPECTED, text),
  },
  {
    name: "catalog",
    value: CATALOG,
    encode: () => encodeStringsFile("catalog", CATALOG, ROWS, text),
    decode: (bytes) => decodeStrings(openStringsFile("catalog", bytes, EXPECTED, text).table, text),
  },
  {
    name: "constants",
    value: CONSTANTS,
    encode: () => encodeConstants(CONSTANTS, text),
    decode: (bytes) => decodeConstants(bytes, 4, text),
  },
  {
    name: "space-map",
    value: SPACE_MAP,
    encode: () => encodeSpaceMap(SPACE_MAP, text),
    decode: (bytes) => decodeSpaceMap(bytes, 4, text),
  },
  {
    name: "content",
    value: CONTENT,
    encode: () => encodeContent(CONTENT, text),
    decode: (bytes) => decodeContent(bytes, 4, text),
  },
  {
    name: "pool",
    value: POOL,
    encode: () => encodeCandidates(POOL, text),
    decode: (bytes) => decodeCandidates(bytes, text),
  },
  {
    name: "cells",
    value: CELLS,
    encode: () => encodeCells(CELLS, text),
    decode: (bytes) => decodeCells(bytes, { items: 3, dim: 4 }, text),
  },
  {
    name: "pack",
    value: PACK_HEAD,
    encode: () => encodePack("pools", PACKED.slice(), ROWS, text),
    decode: (bytes) => decodePackHead(bytes, { kind: "pools", entries: 3, packBytes: bytes.length }, text),
  },
];
