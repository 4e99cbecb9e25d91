/**
 * The little linear algebra a d×d posterior needs: Cholesky factor and solves, in place, in float64.
 *
 * Sizes are the embedding dimension (64), so simple loops over flat arrays are both the clearest and the fastest form.
 */

/**
 * Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor L (A = L Lᵀ). The upper
 * triangle is neither read nor written.
 *
 * @param a `[d, d]` row-major
 * @returns false where the matrix is not positive definite; `a` is then undefined.
 */
export function choleskyInPlace(a: Float64Array, d: number): boolean {
  for (let i = 0; i < d; i++) {
    const rowI = i * d;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * d;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      if (j < i) {
        a[rowI + j] = sum / a[rowJ + j]!;
      } else {
        if (!(sum > 0)) return false;
        a[rowI + i] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Solves L x = b: half of `choleskySolve`, and ‖x‖² is bᵀA⁻¹b. `x` may be `b`. */
export function lowerSolve(l: Float64Array, d: number, b: ArrayLike<number>, x: Float64Array): Float64Array {
  for (let i = 0; i < d; i++) {
    const row = i * d;
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= l[row + k]! * x[k]!;
    x[i] = sum / l[row + i]!;
  }
  return x;
}

/** Solves L Lᵀ x = b. `x` may be `b`. */
export function choleskySolve(l: Float64Array, d: number, b: ArrayLike<number>, x: Float64Array): Float64Array {
  lowerSolve(l, d, b, x);
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < d; k++) sum -= l[k * d + i]! * x[k]!;
    x[i] = sum / l[i * d + i]!;
  }
  return x;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}
