// A small synthetic release made with the shared encoders: seeded items with categories, languages, regions and dates.
// It runs in every runtime, so that the tests of all sides can publish, fetch or open the same thing. It has no models.

import { cellsOf, encodeCells } from "../../shared/cells-file.ts";
import { encodeContent } from "../../shared/content-file.ts";
import type { SpacedContentMap } from "../../shared/content-file.ts";
import { encodeConstants } from "../../shared/constants-file.ts";
import { DEFAULT_SIGNALS } from "../../shared/signals.ts";
import { partsOf } from "../../shared/file-parts.ts";
import { encodeIndex } from "../../shared/index-file.ts";
import type { Dictionaries, ItemColumns } from "../../shared/item-columns.ts";
import { encodeNeighbours } from "../../shared/neighbours-file.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import { encodePools, encodeRowBlocks, retrieveBytes } from "../../shared/packed-items.ts";
import { REQUEST_LIMITS } from "../../shared/protocol.ts";
import { quantizeRows } from "../../shared/quantize.ts";
import { PROTOCOL_VERSION, releaseId } from "../../shared/release.ts";
import type { Release, ReleaseFiles } from "../../shared/release.ts";
import { blockCount } from "../../shared/row-blocks.ts";
import type { Digest, Random, TextCodec } from "../../shared/runtime.ts";
import { encodeStringsFile, hashRows } from "../../shared/strings-file.ts";

/** What a small release is made of. */
export interface SmallReleaseOptions {
  items?: number;
  dim?: number;
  seed?: number;
  /** Distinguishes releases that are otherwise alike. */
  createdAt?: number;
  space?: string;
  /** With a content map; categories alone have a say in it. */
  content?: boolean;
  /** How many interest cells. */
  cells?: number;
  /** Files of more bytes are stored in parts; default: as in any release. */
  partBytes?: number;
  /** Slots of an item's neighbour list; the last one is unused. */
  neighboursPerItem?: number;
  /** False: as a release of an edge that made pools by itself. */
  packs?: boolean;
}

/** A release, the bytes of its files by hash, and what they were made from. */
export interface SmallRelease {
  release: Release;
  /** release.json as a publisher sends it. */
  json: string;
  blobs: Map<string, Uint8Array>;
  columns: ItemColumns;
  dictionaries: Dictionaries;
  ids: string[];
  neighbours: Neighbours;
  content?: SpacedContentMap;
}

/** UTF-8 of the platform. */
export const text: TextCodec = {
  encode: (value) => new TextEncoder().encode(value),
  decode: (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
};

/** SHA-256 of the platform. */
export const digest: Digest = async (bytes) => {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Seeded random numbers in [0, 1): mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DICTIONARIES: Dictionaries = {
  categories: ["Action", "Comedy", "Drama", "Horror", "Romance"],
  languages: ["de", "en"],
  regions: ["DE", "US", "JP"],
};
const NEIGHBOURS = 4;
/** Rows beyond this do not fit 16 bits. */
const WIDE_FROM = 65_535;
const NEWEST_MINUTES = 29_000_000; // some day of 2025

/** Makes a release. The same options make the same bytes. */
export async function smallRelease(options: SmallReleaseOptions = {}): Promise<SmallRelease> {
  const { items = 200, dim = 8, seed = 1, createdAt = 1_750_000_000_000, space = "test-space" } = options;
  const content = options.content === true ? makeContent(dim, space, seeded(seed + 1)) : undefined;
  const { cells = 2, partBytes, packs = true, neighboursPerItem = NEIGHBOURS } = options;
  const random = seeded(seed);
  const ids = Array.from({ length: items }, (_, row) => `item-${row}`);
  const rows = await hashRows(ids, text, digest);
  const columns = makeColumns(items, dim, random);
  const neighbours = makeNeighbours(items, rows, random, neighboursPerItem);
  const catalog = ids.map((id, row) => JSON.stringify({ id, title: `Title ${row} – ü` }));
  const cellStart = Uint32Array.from({ length: cells + 1 }, (_, cell) => Math.floor((cell * items) / cells));
  const centroids = Float32Array.from({ length: cells * dim }, () => random() - 0.5);
  const index = { columns, dictionaries: DICTIONARIES, centroids, cellStart, space, rows };
  const whole = { index, ids, catalog, neighbours };
  const packed = packs && { pools: encodePools(whole, text), rows: encodeRowBlocks(whole, text) };
  const files: Partial<Record<keyof ReleaseFiles, Uint8Array>> = {
    index: encodeIndex(index, text),
    ids: encodeStringsFile("ids", ids, rows, text),
    catalog: encodeStringsFile("catalog", catalog, rows, text),
    neighbours: encodeNeighbours(neighbours, text),
    constants: encodeConstants(
      {
        gram: new Float32Array(dim * dim).map((_, i) => (i % (dim + 1) === 0 ? 1 : 0)),
        categoryWeight: new Float32Array(DICTIONARIES.categories.length).fill(1),
        space,
      },
      text,
    ),
    cells: encodeCells(cellsOf(index), text),
    ...(content && { content: encodeContent(content, text) }),
    ...packed,
  };
  const blobs = new Map<string, Uint8Array>();
  const described: Partial<ReleaseFiles> = {};
  for (const [role, bytes] of Object.entries(files) as [keyof ReleaseFiles, Uint8Array][]) {
    const parts = await partsOf(role, bytes, { digest, text, ...(partBytes && { most: partBytes }) });
    const sha256 = await digest(bytes);
    described[role] = {
      name: `${role}.safetensors`,
      sha256,
      bytes: bytes.length,
      type: "application/octet-stream",
      ...(parts && { parts }),
    };
    let at = 0;
    for (const part of parts ?? [described[role]]) blobs.set(part.sha256, bytes.subarray(at, (at += part.bytes)));
  }
  const blocks = blockCount(ids);
  const draft: Omit<Release, "id"> = {
    format: "nearfeed-release",
    version: 1,
    createdAt,
    protocol: PROTOCOL_VERSION,
    space,
    signature: null,
    dim,
    items,
    files: described as ReleaseFiles,
    ...(packed && {
      costs: {
        device: [files.index, files.ids, files.catalog, files.neighbours].reduce((sum, file) => sum + file!.length, 0),
        pool: { cells, bytes: Math.round(packed.pools.length / cells) },
        edge: retrieveBytes(whole, REQUEST_LIMITS.count, text),
        rows: { blocks, bytes: Math.round(packed.rows.length / blocks) },
      },
    }),
    ...scoringSections(items),
    languages: [...DICTIONARIES.languages],
    regions: [...DICTIONARIES.regions],
    metrics: {},
  };
  const release: Release = { ...draft, id: await releaseId(draft, { digest, text }) };
  const made = { release, json: JSON.stringify(release), blobs, columns, dictionaries: DICTIONARIES, ids, neighbours };
  return { ...made, ...(content && { content }) };
}

function makeContent(dim: number, space: string, random: Random): SpacedContentMap {
  const names = ["bias", ...DICTIONARIES.categories.map((name) => `category:${name}`)];
  return { names, weights: Float32Array.from({ length: names.length * dim }, () => random() - 0.5), dim, space };
}

function scoringSections(
  items: number,
): Pick<Release, "profile" | "signals" | "linear" | "heads" | "selection" | "uncertainty"> {
  const never = { halfLifePositives: null, halfLifeMs: null };
  return {
    profile: {
      alpha: 0.1,
      lambda: 1,
      nu: 1,
      catalogueSize: items,
      taste: never,
      intent: { halfLifePositives: 5, halfLifeMs: null },
    },
    signals: DEFAULT_SIGNALS,
    linear: {
      taste: 1,
      intent: 1,
      neighbour: 1,
      neighbourHalfLifePositives: 5,
      content: 0.1,
      popularity: 0.1,
      popularityMax: 10,
      skip: 0.5,
      skipHalfLifePositives: 10,
      skipHalfLifeMs: null,
      adjustment: 1,
      deviation: 1,
    },
    heads: null,
    selection: { diversity: 0.3 },
    uncertainty: { sigma: 1, rhoSquared: 1 },
  };
}

function makeColumns(size: number, dim: number, random: Random): ItemColumns {
  const pick = (below: number): number => Math.floor(random() * below);
  const { vectors, scale } = quantizeRows(
    Float64Array.from({ length: size * dim }, () => random() - 0.5),
    dim,
  );
  // One or two categories an item; every third item is for one or two regions only, every fourth has no language.
  const categories = Array.from({ length: size }, () => {
    const first = pick(DICTIONARIES.categories.length);
    const second = pick(DICTIONARIES.categories.length);
    return first === second ? [first] : [first, second];
  });
  const regions = Array.from({ length: size }, (_, row) => (row % 3 !== 0 ? [] : row % 2 === 0 ? [0] : [1, 2]));
  return {
    size,
    dim,
    vectors,
    scale,
    popularity: Float32Array.from({ length: size }, () => pick(1_000)),
    appeal: Float32Array.from({ length: 3 * size }, (_, at) => (at % 7) / 8 - 0.5),
    uncertainty: new Float32Array(size).fill(0.5),
    history: Uint32Array.from({ length: size }, () => pick(1_000)),
    publishedAt: Uint32Array.from({ length: size }, (_, row) => (row % 7 === 0 ? 0 : NEWEST_MINUTES - pick(1_000_000))),
    author: Uint32Array.from({ length: size }, () => pick(20)),
    duration: new Uint16Array(size),
    language: Uint8Array.from({ length: size }, (_, row) => (row % 4 === 0 ? 0 : 1 + pick(2))),
    ...ragged("category", categories),
    ...ragged("region", regions),
  };
}

function ragged<const K extends "category" | "region">(
  name: K,
  lists: readonly number[][],
): Record<K, Uint16Array> & Record<`${K}Start`, Uint32Array> {
  const start = new Uint32Array(lists.length + 1);
  lists.forEach((list, i) => (start[i + 1] = start[i] + list.length));
  return { [name]: Uint16Array.from(lists.flat()), [`${name}Start`]: start } as never;
}

function makeNeighbours(size: number, rows: string, random: Random, perItem: number): Neighbours {
  const neighbour = size > WIDE_FROM ? new Uint32Array(size * perItem) : new Uint16Array(size * perItem);
  const weight = new Int8Array(size * perItem);
  for (let row = 0; row < size; row++) {
    for (let slot = 0; slot < perItem; slot++) {
      const used = slot < perItem - 1; // the last slot is unused: own row, weight 0
      neighbour[row * perItem + slot] = used ? (row + 1 + slot * 7) % size : row;
      weight[row * perItem + slot] = used ? Math.max(1, 127 - slot * 20 - Math.floor(random() * 10)) : 0;
    }
  }
  const scale = new Float32Array(size).fill(0.01);
  return { size, perItem, neighbour, weight, scale, rows };
}
