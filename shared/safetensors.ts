/**
 * The safetensors container: an 8-byte header length, a JSON header, raw little-endian tensors.
 *
 * It knows bytes, shapes and element types. It is not where the meaning of a tensor is checked: the index, neighbours,
 * candidates and constants formats do that on top of it.
 *
 * Format: https://github.com/huggingface/safetensors (format section). On top of the standard, tensors are laid out by
 * element size (4, 2, 1 bytes) and the header is padded to 8 bytes, so that every typed array is aligned without holes.
 */
import { NearfeedError } from "./errors.ts";
import { badFormat } from "./format-checks.ts";
import { describe } from "./parse.ts";
import type { TextCodec } from "./runtime.ts";

export type DType = "F32" | "U32" | "U16" | "I8" | "U8";
export type TensorData = Float32Array | Uint32Array | Uint16Array | Int8Array | Uint8Array;

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const ELEMENT_BYTES: Record<DType, number> = { F32: 4, U32: 4, U16: 2, I8: 1, U8: 1 };

/** The reference implementation refuses longer headers, so that a hostile length cannot exhaust memory. */
const MAX_HEADER_BYTES = 100_000_000;

/** Describes a typed array as a tensor; the element type follows from the array's class. */
export function tensor(data: TensorData, shape: readonly number[] = [data.length]): Tensor {
  return { dtype: dtypeOf(data), shape, data };
}

/**
 * Writes tensors and string metadata as one file.
 *
 * @throws NearfeedError `bad_value` where a shape does not multiply to the length of its data.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
  codec: TextCodec,
): Uint8Array {
  const ordered = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) => ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const elements = product(shape);
    if (elements !== data.length) {
      throw new NearfeedError(
        "bad_value",
        `Tensor "${name}" has shape [${shape}] = ${elements}, got ${data.length} values.`,
        {
          path: name,
        },
      );
    }
    const end = offset + elements * ELEMENT_BYTES[dtype];
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = codec.encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** Where a tensor lies: bytes from `start` to `end` behind the header. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** What stands before the tensors. */
export interface SafetensorsHeader {
  /** In the order in which they lie in the file. */
  readonly places: readonly TensorPlace[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the first tensor begins, in bytes from the start of the file. */
  readonly bodyStart: number;
}

/**
 * Reads the header alone. The bytes may end anywhere behind it: what it says of tensors is not compared with them.
 *
 * @throws NearfeedError `bad_format`
 */
export function decodeSafetensorsHeader(file: Uint8Array, codec: TextCodec): SafetensorsHeader {
  const bodyStart = 8 + readHeaderLength(file);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(file.subarray(8, bodyStart), codec);
  const places = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry) }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  return { places, metadata: parseMetadata(metadata), bodyStart };
}

/**
 * Reads a file into typed arrays that view its bytes; only a file that starts at an odd address is copied first.
 *
 * @throws NearfeedError `bad_format` when lengths, offsets, shapes or types do not fit together. Its path is the tensor's
 * name, or `header` or `data` where no single tensor is at fault.
 */
export function decodeSafetensors(bytes: Uint8Array, codec: TextCodec): Safetensors {
  // Not slice(): of a Node Buffer that is another view at the same odd address.
  const file = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const { places, metadata, bodyStart } = decodeSafetensorsHeader(file, codec);
  const bodyBytes = file.length - bodyStart;
  const tensors = new Map<string, Tensor>();
  let expectedStart = 0;
  for (const { name, dtype, shape, start, end } of places) {
    const size = product(shape) * ELEMENT_BYTES[dtype];
    if (start !== expectedStart || end - start !== size || end > bodyBytes) {
      throw badFormat(
        `Tensor "${name}" (${dtype} [${shape}], ${size} bytes) lies at ${start}–${end}, expected ${expectedStart}–${expectedStart + size} within ${bodyBytes} bytes.`,
        name,
      );
    }
    tensors.set(name, { dtype, shape, data: view(file, bodyStart + start, dtype, product(shape), name) });
    expectedStart = end;
  }
  if (expectedStart !== bodyBytes) {
    throw badFormat(
      `The file holds ${bodyBytes} bytes of tensors, its header names ${expectedStart}. It is cut off or has a tail.`,
      "data",
    );
  }
  return { tensors, metadata };
}

function readHeaderLength(file: Uint8Array): number {
  if (file.length < 8) throw badFormat(`The file has ${file.length} bytes, expected at least 8.`, "header");
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || Number(length) > file.length - 8) {
    throw badFormat(
      `The header claims ${length} bytes, the file has ${file.length - 8} after the length. It is cut off or no safetensors file.`,
      "header",
    );
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array, codec: TextCodec): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(codec.decode(bytes));
  } catch {
    throw badFormat("The header is not JSON.", "header");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw badFormat("The header is not a JSON object.", "header");
  return header as Record<string, unknown>;
}

function parseEntry(name: string, entry: unknown): { dtype: DType; shape: number[]; start: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const natural = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    throw badFormat(
      `Tensor "${name}": got type ${describe(dtype)}, expected one of ${Object.keys(ELEMENT_BYTES).join(", ")}.`,
      name,
    );
  }
  if (
    !Array.isArray(shape) ||
    !shape.every(natural) ||
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every(natural)
  ) {
    throw badFormat(`Tensor "${name}": shape and data_offsets must be lists of natural numbers.`, name);
  }
  return { dtype: dtype as DType, shape, start: offsets[0], end: offsets[1] };
}

function parseMetadata(raw: unknown): Record<string, string> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw badFormat(`The metadata is ${describe(raw)}, expected an object.`, "__metadata__");
  }
  const entries = Object.entries(raw);
  for (const [key, value] of entries) {
    if (typeof value !== "string")
      throw badFormat(`Metadata "${key}" is ${typeof value}, expected a string.`, `__metadata__.${key}`);
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

function view(file: Uint8Array, at: number, dtype: DType, length: number, name: string): TensorData {
  const start = file.byteOffset + at;
  if (start % ELEMENT_BYTES[dtype] !== 0) {
    throw badFormat(
      `Tensor "${name}" starts at byte ${at}, which ${dtype} cannot be read from. Lay tensors out by element size.`,
      name,
    );
  }
  switch (dtype) {
    case "F32":
      return new Float32Array(file.buffer, start, length);
    case "U32":
      return new Uint32Array(file.buffer, start, length);
    case "U16":
      return new Uint16Array(file.buffer, start, length);
    case "I8":
      return new Int8Array(file.buffer, start, length);
    case "U8":
      return new Uint8Array(file.buffer, start, length);
  }
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Uint32Array) return "U32";
  if (data instanceof Uint16Array) return "U16";
  return data instanceof Int8Array ? "I8" : "U8";
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
