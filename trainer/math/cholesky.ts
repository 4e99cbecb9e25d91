/**
 * Dense Cholesky for the small systems of item and user vectors. Only lower triangles are read and written.
 */

/**
 * Factors a symmetric positive definite matrix in place: on return the lower triangle holds L with A = L Lᵀ.
 *
 * @param a `[n, n]` row-major with row stride `stride`
 * @throws RangeError where the matrix is not positive definite; its inputs then hold NaN or a zero regularisation.
 */
export function choleskyInPlace(a: Float64Array, n: number, stride: number = n): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * stride;
    let pivot = a[rowJ + j];
    for (let k = 0; k < j; k++) pivot -= a[rowJ + k] * a[rowJ + k];
    if (!(pivot > 0)) throw new RangeError(`Matrix is not positive definite: pivot ${j} of ${n} is ${pivot}.`);
    const diagonal = Math.sqrt(pivot);
    a[rowJ + j] = diagonal;
    const inverse = 1 / diagonal;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * stride;
      // Two sums, so that one addition need not wait for the one before.
      let even = a[rowI + j];
      let odd = 0;
      let k = 0;
      for (; k + 1 < j; k += 2) {
        even -= a[rowI + k] * a[rowJ + k];
        odd -= a[rowI + k + 1] * a[rowJ + k + 1];
      }
      if (k < j) even -= a[rowI + k] * a[rowJ + k];
      a[rowI + j] = (even + odd) * inverse;
    }
  }
}

/** Solves L Lᵀ x = b in place, with L from `choleskyInPlace`. */
export function choleskySolveInPlace(l: Float64Array, n: number, x: Float64Array, stride: number = n): void {
  for (let i = 0; i < n; i++) {
    let sum = x[i];
    for (let k = 0; k < i; k++) sum -= l[i * stride + k] * x[k];
    x[i] = sum / l[i * stride + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i];
    for (let k = i + 1; k < n; k++) sum -= l[k * stride + i] * x[k];
    x[i] = sum / l[i * stride + i];
  }
}
