// Reads single tensors of a safetensors file in the bucket, or runs of them, by ranges: for whoever needs some rows of a file
// that is too large to be held. What the tensors mean is checked by whoever asked.

import { NearfeedError } from "../../shared/errors.ts";
import { badFormat } from "../../shared/format-checks.ts";
import { blobsOf } from "../../shared/release.ts";
import type { ReleaseFile } from "../../shared/release.ts";
import { decodeSafetensorsHeader } from "../../shared/safetensors.ts";
import type { DType, Tensor, TensorData } from "../../shared/safetensors.ts";
import { blobKey } from "../publish/keys.ts";
import { text } from "../runtime.ts";
import { readInto } from "./read-into.ts";

/** A file whose header was read. */
export interface TensorReader {
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether there is such a tensor. */
  has(name: string): boolean;
  /** @throws NearfeedError bad_format where there is no such tensor */
  shape(name: string): readonly number[];
  /**
   * The elements `from` to `to` of a tensor, as a tensor of one dimension.
   *
   * @param row elements that count as one, so that a matrix is read by rows
   * @param into where to read them; by default into memory of its own
   * @throws NearfeedError bad_format, bad_release
   */
  read(name: string, from: number, to: number, options?: { row?: number; into?: Uint8Array }): Promise<Tensor>;
}

/** The length of the header. */
const LENGTH_BYTES = 8;

/** No header of ours is longer: dictionaries of 65,536 names of 128 bytes. */
const MAX_HEADER_BYTES = 16 * 1_024 * 1_024;

const VIEWS: Readonly<Record<DType, (buffer: ArrayBuffer, at: number, length: number) => TensorData>> = {
  F32: (buffer, at, length) => new Float32Array(buffer, at, length),
  U32: (buffer, at, length) => new Uint32Array(buffer, at, length),
  U16: (buffer, at, length) => new Uint16Array(buffer, at, length),
  I8: (buffer, at, length) => new Int8Array(buffer, at, length),
  U8: (buffer, at, length) => new Uint8Array(buffer, at, length),
};

const ELEMENT_BYTES: Readonly<Record<DType, number>> = { F32: 4, U32: 4, U16: 2, I8: 1, U8: 1 };

/** Opens a file of a release. @throws NearfeedError bad_format, bad_release */
export async function openTensors(bucket: R2Bucket, file: ReleaseFile): Promise<TensorReader> {
  const length = await readRange(bucket, file, 0, new Uint8Array(LENGTH_BYTES));
  const headerBytes = Number(new DataView(length.buffer).getBigUint64(0, true));
  if (headerBytes > Math.min(MAX_HEADER_BYTES, file.bytes)) {
    throw badFormat(`${file.name} claims a header of ${headerBytes} bytes`, "header");
  }
  const head = await readRange(bucket, file, 0, new Uint8Array(LENGTH_BYTES + headerBytes));
  const { places, metadata, bodyStart } = decodeSafetensorsHeader(head, text);
  const placeOf = (name: string) => {
    const place = places.find((each) => each.name === name);
    if (place === undefined) throw badFormat(`Tensor "${name}" is missing.`, name);
    return place;
  };
  return {
    metadata,
    has: (name) => places.some((place) => place.name === name),
    shape: (name) => placeOf(name).shape,
    async read(name, from, to, { row = 1, into } = {}) {
      const place = placeOf(name);
      const size = ELEMENT_BYTES[place.dtype];
      const [start, end] = [place.start + from * row * size, place.start + to * row * size];
      if (from < 0 || end > place.end) throw badFormat(`"${name}" has ${place.shape} elements, not ${to} rows.`, name);
      const bytes = into ?? new Uint8Array(end - start);
      await readRange(bucket, file, bodyStart + start, bytes);
      const data = VIEWS[place.dtype](bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size);
      return { dtype: place.dtype, shape: [data.length], data };
    },
  };
}

/** Fills `into` with the bytes of a file from `offset` on, whatever its parts. */
async function readRange(bucket: R2Bucket, file: ReleaseFile, offset: number, into: Uint8Array): Promise<Uint8Array> {
  let partAt = 0;
  for (const { sha256, bytes } of blobsOf(file)) {
    const [from, to] = [Math.max(offset, partAt), Math.min(offset + into.length, partAt + bytes)];
    if (from < to) {
      const object = await bucket.get(blobKey(sha256), { range: { offset: from - partAt, length: to - from } });
      if (object === null) throw new NearfeedError("bad_release", `${file.name} is gone from the bucket`);
      await readInto(into.subarray(from - offset, to - offset), object.body);
    }
    partAt += bytes;
  }
  if (offset + into.length > partAt) throw badFormat(`${file.name} ends at byte ${partAt}.`, "data");
  return into;
}
