/**
 * Solves A X = C for a large dense symmetric A and as many right sides: a blocked Cholesky factorisation and two
 * triangular solves, all of them made of one kernel, sixteen dot products of rows at a time.
 *
 * The unblocked twin for small systems is `cholesky.ts`.
 */

/** Rows of a diagonal block: the unblocked part of the work is then a fiftieth of it. */
const BLOCK = 64;
/** Columns that a kernel call goes over: eight such rows stay in the nearest cache. */
const DEPTH = 256;

/**
 * Solves in place: on return row r of `right` holds A⁻¹ c_r, and `a` is used up.
 *
 * @param a `[n, n]` symmetric positive definite; the lower triangle is read
 * @param right `[m, n]`, one right side a row
 * @param breathe awaited often, so that the caller can stop it
 * @throws RangeError where the matrix is not positive definite
 */
export async function solveInPlace(
  a: Float64Array,
  n: number,
  right: Float64Array,
  breathe: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const m = right.length / n;
  for (let from = 0; from < n; from += BLOCK) {
    await breathe();
    const to = Math.min(n, from + BLOCK);
    subtractProducts(a, n, [from, to], [from, to], a, [0, from]);
    factorBlock(a, n, from, to);
    for (let row = to; row < n; row += BLOCK) {
      const rows = [row, Math.min(n, row + BLOCK)] as const;
      subtractProducts(a, n, rows, [from, to], a, [0, from]);
      solveBlock(a, n, a, rows, from, to);
    }
  }
  for (let row = 0; row < m; row += BLOCK) {
    const rows = [row, Math.min(m, row + BLOCK)] as const;
    for (let from = 0; from < n; from += BLOCK) {
      await breathe();
      const to = Math.min(n, from + BLOCK);
      subtractProducts(right, n, rows, [from, to], a, [0, from]);
      solveBlock(a, n, right, rows, from, to);
    }
  }
  mirror(a, n);
  for (let row = 0; row < m; row += BLOCK) {
    const rows = [row, Math.min(m, row + BLOCK)] as const;
    for (let to = n; to > 0; to = Math.floor((to - 1) / BLOCK) * BLOCK) {
      await breathe();
      const from = Math.floor((to - 1) / BLOCK) * BLOCK;
      subtractProducts(right, n, rows, [from, to], a, [to, n]);
      solveBlockBackwards(a, n, right, rows, from, to);
    }
  }
}

type Range = readonly [from: number, to: number];

/** out[r, c] −= Σ_k out[r, k] · by[c, k], for k of `over`, which lies outside of `columns`. */
function subtractProducts(
  out: Float64Array,
  n: number,
  [rowFrom, rowTo]: Range,
  [columnFrom, columnTo]: Range,
  by: Float64Array,
  [overFrom, overTo]: Range,
): void {
  for (let from = overFrom; from < overTo; from += DEPTH) {
    const to = Math.min(overTo, from + DEPTH);
    for (let r = rowFrom; r < rowTo; r += 4) {
      for (let c = columnFrom; c < columnTo; c += 4) {
        if (r + 4 <= rowTo && c + 4 <= columnTo) subtractSixteen(out, by, n, r, c, from, to);
        else subtractFew(out, by, n, [r, Math.min(rowTo, r + 4)], [c, Math.min(columnTo, c + 4)], [from, to]);
      }
    }
  }
}

/** Sixteen sums at once: every number that is read is used four times. */
function subtractSixteen(
  out: Float64Array,
  by: Float64Array,
  n: number,
  row: number,
  column: number,
  from: number,
  to: number,
): void {
  const [p0, p1, p2, p3] = [row * n, (row + 1) * n, (row + 2) * n, (row + 3) * n];
  const [q0, q1, q2, q3] = [column * n, (column + 1) * n, (column + 2) * n, (column + 3) * n];
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = from; k < to; k++) {
    const x0 = out[p0 + k];
    const x1 = out[p1 + k];
    const x2 = out[p2 + k];
    const x3 = out[p3 + k];
    const y0 = by[q0 + k];
    const y1 = by[q1 + k];
    const y2 = by[q2 + k];
    const y3 = by[q3 + k];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  out[p0 + column] -= s00;
  out[p0 + column + 1] -= s01;
  out[p0 + column + 2] -= s02;
  out[p0 + column + 3] -= s03;
  out[p1 + column] -= s10;
  out[p1 + column + 1] -= s11;
  out[p1 + column + 2] -= s12;
  out[p1 + column + 3] -= s13;
  out[p2 + column] -= s20;
  out[p2 + column + 1] -= s21;
  out[p2 + column + 2] -= s22;
  out[p2 + column + 3] -= s23;
  out[p3 + column] -= s30;
  out[p3 + column + 1] -= s31;
  out[p3 + column + 2] -= s32;
  out[p3 + column + 3] -= s33;
}

function subtractFew(
  out: Float64Array,
  by: Float64Array,
  n: number,
  [rowFrom, rowTo]: Range,
  [columnFrom, columnTo]: Range,
  [from, to]: Range,
): void {
  for (let r = rowFrom; r < rowTo; r++) {
    for (let c = columnFrom; c < columnTo; c++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += out[r * n + k] * by[c * n + k];
      out[r * n + c] -= sum;
    }
  }
}

function factorBlock(a: Float64Array, n: number, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    let pivot = a[j * n + j];
    for (let k = from; k < j; k++) pivot -= a[j * n + k] ** 2;
    if (!(pivot > 0)) throw new RangeError(`Matrix is not positive definite: pivot ${j} of ${n} is ${pivot}.`);
    a[j * n + j] = Math.sqrt(pivot);
    for (let i = j + 1; i < to; i++) {
      let sum = a[i * n + j];
      for (let k = from; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = sum / a[j * n + j];
    }
  }
}

/** Rows of x, columns of the block: forward substitution with the block's own triangle. */
function solveBlock(l: Float64Array, n: number, x: Float64Array, [rowFrom, rowTo]: Range, from: number, to: number) {
  for (let r = rowFrom * n; r < rowTo * n; r += n) {
    for (let i = from; i < to; i++) {
      let sum = x[r + i];
      for (let k = from; k < i; k++) sum -= l[i * n + k] * x[r + k];
      x[r + i] = sum / l[i * n + i];
    }
  }
}

/** The same from the last column on, with the transposed factor in the upper triangle. */
function solveBlockBackwards(
  l: Float64Array,
  n: number,
  x: Float64Array,
  [rowFrom, rowTo]: Range,
  from: number,
  to: number,
) {
  for (let r = rowFrom * n; r < rowTo * n; r += n) {
    for (let i = to - 1; i >= from; i--) {
      let sum = x[r + i];
      for (let k = i + 1; k < to; k++) sum -= l[i * n + k] * x[r + k];
      x[r + i] = sum / l[i * n + i];
    }
  }
}

/** Copies the lower triangle to the upper, block by block. */
function mirror(a: Float64Array, n: number): void {
  for (let block = 0; block < n; block += BLOCK) {
    for (let i = block; i < n; i++) {
      for (let j = block; j < Math.min(i, block + BLOCK); j++) a[j * n + i] = a[i * n + j];
    }
  }
}
