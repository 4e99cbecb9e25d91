/**
 * The exact scan: the dot product of one query with every int8 row. Plain TypeScript, and the twin that any faster
 * kernel is tested against.
 */
import type { ItemColumns } from "./item-columns.ts";

/**
 * Writes `scale[i] * (vectors[i] · query)` to `out[i]` for every row.
 *
 * @param vectors int8 `[n, d]` row-major, d even
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
  // Two rows a pass, so that each number of the query is read once for both.
  for (let i = 0; i + 1 < n; i += 2) {
    const first = i * dim;
    const second = first + dim;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < dim; j += 2) {
      const even = q[j]!;
      const odd = q[j + 1]!;
      a += vectors[first + j]! * even;
      b += vectors[first + j + 1]! * odd;
      c += vectors[second + j]! * even;
      d += vectors[second + j + 1]! * odd;
    }
    out[i] = (a + b) * scale[i]!;
    out[i + 1] = (c + d) * scale[i + 1]!;
  }
  if (n % 2 === 1) {
    const last = (n - 1) * dim;
    let a = 0;
    let b = 0;
    for (let j = 0; j < dim; j += 2) {
      a += vectors[last + j]! * q[j]!;
      b += vectors[last + j + 1]! * q[j + 1]!;
    }
    out[n - 1] = (a + b) * scale[n - 1]!;
  }
}

/**
 * Two queries in one pass, which reads and converts the vectors once: `scanInto` of each, to the bit.
 *
 * @param one `[n]`, of the first query
 * @param two `[n]`, of the second
 */
export function scanTwoInto(
  vectors: Int8Array,
  scale: Float32Array,
  dim: number,
  queries: readonly [ArrayLike<number>, ArrayLike<number>],
  one: Float32Array,
  two: Float32Array,
): void {
  const p = Float64Array.from(queries[0]);
  const q = Float64Array.from(queries[1]);
  const n = scale.length;
  for (let i = 0, at = 0; i < n; i++) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < dim; j += 2, at += 2) {
      const even = vectors[at]!;
      const odd = vectors[at + 1]!;
      a += even * p[j]!;
      b += odd * p[j + 1]!;
      c += even * q[j]!;
      d += odd * q[j + 1]!;
    }
    one[i] = (a + b) * scale[i]!;
    two[i] = (c + d) * scale[i]!;
  }
}

/**
 * Scans the rows of one matrix: `out[q][i] = scale[i] * (vectors[i] · queries[q])`, to the bit what `scanInto` gives.
 *
 * @param queries one or two of `[d]`
 * @param out as many of `[n]`
 */
export type Scan = (queries: readonly ArrayLike<number>[], out: readonly Float32Array[]) => void;

/** The scan in plain TypeScript, the twin of any other. */
export function plainScan({ vectors, scale, dim }: ItemColumns): Scan {
  return ([first, second], [one, two]) => {
    if (!first || !one) return;
    if (second && two) scanTwoInto(vectors, scale, dim, [first, second], one, two);
    else scanInto(vectors, scale, dim, first, one);
  };
}

/** Scores every item of a table against a query. Returns `[n]`. */
export function scan(columns: ItemColumns, query: ArrayLike<number>): Float32Array {
  const out = new Float32Array(columns.size);
  scanInto(columns.vectors, columns.scale, columns.dim, query, out);
  return out;
}
