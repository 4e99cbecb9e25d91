/**
 * int8 quantisation of vectors, one scale a row. Symmetric, so that zero stays zero and a dot product needs no offsets.
 */

export interface Quantized {
  /** `[n, d]` row-major. */
  readonly vectors: Int8Array;
  /** `[n]`; a row of zeros has scale 0. */
  readonly scale: Float32Array;
}

/** The largest magnitude an int8 row uses; −128 is left out so that the range is symmetric. */
const LEVELS = 127;

/** Quantises `[n, d]` row-major values: the largest magnitude of a row becomes ±127. */
export function quantizeRows(values: ArrayLike<number>, dim: number): Quantized {
  const n = values.length / dim;
  const vectors = new Int8Array(values.length);
  const scale = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let largest = 0;
    for (let j = 0; j < dim; j++) largest = Math.max(largest, Math.abs(values[i * dim + j]!));
    scale[i] = largest / LEVELS;
    if (largest === 0) continue;
    for (let j = 0; j < dim; j++) vectors[i * dim + j] = Math.round((values[i * dim + j]! / largest) * LEVELS);
  }
  return { vectors, scale };
}
