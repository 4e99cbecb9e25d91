/** The rival: rows of plain float32 in JavaScript, four times the memory. The same top-k, so that only the scan differs. */
import type { ItemColumns } from "../../shared/item-columns.ts";
import { topK } from "../../shared/top-k.ts";

export interface Float32Index {
  search(query: readonly number[], count: number): Uint32Array;
}

/** @param columns of an even number of items */
export function createFloat32Index({ size, dim, vectors, scale }: ItemColumns): Float32Index {
  const rows = new Float32Array(size * dim); // [n, d] row-major
  for (let i = 0; i < size; i++) for (let j = 0; j < dim; j++) rows[i * dim + j] = vectors[i * dim + j]! * scale[i]!;
  const scores = new Float32Array(size);
  return {
    search(query, count) {
      scanFloat32(rows, dim, query, scores);
      return topK(scores, count);
    },
  };
}

/** Shaped like the int8 scan: two rows a pass, four sums. A function of its own, so that neither slows the other down. */
function scanFloat32(rows: Float32Array, dim: number, query: readonly number[], out: Float32Array): void {
  const q = Float64Array.from(query);
  for (let i = 0; i + 1 < out.length; i += 2) {
    const first = i * dim;
    const second = first + dim;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let j = 0; j < dim; j += 2) {
      const even = q[j]!;
      const odd = q[j + 1]!;
      a += rows[first + j]! * even;
      b += rows[first + j + 1]! * odd;
      c += rows[second + j]! * even;
      d += rows[second + j + 1]! * odd;
    }
    out[i] = a + b;
    out[i + 1] = c + d;
  }
}
