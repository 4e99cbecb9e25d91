// A run of rows of a release, read out of the bucket by ranges and checked: what one shard holds.

import { APPEALS } from "../../shared/appeal.ts";
import { readColumns, readDictionaries, takeMetadata } from "../../shared/columns-file.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { checkFormat } from "../../shared/format-checks.ts";
import { INDEX_FORMAT, INDEX_VERSION } from "../../shared/index-file.ts";
import type { Dictionaries, ItemColumns } from "../../shared/item-columns.ts";
import type { Release, ReleaseFile } from "../../shared/release.ts";
import type { Tensor } from "../../shared/safetensors.ts";
import { checkStarts, decodeString } from "../../shared/string-table.ts";
import { checkRows, STRINGS_VERSION } from "../../shared/strings-file.ts";
import type { StringsKind } from "../../shared/strings-file.ts";
import { createIdLookup, idLookupBytes } from "../retrieval/id-lookup.ts";
import { createIndexMemory } from "../retrieval/index-memory.ts";
import { ordersBytes } from "../retrieval/item-orders.ts";
import type { IndexMemory } from "../retrieval/index-memory.ts";
import { kernelModule } from "../retrieval/kernel-module.ts";
import { openTensors } from "../retrieval/read-tensors.ts";
import type { TensorReader } from "../retrieval/read-tensors.ts";
import { createScanKernel } from "../retrieval/scan-kernel.ts";
import { text } from "../runtime.ts";

/** Columns of one number a row. */
const PLAIN = ["popularity", "uncertainty", "published_at", "history", "author", "duration", "language"] as const;

/** Columns of a list a row. */
const LISTS = ["category", "region"] as const;

/** Rows `from` to `to` of a release, counted from 0. */
export interface Slice {
  readonly columns: ItemColumns;
  readonly dictionaries: Dictionaries;
  readonly memory: IndexMemory;
  /** The id of a row. */
  id(row: number): string;
  /** The row of an id, or −1. */
  rowOf(id: string): number;
  /** The display data of a row, as JSON text. */
  catalog(row: number): string;
}

/**
 * @param mostBytes that it may hold: shards are planned for rows of about the same size, and these may be larger
 * @throws NearfeedError bad_format, wrong_version or bad_release where the files are not what the release says, and too_large
 */
export async function loadSlice(
  bucket: R2Bucket,
  { files, dim }: Release,
  { from, to }: { from: number; to: number },
  mostBytes = Infinity,
): Promise<Slice> {
  const items = to - from;
  const file = await openTensors(bucket, files.index);
  checkFormat(file, INDEX_FORMAT, INDEX_VERSION);
  const kernel = (bytes: number) => createScanKernel(kernelModule, bytes);
  const memory = createIndexMemory(kernel, { fileBytes: items * (Float32Array.BYTES_PER_ELEMENT + dim), items, dim });
  // The kernel reads scales and vectors, so these two are read to where it sees them.
  const scales = memory.file.subarray(0, items * Float32Array.BYTES_PER_ELEMENT);
  const tensors = new Map<string, Tensor>();
  tensors.set("scale", await file.read("scale", from, to, { into: scales }));
  const vectors = await file.read("vectors", from, to, { row: dim, into: memory.file.subarray(scales.length) });
  tensors.set("vectors", { ...vectors, shape: [items, dim] });
  for (const name of PLAIN) tensors.set(name, await file.read(name, from, to));
  if (file.has("appeal")) {
    const appeal = await file.read("appeal", from, to, { row: APPEALS.length });
    tensors.set("appeal", { ...appeal, shape: [items, APPEALS.length] });
  }
  for (const name of LISTS) {
    const list = await readLists(file, `${name}_start`, name, from, to);
    tensors.set(`${name}_start`, list.start).set(name, list.values);
  }
  const whole = { tensors, metadata: file.metadata };
  const dictionaries = readDictionaries(whole);
  const columns = readColumns(whole, dictionaries);

  const rows = takeMetadata(file, "rows");
  let room = mostBytes - idLookupBytes(items) - ordersBytes(items);
  for (const { data } of tensors.values()) room -= data.byteLength;
  const readStrings = async (kind: StringsKind): Promise<(row: number) => string> => {
    const strings = await openStrings(bucket, files[kind], kind, rows);
    const start = await strings.read("string_start", from, to + 1);
    const starts = start.data as Uint32Array;
    const [first, end] = [starts[0]!, starts.at(-1)!];
    room -= starts.byteLength + end - first;
    if (room < 0) {
      const limit = `rows ${from} to ${to} hold ${mostBytes - room} bytes, an object may hold ${mostBytes}`;
      throw new NearfeedError("too_large", limit, {
        path: `files.${kind}`,
        hint: "Some items have far more display data than others. Give them less.",
      });
    }
    const { data } = await strings.read("string", first, end);
    const table = { start: starts.map((each) => each - first), bytes: data as Uint8Array };
    checkStarts(table.start, table.bytes.length, "string_start");
    return (row) => decodeString(table, row, text);
  };
  const id = await readStrings("ids");
  const catalog = await readStrings("catalog");
  return { columns, dictionaries, memory, id, rowOf: createIdLookup(items, id), catalog };
}

/**
 * Opens a file of one string a row for reading some of them.
 * @param rows the hash of the ids in row order
 */
export async function openStrings(
  bucket: R2Bucket,
  file: ReleaseFile,
  kind: StringsKind,
  rows: string,
): Promise<TensorReader> {
  const strings = await openTensors(bucket, file);
  checkFormat(strings, `nearfeed-${kind}`, STRINGS_VERSION);
  checkRows(takeMetadata(strings, "rows"), rows);
  return strings;
}

/** Lists of some rows, their starts counted from the first of them. */
async function readLists(file: TensorReader, starts: string, name: string, from: number, to: number) {
  const start = await file.read(starts, from, to + 1);
  const data = start.data as Uint32Array;
  const first = data[0]!;
  const values = await file.read(name, first, data.at(-1)!);
  return { start: { ...start, data: data.map((each) => each - first) }, values };
}
