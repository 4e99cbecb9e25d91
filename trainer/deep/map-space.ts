/** Maps item vectors of one factorisation onto another's space by least squares, so that one network reads both. */
import { choleskyInPlace, choleskySolveInPlace } from "../math/cholesky.ts";

/** Share of the vectors' mean square that keeps the system solvable where few items have vectors. */
const RIDGE = 1e-6;

/**
 * The `[n, d]` vectors `from · M` with M = argmin Σ ‖from_i M − to_i‖² over items.
 *
 * @param from `[n, d]`
 * @param to `[n, d]`
 */
export function mapSpace(from: Float32Array, to: Float32Array, dim: number): Float32Array {
  const gram = new Float64Array(dim * dim);
  // Column c of the right side, and later of the map, is row c here.
  const columns = new Float64Array(dim * dim);
  for (let at = 0; at < from.length; at += dim) {
    for (let a = 0; a < dim; a++) {
      const x = from[at + a];
      for (let b = 0; b < dim; b++) {
        gram[a * dim + b] += x * from[at + b];
        columns[b * dim + a] += x * to[at + b];
      }
    }
  }
  let trace = 0;
  for (let a = 0; a < dim; a++) trace += gram[a * dim + a];
  const mapped = new Float32Array(from.length);
  if (trace === 0) return mapped;
  for (let a = 0; a < dim; a++) gram[a * dim + a] += (RIDGE * trace) / dim;
  choleskyInPlace(gram, dim);
  for (let c = 0; c < dim; c++) choleskySolveInPlace(gram, dim, columns.subarray(c * dim, (c + 1) * dim));
  for (let at = 0; at < from.length; at += dim) {
    for (let c = 0; c < dim; c++) {
      let sum = 0;
      for (let a = 0; a < dim; a++) sum += from[at + a] * columns[c * dim + a];
      mapped[at + c] = sum;
    }
  }
  return mapped;
}
