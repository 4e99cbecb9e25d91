/**
 * A list of strings as two tensors: all UTF-8 bytes, and where each string starts. Ids and catalogue entries travel so.
 *
 * Not a dictionary: strings are addressed by row only, and may repeat.
 */
import { NearfeedError } from "./errors.ts";
import type { TextCodec } from "./runtime.ts";
import { badFormat } from "./format-checks.ts";

export interface StringTable {
  /** UTF-8 of all strings, one after the other. */
  readonly bytes: Uint8Array;
  /** `[n + 1]`: string i lies at `start[i]` to `start[i + 1]`. */
  readonly start: Uint32Array;
}

export function encodeStrings(strings: readonly string[], codec: TextCodec): StringTable {
  const parts = strings.map((s) => codec.encode(s));
  const start = new Uint32Array(parts.length + 1);
  parts.forEach((part, i) => (start[i + 1] = start[i]! + part.length));
  const bytes = new Uint8Array(start[parts.length]!);
  parts.forEach((part, i) => bytes.set(part, start[i]));
  return { bytes, start };
}

/**
 * Decodes every string. Call `checkStarts` first on offsets that came from outside.
 *
 * @throws NearfeedError `bad_format` with the row of a string that is not UTF-8.
 */
export function decodeStrings(table: StringTable, codec: TextCodec): string[] {
  const { start } = table;
  const strings: string[] = new Array(start.length - 1);
  const all = decodeAscii(table.bytes, codec);
  for (let i = 0; i < strings.length; i++) {
    strings[i] = all === undefined ? decodeString(table, i, codec) : all.slice(start[i], start[i + 1]);
  }
  return strings;
}

/** All strings in one call, where a byte is a character: as many characters as bytes means ASCII. */
function decodeAscii(bytes: Uint8Array, codec: TextCodec): string | undefined {
  try {
    const all = codec.decode(bytes);
    return all.length === bytes.length ? all : undefined;
  } catch {
    return undefined; // decoding string by string says which one
  }
}

/** Decodes the string of one row; throws like `decodeStrings`. */
export function decodeString(table: StringTable, row: number, codec: TextCodec): string {
  try {
    return codec.decode(table.bytes.subarray(table.start[row], table.start[row + 1]));
  } catch (cause) {
    throw new NearfeedError("bad_format", `The string of row ${row} is not UTF-8.`, { path: `string[${row}]`, cause });
  }
}

/**
 * Checks that offsets start at 0, never fall, and end at the length of what they index.
 *
 * @throws NearfeedError `bad_format` naming the first offset that is wrong.
 */
export function checkStarts(start: Uint32Array, length: number, name: string): void {
  if (start[0] !== 0) throw badFormat(`"${name}" starts at ${start[0]}, expected 0.`, name);
  for (let i = 1; i < start.length; i++) {
    if (start[i]! < start[i - 1]!)
      throw badFormat(`"${name}" falls from ${start[i - 1]} to ${start[i]}.`, `${name}[${i}]`);
  }
  if (start[start.length - 1] !== length) {
    throw badFormat(
      `"${name}" ends at ${start[start.length - 1]}, expected ${length}.`,
      `${name}[${start.length - 1}]`,
    );
  }
}
