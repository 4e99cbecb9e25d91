/**
 * The iALS kernel: what trainer/items spends its time on, in float32 SIMD. Gram matrices, rotations, and the vectors of one
 * side by preconditioned conjugate gradients that start from the vectors there were.
 *
 * AssemblyScript, compiled to ials.wasm by scripts/build-kernel.ts. It owns no memory and keeps no state: threads share one
 * memory, and each says which rows it works on and which scratch is its own. The exact solve in doubles, its twin, is
 * trainer/items/ials-rows.ts.
 *
 * Source of the solver: Takács, Pilászy, Tikk 2011, "Applications of the conjugate gradient method for implicit feedback
 * collaborative filtering". Every `dim` here is a multiple of 8.
 */

/** Entries a step: four vectors are read for one load and store of a sum. */
const STEP: usize = 4;

/** Rows whose products are summed in float32 before they go into doubles: few enough that no small eigenvalue drowns. */
const GRAM_ROWS: usize = 32;

/** What is left of a residual, squared, when float32 holds no more of it: 2⁻²⁰ of its length. */
const CONVERGED: f32 = 1.0 / 1_099_511_627_776.0;

/** A residual, squared, that is 0 for all purposes. Rows that only say no fall towards 0 until float32 cannot divide by them. */
const LEAST: f32 = 1e-30;

/**
 * Adds Σ v vᵀ of rows `from` to `to` to the lower triangle of a matrix; up to seven places right of the diagonal are
 * written too.
 *
 * @param vectors f32 `[n, dim]` row-major
 * @param into f64 `[dim, dim]`
 */
export function addGram(vectors: usize, dim: usize, from: usize, to: usize, into: usize): void {
  const stride = dim << 2;
  for (let first = from; first < to; first += GRAM_ROWS) {
    const start = vectors + first * stride;
    const end = vectors + min(to, first + GRAM_ROWS) * stride;
    for (let i: usize = 0; i < dim; i += 4) {
      for (let j: usize = 0; j <= i; j += 8) addGramTile(start, end, stride, i, j, into + ((i * dim + j) << 3));
    }
  }
}

/** Four rows and eight columns of the matrix. */
function addGramTile(v: usize, end: usize, stride: usize, i: usize, j: usize, into: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  for (; v < end; v += stride) {
    const left = v + (i << 2);
    const right = v + (j << 2);
    const low = v128.load(right);
    const high = v128.load(right, 16);
    let x = v128.load32_splat(left);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    a1 = f32x4.add(a1, f32x4.mul(x, high));
    x = v128.load32_splat(left, 4);
    b0 = f32x4.add(b0, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(left, 8);
    c0 = f32x4.add(c0, f32x4.mul(x, low));
    c1 = f32x4.add(c1, f32x4.mul(x, high));
    x = v128.load32_splat(left, 12);
    d0 = f32x4.add(d0, f32x4.mul(x, low));
    d1 = f32x4.add(d1, f32x4.mul(x, high));
  }
  const below = stride << 1;
  addDoubles(into, a0, a1);
  addDoubles(into + below, b0, b1);
  addDoubles(into + 2 * below, c0, c1);
  addDoubles(into + 3 * below, d0, d1);
}

function addDoubles(into: usize, low: v128, high: v128): void {
  v128.store(into, f64x2.add(v128.load(into), f64x2.promote_low_f32x4(low)));
  v128.store(into, f64x2.add(v128.load(into, 16), f64x2.promote_low_f32x4(upper(low))), 16);
  v128.store(into, f64x2.add(v128.load(into, 32), f64x2.promote_low_f32x4(high)), 32);
  v128.store(into, f64x2.add(v128.load(into, 48), f64x2.promote_low_f32x4(upper(high))), 48);
}

/**
 * Replaces rows `from` to `to` by v·M.
 *
 * @param vectors f32 `[n, dim]`
 * @param matrix M, f32 `[dim, dim]`
 * @param scratch f32 `[4, dim]`
 */
export function rotate(vectors: usize, dim: usize, matrix: usize, from: usize, to: usize, scratch: usize): void {
  const stride = dim << 2;
  const last = vectors + (to - 1) * stride;
  for (let row = from; row < to; row += STEP) {
    const first = vectors + row * stride;
    // Past the last row, that one again: its result is written last, and is the same.
    const second = min(first + stride, last);
    const third = min(second + stride, last);
    const fourth = min(third + stride, last);
    for (let j: usize = 0; j < stride; j += 32) {
      rotateTile(first, second, third, fourth, stride, matrix + j, scratch + j);
    }
    memory.copy(first, scratch, stride);
    memory.copy(second, scratch + stride, stride);
    memory.copy(third, scratch + 2 * stride, stride);
    memory.copy(fourth, scratch + 3 * stride, stride);
  }
}

/** Eight columns of four rows. */
function rotateTile(a: usize, b: usize, c: usize, d: usize, stride: usize, matrix: usize, out: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  for (let i: usize = 0; i < stride; i += 4) {
    const low = v128.load(matrix);
    const high = v128.load(matrix, 16);
    matrix += stride;
    let x = v128.load32_splat(a + i);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    a1 = f32x4.add(a1, f32x4.mul(x, high));
    x = v128.load32_splat(b + i);
    b0 = f32x4.add(b0, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(c + i);
    c0 = f32x4.add(c0, f32x4.mul(x, low));
    c1 = f32x4.add(c1, f32x4.mul(x, high));
    x = v128.load32_splat(d + i);
    d0 = f32x4.add(d0, f32x4.mul(x, low));
    d1 = f32x4.add(d1, f32x4.mul(x, high));
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out + stride, b0);
  v128.store(out + stride, b1, 16);
  v128.store(out + 2 * stride, c0);
  v128.store(out + 2 * stride, c1, 16);
  v128.store(out + 3 * stride, d0);
  v128.store(out + 3 * stride, d1, 16);
}

/**
 * Brings rows `from` to `to` nearer to (D + Σ c v vᵀ)⁻¹ Σ c y v, with D = `gram` + the row's ridge, by `steps` steps of
 * conjugate gradients; a row without entries becomes 0.
 *
 * @param start u32 `[rows + 1]`: row r owns entries start[r] to start[r + 1]
 * @param column u32, target f32 (y), confidence f32 (c): the entries
 * @param ridge f32 `[rows]`, above 0
 * @param fixed f32 `[columns, dim]`: v
 * @param gram f32 `[dim]`
 * @param solved f32 `[rows, dim]`: where to start, and the result
 * @param scratch f32 `[4, dim]`
 */
export function solve(
  dim: usize,
  start: usize,
  column: usize,
  target: usize,
  confidence: usize,
  ridge: usize,
  fixed: usize,
  gram: usize,
  solved: usize,
  from: usize,
  to: usize,
  steps: i32,
  scratch: usize,
): void {
  const stride = dim << 2;
  const r = scratch;
  const p = scratch + stride;
  const q = scratch + 2 * stride;
  const diagonal = scratch + 3 * stride;
  for (let row = from; row < to; row++) {
    const first = <usize>load<u32>(start + (row << 2));
    const end = <usize>load<u32>(start + (row << 2), 4);
    const x = solved + row * stride;
    if (first === end) {
      memory.fill(x, 0, stride);
      continue;
    }
    const ridges = v128.load32_splat(ridge + (row << 2));
    for (let j: usize = 0; j < stride; j += 16) {
      v128.store(diagonal + j, f32x4.add(v128.load(gram + j), ridges));
    }
    // r = Σ c (y − v·x) v − D x
    for (let j: usize = 0; j < stride; j += 16) {
      v128.store(r + j, f32x4.neg(f32x4.mul(v128.load(diagonal + j), v128.load(x + j))));
    }
    addEntries(first, end, column, target, confidence, fixed, stride, x, r);
    let rz = precondition(r, diagonal, stride, p, 0);
    const enough = max(rz * CONVERGED, LEAST);
    for (let step = 0; step < steps && rz > enough; step++) {
      for (let j: usize = 0; j < stride; j += 16) {
        v128.store(q + j, f32x4.mul(v128.load(diagonal + j), v128.load(p + j)));
      }
      addEntries(first, end, column, 0, confidence, fixed, stride, p, q);
      const alpha = f32x4.splat(rz / dot(p, q, stride));
      for (let j: usize = 0; j < stride; j += 16) {
        v128.store(x + j, f32x4.add(v128.load(x + j), f32x4.mul(alpha, v128.load(p + j))));
        v128.store(r + j, f32x4.sub(v128.load(r + j), f32x4.mul(alpha, v128.load(q + j))));
      }
      if (step + 1 < steps) rz = precondition(r, diagonal, stride, p, rz);
    }
  }
}

/** p = z + (r·z / before) p with z = D⁻¹ r; p = z where `before` is 0. Returns r·z. */
function precondition(r: usize, diagonal: usize, stride: usize, p: usize, before: f32): f32 {
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < stride; j += 16) {
    const rest = v128.load(r + j);
    sum = f32x4.add(sum, f32x4.mul(rest, f32x4.div(rest, v128.load(diagonal + j))));
  }
  const rz = total(sum);
  const beta = f32x4.splat(before > 0 ? rz / before : 0);
  for (let j: usize = 0; j < stride; j += 16) {
    const z = f32x4.div(v128.load(r + j), v128.load(diagonal + j));
    v128.store(p + j, before > 0 ? f32x4.add(z, f32x4.mul(beta, v128.load(p + j))) : z);
  }
  return rz;
}

/** Adds Σ c (y − v·x) v to `out` where there are targets, and Σ c (v·x) v where `target` is 0. */
function addEntries(
  from: usize,
  end: usize,
  column: usize,
  target: usize,
  confidence: usize,
  fixed: usize,
  stride: usize,
  x: usize,
  out: usize,
): void {
  let e = from;
  for (const whole = end - ((end - from) & (STEP - 1)); e < whole; e += STEP) {
    const at = column + (e << 2);
    const a = fixed + <usize>load<u32>(at) * stride;
    const b = fixed + <usize>load<u32>(at, 4) * stride;
    const c = fixed + <usize>load<u32>(at, 8) * stride;
    const d = fixed + <usize>load<u32>(at, 12) * stride;
    let w = dots(a, b, c, d, x, stride);
    if (target !== 0) w = f32x4.sub(v128.load(target + (e << 2)), w);
    addFour(a, b, c, d, f32x4.mul(w, v128.load(confidence + (e << 2))), out, stride);
  }
  for (; e < end; e++) {
    const v = fixed + <usize>load<u32>(column + (e << 2)) * stride;
    let w = dot(v, x, stride);
    if (target !== 0) w = load<f32>(target + (e << 2)) - w;
    const weight = f32x4.splat(w * load<f32>(confidence + (e << 2)));
    for (let j: usize = 0; j < stride; j += 16) {
      v128.store(out + j, f32x4.add(v128.load(out + j), f32x4.mul(weight, v128.load(v + j))));
    }
  }
}

/** The products of four vectors with x. `[4]` f32 */
function dots(a: usize, b: usize, c: usize, d: usize, x: usize, stride: usize): v128 {
  let as = f32x4.splat(0);
  let bs = f32x4.splat(0);
  let cs = f32x4.splat(0);
  let ds = f32x4.splat(0);
  for (let j: usize = 0; j < stride; j += 32) {
    let y = v128.load(x + j);
    as = f32x4.add(as, f32x4.mul(y, v128.load(a + j)));
    bs = f32x4.add(bs, f32x4.mul(y, v128.load(b + j)));
    cs = f32x4.add(cs, f32x4.mul(y, v128.load(c + j)));
    ds = f32x4.add(ds, f32x4.mul(y, v128.load(d + j)));
    y = v128.load(x + j, 16);
    as = f32x4.add(as, f32x4.mul(y, v128.load(a + j, 16)));
    bs = f32x4.add(bs, f32x4.mul(y, v128.load(b + j, 16)));
    cs = f32x4.add(cs, f32x4.mul(y, v128.load(c + j, 16)));
    ds = f32x4.add(ds, f32x4.mul(y, v128.load(d + j, 16)));
  }
  const ab = f32x4.add(v128.shuffle<i32>(as, bs, 0, 4, 1, 5), v128.shuffle<i32>(as, bs, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(cs, ds, 0, 4, 1, 5), v128.shuffle<i32>(cs, ds, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** Adds w₀a + w₁b + w₂c + w₃d to `out`. */
function addFour(a: usize, b: usize, c: usize, d: usize, w: v128, out: usize, stride: usize): void {
  const wa = v128.shuffle<i32>(w, w, 0, 0, 0, 0);
  const wb = v128.shuffle<i32>(w, w, 1, 1, 1, 1);
  const wc = v128.shuffle<i32>(w, w, 2, 2, 2, 2);
  const wd = v128.shuffle<i32>(w, w, 3, 3, 3, 3);
  for (let j: usize = 0; j < stride; j += 16) {
    const ab = f32x4.add(f32x4.mul(wa, v128.load(a + j)), f32x4.mul(wb, v128.load(b + j)));
    const cd = f32x4.add(f32x4.mul(wc, v128.load(c + j)), f32x4.mul(wd, v128.load(d + j)));
    v128.store(out + j, f32x4.add(v128.load(out + j), f32x4.add(ab, cd)));
  }
}

function dot(a: usize, b: usize, stride: usize): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (let j: usize = 0; j < stride; j += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a + j), v128.load(b + j)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a + j, 16), v128.load(b + j, 16)));
  }
  return total(f32x4.add(even, odd));
}

function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

function upper(v: v128): v128 {
  return v128.shuffle<i32>(v, v, 2, 3, 2, 3);
}
