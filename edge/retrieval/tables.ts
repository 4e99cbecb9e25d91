// What the edge holds of a release: index, ids and display data, decoded and checked against release.json and each other.

import { NearfeedError } from "../../shared/errors.ts";
import { decodeContent } from "../../shared/content-file.ts";
import type { ContentMap } from "../../shared/content-map.ts";
import { decodeIndex } from "../../shared/index-file.ts";
import type { ItemIndex } from "../../shared/index-file.ts";
import { gatherColumns } from "../../shared/item-columns.ts";
import type { ItemColumns } from "../../shared/item-columns.ts";
import { decodeNeighbours } from "../../shared/neighbours-file.ts";
import type { Neighbours } from "../../shared/neighbours-file.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import { decodeString } from "../../shared/string-table.ts";
import { openStringsFile } from "../../shared/strings-file.ts";
import { blobKey } from "../publish/keys.ts";
import { text } from "../runtime.ts";
import { createIdLookup, idLookupBytes } from "./id-lookup.ts";
import { createIndexMemory, indexMemoryBytes } from "./index-memory.ts";
import type { IndexMemory } from "./index-memory.ts";
import { ordersBytes } from "./item-orders.ts";
import { kernelModule } from "./kernel-module.ts";
import { readInto } from "./read-into.ts";
import { createScanKernel } from "./scan-kernel.ts";

/** The tables of one release. */
export interface Tables {
  release: Release;
  /** Decoded where it lies, in `memory.file`. */
  index: ItemIndex;
  memory: IndexMemory;
  /** The id of a row. */
  id(row: number): string;
  /** The display data of a row, as JSON text. */
  catalog(row: number): string;
  /** The row of an id, or −1. */
  rowOf(id: string): number;
  /** The columns of some rows, in the order given. */
  columns(rows: ArrayLike<number>): ItemColumns;
  /** The content map, null where the release has none; loaded when first asked for. */
  content(): Promise<ContentMap | null>;
  /** The neighbour lists; loaded when first asked for, because most requests do not. */
  neighbours(): Promise<Neighbours>;
  /** Bytes held now, by all of the above. */
  bytes(): number;
}

/** Bytes that the tables of a release hold once they are loaded, without its neighbour lists. */
export function tablesBytes({ files, items, dim }: Release): number {
  const memory = indexMemoryBytes({ fileBytes: files.index.bytes, items, dim });
  return memory + files.ids.bytes + files.catalog.bytes + idLookupBytes(items) + ordersBytes(items);
}

/**
 * Loads and checks the tables of a release.
 * @throws NearfeedError bad_format, wrong_version, wrong_space or bad_value with the file's role in the path
 */
export async function loadTables(bucket: R2Bucket, release: Release): Promise<Tables> {
  const { files } = release;
  checkShape(release);
  const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
  const memory = createIndexMemory(kernel, { fileBytes: files.index.bytes, items: release.items, dim: release.dim });
  const index = await readFile(bucket, "index", files.index, memory.file, (bytes) => decodeIndex(bytes, text));
  checkIndex(release, index);
  const expected = { rows: index.rows, size: index.columns.size };
  const ids = await readFile(bucket, "ids", files.ids, room(files.ids), (bytes) =>
    openStringsFile("ids", bytes, expected, text),
  );
  const catalog = await readFile(bucket, "catalog", files.catalog, room(files.catalog), (bytes) =>
    openStringsFile("catalog", bytes, expected, text),
  );
  const id = (row: number): string => decodeString(ids.table, row, text);
  let lookup: ((id: string) => number) | undefined;
  let neighbours: Promise<Neighbours> | undefined;
  let content: Promise<ContentMap | null> | undefined;
  return {
    release,
    index,
    memory,
    id,
    catalog: (row) => decodeString(catalog.table, row, text),
    columns: (rows) => gatherColumns(index.columns, rows),
    content: () =>
      (content ??= loadContent(bucket, release).catch((error: unknown) => {
        content = undefined; // the next request tries again
        throw error;
      })),
    rowOf: (wanted) => (lookup ??= createIdLookup(expected.size, id))(wanted),
    neighbours: () =>
      (neighbours ??= readFile(bucket, "neighbours", files.neighbours, room(files.neighbours), (bytes) =>
        decodeNeighbours(bytes, expected, text),
      ).catch((error: unknown) => {
        neighbours = undefined; // the next request tries again
        throw error;
      })),
    bytes: () =>
      tablesBytes(release) +
      (neighbours === undefined ? 0 : files.neighbours.bytes) +
      (content === undefined ? 0 : (files.content?.bytes ?? 0)),
  };
}

async function loadContent(bucket: R2Bucket, { files, dim, space }: Release): Promise<ContentMap | null> {
  if (files.content === undefined) return null;
  const map = await readFile(bucket, "content", files.content, room(files.content), (bytes) =>
    decodeContent(bytes, dim, text),
  );
  if (map.space === space) return map;
  throw new NearfeedError("wrong_space", `the content map has space ${map.space}, the release says ${space}`, {
    path: "files.content",
  });
}

/** Reads a file into the bytes given and decodes it there; it is never held twice. */
async function readFile<T>(
  bucket: R2Bucket,
  role: string,
  file: ReleaseFile,
  into: Uint8Array,
  decode: (bytes: Uint8Array) => T,
): Promise<T> {
  const path = `files.${role}`;
  const object = await bucket.get(blobKey(file.sha256));
  if (object === null) throw new NearfeedError("bad_release", `${file.name} is gone from the bucket`, { path });
  if (object.size !== into.length) {
    const message = `${file.name} has ${object.size} bytes in the bucket, the release says ${into.length}`;
    throw new NearfeedError("bad_format", message, { path });
  }
  await readInto(into, object.body);
  try {
    return decode(into);
  } catch (error) {
    if (!(error instanceof NearfeedError)) throw error;
    const where = error.path === undefined ? path : `${path}:${error.path}`;
    throw new NearfeedError(error.code, `${file.name}: ${error.message}`, { path: where, cause: error });
  }
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
