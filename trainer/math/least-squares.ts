/** The d×d matrix that takes one space's vectors closest to another's. */
import { choleskyInPlace, choleskySolveInPlace } from "./cholesky.ts";

/** Ridge relative to the mean diagonal: keeps a space that spans fewer dimensions solvable. */
const RELATIVE_RIDGE = 1e-6;

/**
 * M minimising Σ w ‖x M − y‖². `[dim, dim]` row-major
 *
 * @param from x, `[n, dim]`
 * @param to y, `[n, dim]`
 * @param weight w ≥ 0, `[n]`
 */
export function fitLinearMap(
  from: Float32Array,
  to: Float32Array,
  weight: ArrayLike<number>,
  dim: number,
): Float64Array {
  const gram = new Float64Array(dim * dim);
  const cross = Array.from({ length: dim }, () => new Float64Array(dim));
  for (let row = 0; row < weight.length; row++) {
    if (!(weight[row] > 0)) continue;
    const at = row * dim;
    for (let i = 0; i < dim; i++) {
      const x = weight[row] * from[at + i];
      for (let j = 0; j <= i; j++) gram[i * dim + j] += x * from[at + j];
      for (let j = 0; j < dim; j++) cross[j][i] += x * to[at + j];
    }
  }
  let trace = 0;
  for (let i = 0; i < dim; i++) trace += gram[i * dim + i];
  for (let i = 0; i < dim; i++) gram[i * dim + i] += (RELATIVE_RIDGE * trace) / dim || 1;
  choleskyInPlace(gram, dim);
  const map = new Float64Array(dim * dim);
  cross.forEach((column, j) => {
    choleskySolveInPlace(gram, dim, column);
    for (let i = 0; i < dim; i++) map[i * dim + j] = column[i];
  });
  return map;
}
