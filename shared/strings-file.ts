/**
 * Files of one string per row: the ids, and the catalogue of display data (one JSON text an item).
 *
 * Both carry the hash of the ids in row order, so that a file of another release is refused instead of shifting rows.
 */
import { takeMetadata } from "./columns-file.ts";
import type { Digest, TextCodec } from "./runtime.ts";
import { badFormat, checkFormat, takeTensor } from "./format-checks.ts";
import { decodeSafetensors, encodeSafetensors, tensor } from "./safetensors.ts";
import { checkStarts, decodeStrings, encodeStrings } from "./string-table.ts";
import type { StringTable } from "./string-table.ts";

/** The version of the format. */
export const STRINGS_VERSION = "1";

export type StringsKind = "ids" | "catalog";

export interface StringsFile {
  readonly table: StringTable;
  /** sha256 (hex) of the ids in row order. */
  readonly rows: string;
}

/** sha256 over the ids in row order: each id's UTF-8 length as U32 little-endian, then its bytes. */
export function hashRows(ids: readonly string[], codec: TextCodec, digest: Digest): Promise<string> {
  const parts = ids.map((id) => codec.encode(id));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const lengths = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    lengths.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return digest(bytes);
}

export function encodeStringsFile(
  kind: StringsKind,
  strings: readonly string[],
  rows: string,
  codec: TextCodec,
): Uint8Array {
  const { bytes, start } = encodeStrings(strings, codec);
  return encodeSafetensors(
    { string_start: tensor(start), string: tensor(bytes) },
    { format: `nearfeed-${kind}`, version: STRINGS_VERSION, rows },
    codec,
  );
}

/**
 * Opens a file for reading by row.
 *
 * @param expected the index it must belong to; without `rows` only their number is compared
 * @throws NearfeedError `bad_format` where it belongs to other rows, `wrong_version` for another version.
 */
export function openStringsFile(
  kind: StringsKind,
  bytes: Uint8Array,
  expected: { readonly rows?: string; readonly size: number },
  codec: TextCodec,
): StringsFile {
  const file = decodeSafetensors(bytes, codec);
  checkFormat(file, `nearfeed-${kind}`, STRINGS_VERSION);
  const rows = takeMetadata(file, "rows");
  checkRows(rows, expected.rows ?? rows);
  const table = {
    bytes: takeTensor(file, "string", "U8", [-1]),
    start: takeTensor(file, "string_start", "U32", [expected.size + 1]),
  };
  checkStarts(table.start, table.bytes.length, "string_start");
  return { table, rows };
}

/** Opens an ids file and decodes all of it. */
export function decodeIds(
  bytes: Uint8Array,
  expected: { readonly rows: string; readonly size: number },
  codec: TextCodec,
): string[] {
  return decodeStrings(openStringsFile("ids", bytes, expected, codec).table, codec);
}

/** @throws NearfeedError `bad_format` where two files were made for different rows. */
export function checkRows(got: string, expected: string): void {
  if (got !== expected) {
    throw badFormat(
      `The file belongs to rows ${got}, the index has rows ${expected}. They are of different releases.`,
      "__metadata__.rows",
    );
  }
}
