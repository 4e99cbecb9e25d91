/**
 * The exact scan: the dot product of one query with every int8 row. Plain TypeScript, and the twin that any faster
 * kernel is tested against.
 */
import type { ItemColumns } from "./item-columns.ts";

/**
 * Writes `scale[i] * (vectors[i] · query)` to `out[i]` for every row.
 *
 * @param vectors int8 `[n, d]` row-major
 * @param query `[d]`
 * @param out `[n]`
 */
export function scanInto(
  vectors: Int8Array,
  scale: Float32Array,
  dim: number,
  query: ArrayLike<number>,
  out: Float32Array,
): void {
  // A local double array lets the engine keep one element kind in the inner loop, whatever the caller passes.
  const q = Float64Array.from(query);
  const n = scale.length;
  for (let i = 0, at = 0; i < n; i++) {
    let a = 0;
    let b = 0;
    for (let j = 0; j < dim; j += 2) {
      a += vectors[at + j]! * q[j]!;
      b += vectors[at + j + 1]! * q[j + 1]!;
    }
    out[i] = (a + b) * scale[i]!;
    at += dim;
  }
}

/** Scores every item of a table against a query. Returns `[n]`. */
export function scan(columns: ItemColumns, query: ArrayLike<number>): Float32Array {
  const out = new Float32Array(columns.size);
  scanInto(columns.vectors, columns.scale, columns.dim, query, out);
  return out;
}
