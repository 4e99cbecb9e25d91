/**
 * A made-up release of any size, written tensor by tensor in parts as a publisher stores them: no more than one part and one
 * block of rows is ever held. Its items are those that the suite `retrieve` searches, with ids and display data of one length.
 */
import { createHash } from "node:crypto";
import { dictionaryMetadata } from "../../shared/columns-file.ts";
import { INDEX_FORMAT, INDEX_VERSION } from "../../shared/index-file.ts";
import { MAX_BLOB_BYTES } from "../../shared/release.ts";
import type { ReleaseBlob, ReleaseFile } from "../../shared/release.ts";
import { mixBits } from "../../shared/noise.ts";
import type { Random } from "../../shared/runtime.ts";
import type { DType } from "../../shared/safetensors.ts";
import { STRINGS_VERSION } from "../../shared/strings-file.ts";
import { seeded } from "../../test/harness/small-release.ts";
import { DIM, LANGUAGES, languageOf } from "../retrieve/catalogue.ts";

const SPACE = "bench";
/** Rows that are made at once. */
const BLOCK = 65_536;
const ID_LETTERS = 12;
const DISPLAY_LETTERS = 100;
const CATEGORIES = ["music", "sport", "news", "comedy", "science"];
const NEWEST_MINUTES = 29_000_000;
const YEAR_MINUTES = 365 * 24 * 60;
/** As in the suite `retrieve`: a cell's centre plus noise, the rows of a cell together. */
const CENTRE_SPREAD = 128;
const NOISE_SPREAD = 120;
const NOISE_NUMBERS = 2 ** 20;
const QUERY_STEP = 1 / 128;

/** Stores a part. */
export type Put = (sha256: string, bytes: Uint8Array) => Promise<void>;

/** A tensor, and what makes the elements of some rows of it. */
interface Made {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly make: (from: number, to: number) => ArrayBufferView;
}

export interface LargeFiles {
  readonly index: ReleaseFile;
  readonly ids: ReleaseFile;
  readonly catalog: ReleaseFile;
}

/** Makes and stores the three files that the edge reads of a release in shards. */
export async function writeLargeFiles(items: number, seed: number, put: Put): Promise<LargeFiles> {
  const rows = createHash("sha256");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(ID_LETTERS);
  for (let from = 0; from < items; from += BLOCK) {
    const ids = Array.from(
      { length: Math.min(BLOCK, items - from) },
      (_, at) => length.toString("latin1") + idOf(from + at),
    );
    rows.update(ids.join(""), "latin1");
  }
  const hash = rows.digest("hex");
  const index = {
    format: INDEX_FORMAT,
    version: INDEX_VERSION,
    space: SPACE,
    metric: "dot",
    rows: hash,
    ...dictionaryMetadata({ categories: CATEGORIES, languages: LANGUAGES, regions: [] }),
  };
  const strings = (kind: string) => ({ format: `nearfeed-${kind}`, version: STRINGS_VERSION, rows: hash });
  return {
    index: await write("index", indexTensors(items, seed), index, items, put),
    ids: await write("ids", stringTensors(items, ID_LETTERS, idOf), strings("ids"), items, put),
    catalog: await write("catalog", stringTensors(items, DISPLAY_LETTERS, displayOf), strings("catalog"), items, put),
  };
}

/** The id of a row. */
export function idOf(row: number): string {
  return `item${String(row).padStart(ID_LETTERS - 4, "0")}`;
}

/** Queries near some cells, so that dot products are exact. `[q][d]` */
export function largeQueries(items: number, seed: number, count: number): number[][] {
  const cells = cellsOf(items);
  const random = seeded(seed + 1);
  return Array.from({ length: count }, () => {
    const centre = centreOf(seed, Math.floor(random() * cells));
    return Array.from(centre, (value) => near(value, random) * QUERY_STEP);
  });
}

function displayOf(row: number): string {
  const head = `{"id":"${idOf(row)}","title":"`;
  return `${head}${`Title ${row} `.padEnd(DISPLAY_LETTERS - head.length - 2, ".")}"}`;
}

function indexTensors(items: number, seed: number): Made[] {
  const cells = cellsOf(items);
  /** In [0, 1), by the row: whatever is made first, it is the same. */
  const drawn = (salt: number, row: number) => mixBits(row ^ mixBits(seed * 31 + salt)) / 2 ** 32;
  const floats = (name: string, of: (row: number) => number): Made => ({
    name,
    dtype: "F32",
    shape: [items],
    make: (from, to) => {
      const made = new Float32Array(to - from);
      for (let row = from; row < to; row++) made[row - from] = of(row);
      return made;
    },
  });
  const numbers = (name: string, of: (row: number) => number): Made => ({
    name,
    dtype: "U32",
    shape: [items],
    make: (from, to) => Uint32Array.from({ length: to - from }, (_, at) => of(from + at)),
  });
  // A last start belongs to no row: it comes with the last block.
  const starts = (name: string, each: number): Made => ({
    name,
    dtype: "U32",
    shape: [items + 1],
    make: (from, to) => Uint32Array.from({ length: to - from + Number(to === items) }, (_, at) => (from + at) * each),
  });
  return [
    floats("scale", (row) => 0.005 + 0.01 * drawn(1, row)),
    floats("popularity", (row) => Math.floor(1 / (drawn(2, row) + 0.0001))),
    floats("uncertainty", (row) => drawn(3, row)),
    numbers("published_at", (row) => NEWEST_MINUTES - Math.floor(drawn(4, row) * YEAR_MINUTES)),
    numbers("history", () => 0),
    numbers("author", (row) => row % 100_000),
    starts("category_start", 1),
    starts("region_start", 0),
    {
      name: "category",
      dtype: "U16",
      shape: [items],
      make: (from, to) => Uint16Array.from({ length: to - from }, (_, at) => (from + at) % CATEGORIES.length),
    },
    { name: "region", dtype: "U16", shape: [0], make: () => new Uint16Array(0) },
    { name: "duration", dtype: "U16", shape: [items], make: (from, to) => new Uint16Array(to - from) },
    { name: "vectors", dtype: "I8", shape: [items, DIM], make: (from, to) => vectors(from, to, items, cells, seed) },
    {
      name: "language",
      dtype: "U8",
      shape: [items],
      make: (from, to) => Uint8Array.from({ length: to - from }, (_, at) => 1 + languageOf(from + at)),
    },
  ];
}

function stringTensors(items: number, letters: number, of: (row: number) => string): Made[] {
  return [
    {
      name: "string_start",
      dtype: "U32",
      shape: [items + 1],
      make: (from, to) =>
        Uint32Array.from({ length: to - from + Number(to === items) }, (_, at) => (from + at) * letters),
    },
    {
      name: "string",
      dtype: "U8",
      shape: [items * letters],
      make: (from, to) => Buffer.from(Array.from({ length: to - from }, (_, at) => of(from + at)).join("")),
    },
  ];
}

function vectors(from: number, to: number, items: number, cells: number, seed: number): Int8Array {
  const made = new Int8Array((to - from) * DIM);
  const noise = noiseOf(seed);
  let cell = -1;
  let centre = new Float32Array(DIM);
  for (let row = from; row < to; row++) {
    const own = Math.floor((row * cells) / items);
    if (own !== cell) [cell, centre] = [own, centreOf(seed, own)];
    // Every row has its own piece of the noise: 640 million draws would take longer than what is measured.
    const start = mixBits(row ^ seed) % (NOISE_NUMBERS - DIM);
    for (let j = 0; j < DIM; j++) made[(row - from) * DIM + j] = Math.round(centre[j]! + noise[start + j]!);
  }
  return made;
}

function noiseOf(seed: number): Float32Array {
  const random = seeded(seed * 131);
  return Float32Array.from({ length: NOISE_NUMBERS }, () => (random() - 0.5) * NOISE_SPREAD);
}

function cellsOf(items: number): number {
  return Math.round(Math.sqrt(items));
}

function centreOf(seed: number, cell: number): Float32Array<ArrayBuffer> {
  const random = seeded(seed * 17 + cell);
  return Float32Array.from({ length: DIM }, () => (random() - 0.5) * CENTRE_SPREAD);
}

function near(value: number, random: Random): number {
  return Math.round(value + (random() - 0.5) * NOISE_SPREAD);
}

const ELEMENT_BYTES: Readonly<Record<DType, number>> = { F32: 4, U32: 4, U16: 2, I8: 1, U8: 1 };

/** @param tensors in the order of the file, the largest elements first */
async function write(
  name: string,
  tensors: readonly Made[],
  metadata: Record<string, string>,
  items: number,
  put: Put,
): Promise<ReleaseFile> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name: tensor, dtype, shape } of tensors) {
    const end = offset + shape.reduce((a, b) => a * b) * ELEMENT_BYTES[dtype];
    header[tensor] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + headerBytes, " ");
  head.writeBigUInt64LE(BigInt(headerBytes));
  head.write(json, 8);

  const all = createHash("sha256");
  const parts: ReleaseBlob[] = [];
  const part = Buffer.alloc(MAX_BLOB_BYTES);
  let used = 0;
  const flush = async () => {
    const bytes = part.subarray(0, used);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await put(sha256, bytes);
    parts.push({ sha256, bytes: used });
    used = 0;
  };
  const append = async (bytes: Uint8Array) => {
    all.update(bytes);
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, part.length - used);
      part.set(bytes.subarray(at, at + taken), used);
      at += taken;
      used += taken;
      if (used === part.length) await flush();
    }
  };
  await append(head);
  for (const { make } of tensors) {
    for (let from = 0; from < items; from += BLOCK) {
      const { buffer, byteOffset, byteLength } = make(from, Math.min(items, from + BLOCK));
      await append(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  if (used > 0) await flush();
  const file = { name: `${name}.safetensors`, type: "application/octet-stream", bytes: head.length + offset };
  const sha256 = all.digest("hex");
  return parts.length === 1 ? { ...file, sha256 } : { ...file, sha256, parts };
}
