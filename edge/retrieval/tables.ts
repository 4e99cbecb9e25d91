// What the edge holds of a release: index, ids and display data, decoded and checked against release.json and each other.

import { NearfeedError } from "../../shared/errors.ts";
import { decodeContent } from "../../shared/content-file.ts";
import type { ContentMap } from "../../shared/content-map.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import { packHeadBytes } from "../../shared/pack-file.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import { decodeString } from "../../shared/string-table.ts";
import { openStringsFile } from "../../shared/strings-file.ts";
import { text } from "../runtime.ts";
import { createIdLookup, idLookupBytes } from "./id-lookup.ts";
import { createIndexMemory, indexMemoryBytes } from "./index-memory.ts";
import type { IndexMemory } from "./index-memory.ts";
import { ordersBytes } from "./item-orders.ts";
import type { Hydrator, Items } from "./items.ts";
import { kernelModule } from "./kernel-module.ts";
import { openPack } from "./pack.ts";
import { readFile } from "./read-file.ts";
import { createScanKernel } from "./scan-kernel.ts";

/** The tables of one release, all in memory. */
export interface Tables extends Items {
  /** Decoded where it lies, in `memory.file`. */
  index: ItemIndex;
  memory: IndexMemory;
  /** The id of a row. */
  id(row: number): string;
  /** The display data of a row, as JSON text. */
  catalog(row: number): string;
}

/**
 * What a release may hold together with its neighbour lists. They are as many bytes as everything else, and reading a list
 * from the bucket costs a request of it; so those of a catalogue of up to about 100,000 items stay in memory, and two such
 * releases fit beside each other.
 */
const WITH_NEIGHBOURS_BYTES = 48_000_000;

/** Bytes that the tables of a release hold. */
export function tablesBytes(release: Release): number {
  return ownBytes(release) + (holdsNeighbours(release) ? release.files.neighbours.bytes : 0);
}

function holdsNeighbours(release: Release): boolean {
  return ownBytes(release) + release.files.neighbours.bytes <= WITH_NEIGHBOURS_BYTES;
}

function ownBytes({ files, items, dim, costs }: Release): number {
  const memory = indexMemoryBytes({ fileBytes: files.index.bytes, items, dim });
  const heads = costs === undefined ? 0 : packHeadBytes(costs.rows.blocks);
  const own = memory + files.ids.bytes + files.catalog.bytes + (files.content?.bytes ?? 0);
  return own + idLookupBytes(items) + ordersBytes(items) + heads;
}

/**
 * Loads and checks the tables of a release.
 * @param options.hash whether files in parts are checked against their hash, as they are when a release is published
 * @throws NearfeedError bad_format, wrong_version, wrong_space or bad_value with the file's role in the path
 */
export async function loadTables(bucket: R2Bucket, release: Release, { hash = false } = {}): Promise<Tables> {
  const { files } = release;
  checkShape(release);
  const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
  const memory = createIndexMemory(kernel, { fileBytes: files.index.bytes, items: release.items, dim: release.dim });
  const decode = (bytes: Uint8Array) => decodeIndex(bytes, text);
  const index = await readFile(bucket, files.index, { role: "index", into: memory.file, decode, hash });
  checkIndex(release, index);
  const expected = { rows: index.rows, size: index.columns.size };
  const strings = (role: "ids" | "catalog") =>
    readFile(bucket, files[role], {
      role,
      into: room(files[role]),
      decode: (bytes) => openStringsFile(role, bytes, expected, text),
      hash,
    });
  const ids = await strings("ids");
  const catalog = await strings("catalog");
  const id = (row: number): string => decodeString(ids.table, row, text);
  let lookup: ((id: string) => number) | undefined;
  return {
    release,
    head: index,
    index,
    memory,
    id,
    catalog: (row) => decodeString(catalog.table, row, text),
    content: contentOf(bucket, release),
    async rowsOf(wanted) {
      lookup ??= createIdLookup(expected.size, id);
      return wanted.map(lookup);
    },
    rows: openPack(bucket, release, "rows"),
    ...(holdsNeighbours(release) && { neighbours: once(() => loadNeighbours(bucket, release, index.rows)) }),
  };
}

/** Made when it is first asked for; a failure is not remembered. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined; // the next request tries again
      throw error;
    }));
}

/** Reads the content map of a release when it is first asked for, and once. */
export function contentOf(bucket: R2Bucket, release: Release): Items["content"] {
  return once(() => loadContent(bucket, release));
}

async function loadContent(bucket: R2Bucket, { files, dim, space }: Release): Promise<ContentMap | null> {
  if (files.content === undefined) return null;
  const map = await readFile(bucket, files.content, {
    role: "content",
    into: room(files.content),
    decode: (bytes) => decodeContent(bytes, dim, text),
  });
  if (map.space === space) return map;
  throw new NearfeedError("wrong_space", `the content map has space ${map.space}, the release says ${space}`, {
    path: "files.content",
  });
}

/** Looks up rows in tables. */
export function hydratorOf({ index, id, catalog: displayed }: Pick<Tables, "index" | "id" | "catalog">): Hydrator {
  return {
    hydrate: async (rows, { ids = false, catalog = false } = {}) => ({
      rows,
      columns: gatherColumns(index.columns, rows),
      ...(ids && { ids: Array.from(rows, id) }),
      ...(catalog && { catalog: Array.from(rows, displayed) }),
    }),
  };
}

/**
 * Reads the neighbour lists of a release.
 * @param rows the hash of the ids in row order
 * @param options.hash as for {@link loadTables}
 * @throws NearfeedError as {@link loadTables}
 */
export async function loadNeighbours(
  bucket: R2Bucket,
  { files, items }: Release,
  rows: string,
  { hash = false } = {},
): Promise<Neighbours> {
  return readFile(bucket, files.neighbours, {
    role: "neighbours",
    into: room(files.neighbours),
    decode: (bytes) => decodeNeighbours(bytes, { rows, size: items }, text),
    hash,
  });
}

function room({ bytes }: ReleaseFile): Uint8Array {
  return new Uint8Array(bytes);
}

/** Memory is laid out by what release.json says, so it must not say more than its index can hold. */
function checkShape({ items, dim, files }: Release): void {
  if (items * dim <= files.index.bytes) return;
  throw new NearfeedError("bad_value", `${items} vectors of ${dim} bytes do not fit ${files.index.bytes} bytes`, {
    path: "files.index",
  });
}

function checkIndex(release: Release, index: ItemIndex): void {
  const checks = [
    ["space", index.space, release.space, "wrong_space"],
    ["dim", index.columns.dim, release.dim, "bad_vector_length"],
    ["items", index.columns.size, release.items, "bad_value"],
  ] as const;
  for (const [path, got, expected, code] of checks) {
    if (got === expected) continue;
    throw new NearfeedError(code, `the index has ${path} ${got}, the release says ${expected}`, { path });
  }
}
