/**
 * What the formats built on safetensors check of a decoded file: its tensors by name, type and shape, its format and
 * version, and the numbers in it. The container itself is `safetensors.ts`.
 */
import { NearfeedError } from "./errors.ts";
import type { DType, Safetensors } from "./safetensors.ts";

export type DataOf<D extends DType> = D extends "F32"
  ? Float32Array
  : D extends "U32"
    ? Uint32Array
    : D extends "U16"
      ? Uint16Array
      : D extends "I8"
        ? Int8Array
        : Uint8Array;

/**
 * Takes one tensor out of a decoded file, checking its element type and shape. A `-1` in the shape accepts any length.
 *
 * @throws NearfeedError `bad_format` with got and expected.
 */
export function takeTensor<D extends DType>(
  file: Safetensors,
  name: string,
  dtype: D,
  shape: readonly number[],
): DataOf<D> {
  const found = file.tensors.get(name);
  if (!found)
    throw badFormat(`Tensor "${name}" is missing; the file has ${[...file.tensors.keys()].join(", ")}.`, name);
  const fits = found.shape.length === shape.length && shape.every((want, i) => want === -1 || want === found.shape[i]);
  if (found.dtype !== dtype || !fits) {
    throw badFormat(`Tensor "${name}": got ${found.dtype} [${found.shape}], expected ${dtype} [${shape}].`, name);
  }
  return found.data as DataOf<D>;
}

/** Checks the `format` and `version` metadata that every Nearfeed file carries. */
export function checkFormat(file: Pick<Safetensors, "metadata">, format: string, version: string): void {
  if (file.metadata["format"] !== format) {
    throw badFormat(
      `Got a file of format "${file.metadata["format"] ?? "none"}", expected "${format}".`,
      "__metadata__.format",
    );
  }
  if (file.metadata["version"] !== version) {
    throw new NearfeedError(
      "wrong_version",
      `Got ${format} version "${file.metadata["version"]}", expected "${version}".`,
      {
        path: "__metadata__.version",
        hint: "Update Nearfeed on the side that is older.",
      },
    );
  }
}

/**
 * Checks that every value is a finite number of at least `min`.
 *
 * @throws NearfeedError `bad_format` naming the first value that is not.
 */
export function checkRange(values: Float32Array | Int8Array, name: string, min = -Infinity): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= min && value > -Infinity && value < Infinity)) {
      const expected = min === -Infinity ? "a finite number" : `a finite number from ${min}`;
      throw badFormat(`"${name}" holds ${value}, expected ${expected}.`, `${name}[${i}]`);
    }
  }
}

/** A `bad_format` error; for the formats built on this container. */
export function badFormat(message: string, path?: string): NearfeedError {
  return new NearfeedError("bad_format", message, path === undefined ? {} : { path });
}
