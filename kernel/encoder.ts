/**
 * The encoder's kernel: what trainer/deep spends its time on, in float32 SIMD. Products of matrices, layer normalisation, attention
 * and the softmax over items, each with its slope.
 *
 * AssemblyScript, compiled to encoder.wasm by scripts/build-kernel.ts, and once more to encoder-fused.wasm for machines whose
 * WebAssembly multiplies and adds at once. It owns no memory and keeps no state. Addresses are bytes; sizes and strides are
 * entries of four bytes. What is done with it, and in which order, is trainer/deep/encoder-pass.ts; its twin is jax-js.
 */

/** Rows and columns of a product that are summed in registers: with what is read for them, as many as there are. */
const TILE_ROWS: usize = 5;
const TILE_COLUMNS: usize = 8;

/** Terms of a sum at a time: so many rows of eight columns of `b` stay in the nearest cache. */
const TERMS: usize = 128;

/** Up to so many entries, `b` stays in the nearest cache as a whole. */
const NEAR: usize = 8_192;

function addProduct(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * c = a·b, or c + a·b.
 *
 * @param c `[rows, columns]`, a row every `cRow` entries
 * @param a `[rows, terms]`: a row every `aRow` entries and a term every `aTerm`, so that transposed ones need no copy
 * @param b `[terms, columns]`, a row every `bRow` entries
 * @param adds whether to what `c` holds
 */
export function multiply(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aTerm: usize,
  b: usize,
  bRow: usize,
  rows: usize,
  columns: usize,
  terms: usize,
  adds: bool,
): void {
  cRow <<= 2;
  aRow <<= 2;
  aTerm <<= 2;
  bRow <<= 2;
  for (let first: usize = 0; first < terms; first += TERMS) {
    const count = min(TERMS, terms - first);
    const left = a + first * aTerm;
    const right = b + first * bRow;
    const more = adds || first > 0;
    if (count * columns <= NEAR) {
      for (let i: usize = 0; i < rows; i += TILE_ROWS) {
        for (let j: usize = 0; j < columns; j += TILE_COLUMNS) {
          tile(c, cRow, left, aRow, aTerm, right, bRow, i, j, rows, columns, count, more);
        }
      }
    } else {
      for (let j: usize = 0; j < columns; j += TILE_COLUMNS) {
        for (let i: usize = 0; i < rows; i += TILE_ROWS) {
          tile(c, cRow, left, aRow, aTerm, right, bRow, i, j, rows, columns, count, more);
        }
      }
    }
  }
}

function tile(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aTerm: usize,
  b: usize,
  bRow: usize,
  i: usize,
  j: usize,
  rows: usize,
  columns: usize,
  terms: usize,
  adds: bool,
): void {
  const to = c + i * cRow + (j << 2);
  const left = a + i * aRow;
  const right = b + (j << 2);
  if (columns - j < TILE_COLUMNS) {
    for (let r = i; r < min(rows, i + TILE_ROWS); r++) {
      for (let s = j; s < columns; s++) {
        single(c + r * cRow + (s << 2), a + r * aRow, aTerm, b + (s << 2), bRow, terms, adds);
      }
    }
  } else if (rows - i >= TILE_ROWS) {
    fullTile(to, cRow, left, aRow, aTerm, right, bRow, terms, adds);
  } else {
    for (let r: usize = 0; r < rows - i; r++) {
      rowTile(to + r * cRow, left + r * aRow, aTerm, right, bRow, terms, adds);
    }
  }
}

function fullTile(
  c: usize,
  cRow: usize,
  a: usize,
  aRow: usize,
  aTerm: usize,
  b: usize,
  bRow: usize,
  terms: usize,
  adds: bool,
): void {
  const a1 = aRow;
  const a2 = aRow << 1;
  const a3 = a2 + aRow;
  const a4 = aRow << 2;
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  let s40 = f32x4.splat(0);
  let s41 = f32x4.splat(0);
  for (let k: usize = 0; k < terms; k++) {
    const low = v128.load(b);
    const high = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = addProduct(x, low, s00);
    s01 = addProduct(x, high, s01);
    x = v128.load32_splat(a + a1);
    s10 = addProduct(x, low, s10);
    s11 = addProduct(x, high, s11);
    x = v128.load32_splat(a + a2);
    s20 = addProduct(x, low, s20);
    s21 = addProduct(x, high, s21);
    x = v128.load32_splat(a + a3);
    s30 = addProduct(x, low, s30);
    s31 = addProduct(x, high, s31);
    x = v128.load32_splat(a + a4);
    s40 = addProduct(x, low, s40);
    s41 = addProduct(x, high, s41);
    a += aTerm;
    b += bRow;
  }
  put(c, s00, s01, adds);
  c += cRow;
  put(c, s10, s11, adds);
  c += cRow;
  put(c, s20, s21, adds);
  c += cRow;
  put(c, s30, s31, adds);
  c += cRow;
  put(c, s40, s41, adds);
}

function rowTile(c: usize, a: usize, aTerm: usize, b: usize, bRow: usize, terms: usize, adds: bool): void {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  for (let k: usize = 0; k < terms; k++) {
    const x = v128.load32_splat(a);
    low = addProduct(x, v128.load(b), low);
    high = addProduct(x, v128.load(b, 16), high);
    a += aTerm;
    b += bRow;
  }
  put(c, low, high, adds);
}

function single(c: usize, a: usize, aTerm: usize, b: usize, bRow: usize, terms: usize, adds: bool): void {
  let sum: f32 = adds ? load<f32>(c) : 0;
  for (let k: usize = 0; k < terms; k++) {
    sum += load<f32>(a) * load<f32>(b);
    a += aTerm;
    b += bRow;
  }
  store<f32>(c, sum);
}

function put(c: usize, low: v128, high: v128, adds: bool): void {
  v128.store(c, adds ? f32x4.add(v128.load(c), low) : low);
  v128.store(c, adds ? f32x4.add(v128.load(c, 16), high) : high, 16);
}

/**
 * The columns of `from` as rows of `to`.
 *
 * @param from `[rows, columns]`, a row every `fromRow` entries @param to `[columns, rows]`, a row every `toRow` entries
 */
export function transpose(from: usize, fromRow: usize, rows: usize, columns: usize, to: usize, toRow: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      store<f32>(to + ((j * toRow + i) << 2), load<f32>(from + ((i * fromRow + j) << 2)));
    }
  }
}

/** Powers of less are taken for 0: what is left of such a chance, times a weight, is no normal number, and slow to count with. */
const LEAST: f32 = -70;

/** e to the power of each lane, within 2e-7 of it, of lanes up to 0. Cephes' polynomial. */
function power(x: v128): v128 {
  const counts = f32x4.gt(x, f32x4.splat(LEAST));
  x = f32x4.max(x, f32x4.splat(LEAST));
  const whole = f32x4.nearest(f32x4.mul(x, f32x4.splat(Mathf.LOG2E)));
  x = f32x4.sub(x, f32x4.mul(whole, f32x4.splat(0.693359375)));
  x = f32x4.sub(x, f32x4.mul(whole, f32x4.splat(-2.1219444e-4)));
  let y = f32x4.splat(1.98756915e-4);
  y = addProduct(y, x, f32x4.splat(1.3981999507e-3));
  y = addProduct(y, x, f32x4.splat(8.3334519073e-3));
  y = addProduct(y, x, f32x4.splat(4.1665795894e-2));
  y = addProduct(y, x, f32x4.splat(1.6666665459e-1));
  y = addProduct(y, x, f32x4.splat(5.0000001201e-1));
  y = addProduct(y, f32x4.mul(x, x), f32x4.add(x, f32x4.splat(1)));
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(y, exponent), counts);
}

function sumOf(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

function maxOf(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** log of a positive number, within 1e-6 of it. Cephes' polynomial. */
function logarithm(x: f32): f32 {
  const bits = reinterpret<u32>(x);
  let exponent = <i32>(bits >> 23) - 126;
  let m = reinterpret<f32>((bits & 0x007f_ffff) | 0x3f00_0000);
  if (m < Mathf.SQRT1_2) {
    exponent -= 1;
    m += m;
  }
  m -= 1;
  const z = m * m;
  let y: f32 = 7.0376836292e-2;
  y = y * m - 1.151461031e-1;
  y = y * m + 1.167699874e-1;
  y = y * m - 1.2420140846e-1;
  y = y * m + 1.4249322787e-1;
  y = y * m - 1.6668057665e-1;
  y = y * m + 2.0000714765e-1;
  y = y * m - 2.4999993993e-1;
  y = y * m + 3.3333331174e-1;
  y *= m * z;
  const e = <f32>exponent;
  y += e * -2.1219444e-4;
  y -= 0.5 * z;
  return m + y + e * 0.693359375;
}

/**
 * Layer normalisation with a gain.
 *
 * @param x `[rows, dim]` @param out the same, may be `x` @param normed the same, before the gain
 * @param inverse `[rows]` one over the deviation
 */
export function normalise(
  x: usize,
  gain: usize,
  rows: usize,
  dim: usize,
  epsilon: f32,
  out: usize,
  normed: usize,
  inverse: usize,
): void {
  const bytes = dim << 2;
  const even = bytes & ~15;
  for (let r: usize = 0; r < rows; r++) {
    let sums = f32x4.splat(0);
    let a: usize = 0;
    for (; a < even; a += 16) sums = f32x4.add(sums, v128.load(x + a));
    let sum = sumOf(sums);
    for (; a < bytes; a += 4) sum += load<f32>(x + a);
    const mean = sum / <f32>dim;
    sums = f32x4.splat(0);
    for (a = 0; a < even; a += 16) {
      const centred = f32x4.sub(v128.load(x + a), f32x4.splat(mean));
      v128.store(normed + a, centred);
      sums = addProduct(centred, centred, sums);
    }
    sum = sumOf(sums);
    for (; a < bytes; a += 4) {
      const centred = load<f32>(x + a) - mean;
      store<f32>(normed + a, centred);
      sum += centred * centred;
    }
    const over: f32 = 1 / sqrt<f32>(sum / <f32>dim + epsilon);
    store<f32>(inverse + (r << 2), over);
    for (a = 0; a < even; a += 16) {
      const value = f32x4.mul(v128.load(normed + a), f32x4.splat(over));
      v128.store(normed + a, value);
      v128.store(out + a, f32x4.mul(value, v128.load(gain + a)));
    }
    for (; a < bytes; a += 4) {
      const value = load<f32>(normed + a) * over;
      store<f32>(normed + a, value);
      store<f32>(out + a, value * load<f32>(gain + a));
    }
    x += bytes;
    out += bytes;
    normed += bytes;
  }
}

/**
 * Adds to `into` [rows, dim] what a slope of the normalised rows says of the rows themselves, and to `gainSlope` [dim] what it
 * says of the gain.
 *
 * @param slope `[rows, dim]` is used up
 */
export function normaliseBack(
  slope: usize,
  gain: usize,
  normed: usize,
  inverse: usize,
  rows: usize,
  dim: usize,
  into: usize,
  gainSlope: usize,
): void {
  const bytes = dim << 2;
  const even = bytes & ~15;
  for (let r: usize = 0; r < rows; r++) {
    let sums = f32x4.splat(0);
    let alongs = f32x4.splat(0);
    let a: usize = 0;
    for (; a < even; a += 16) {
      const given = v128.load(slope + a);
      const value = v128.load(normed + a);
      v128.store(gainSlope + a, addProduct(given, value, v128.load(gainSlope + a)));
      const scaled = f32x4.mul(given, v128.load(gain + a));
      v128.store(slope + a, scaled);
      sums = f32x4.add(sums, scaled);
      alongs = addProduct(scaled, value, alongs);
    }
    let sum = sumOf(sums);
    let along = sumOf(alongs);
    for (; a < bytes; a += 4) {
      const given = load<f32>(slope + a);
      const value = load<f32>(normed + a);
      store<f32>(gainSlope + a, load<f32>(gainSlope + a) + given * value);
      const scaled = given * load<f32>(gain + a);
      store<f32>(slope + a, scaled);
      sum += scaled;
      along += scaled * value;
    }
    const mean = sum / <f32>dim;
    const share = along / <f32>dim;
    const over = load<f32>(inverse + (r << 2));
    for (a = 0; a < even; a += 16) {
      const centred = f32x4.sub(v128.load(slope + a), f32x4.splat(mean));
      const rest = f32x4.sub(centred, f32x4.mul(v128.load(normed + a), f32x4.splat(share)));
      v128.store(into + a, addProduct(rest, f32x4.splat(over), v128.load(into + a)));
    }
    for (; a < bytes; a += 4) {
      const rest = load<f32>(slope + a) - mean - load<f32>(normed + a) * share;
      store<f32>(into + a, load<f32>(into + a) + rest * over);
    }
    slope += bytes;
    normed += bytes;
    into += bytes;
  }
}

/** x + bias, and 0 where that is below. @param x `[rows, columns]` */
export function rectify(x: usize, bias: usize, rows: usize, columns: usize): void {
  const bytes = columns << 2;
  for (let r: usize = 0; r < rows; r++) {
    for (let a: usize = 0; a < bytes; a += 16) {
      v128.store(x + a, f32x4.max(f32x4.add(v128.load(x + a), v128.load(bias + a)), f32x4.splat(0)));
    }
    x += bytes;
  }
}

/** The slope of what went in, in place of that of what came out, added to the bias's too. @param out what came out */
export function rectifyBack(slope: usize, out: usize, rows: usize, columns: usize, biasSlope: usize): void {
  const bytes = columns << 2;
  for (let r: usize = 0; r < rows; r++) {
    for (let a: usize = 0; a < bytes; a += 16) {
      const kept = v128.and(v128.load(slope + a), f32x4.gt(v128.load(out + a), f32x4.splat(0)));
      v128.store(slope + a, kept);
      v128.store(biasSlope + a, f32x4.add(v128.load(biasSlope + a), kept));
    }
    slope += bytes;
    out += bytes;
  }
}

/** into += from, entry by entry. */
export function add(into: usize, from: usize, count: usize): void {
  const end = into + (count << 2);
  const even = into + ((count & ~3) << 2);
  for (; into < even; into += 16, from += 16) v128.store(into, f32x4.add(v128.load(into), v128.load(from)));
  for (; into < end; into += 4, from += 4) store<f32>(into, load<f32>(into) + load<f32>(from));
}

/** into += a·factor, entry by entry. */
export function addScaled(into: usize, a: usize, factor: f32, count: usize): void {
  const end = into + (count << 2);
  const even = into + ((count & ~3) << 2);
  for (; into < even; into += 16, a += 16) {
    v128.store(into, addProduct(v128.load(a), f32x4.splat(factor), v128.load(into)));
  }
  for (; into < end; into += 4, a += 4) store<f32>(into, load<f32>(into) + load<f32>(a) * factor);
}

/** out = a·b, entry by entry; `out` may be one of them. */
export function scale(out: usize, a: usize, b: usize, count: usize): void {
  const end = out + (count << 2);
  const even = out + ((count & ~3) << 2);
  for (; out < even; out += 16, a += 16, b += 16) v128.store(out, f32x4.mul(v128.load(a), v128.load(b)));
  for (; out < end; out += 4, a += 4, b += 4) store<f32>(out, load<f32>(a) * load<f32>(b));
}

/** Σ a·b */
export function dot(a: usize, b: usize, count: usize): f32 {
  const end = a + (count << 2);
  const even = a + ((count & ~3) << 2);
  let sums = f32x4.splat(0);
  for (; a < even; a += 16, b += 16) sums = addProduct(v128.load(a), v128.load(b), sums);
  let sum = sumOf(sums);
  for (; a < end; a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/**
 * Adds rows of `from` to the rows of `into` that they belong to.
 *
 * @param from `[count, dim]` @param into `[n, dim]` @param row `[count]` i32, below 0 for rows that belong nowhere
 */
export function scatter(into: usize, from: usize, row: usize, count: usize, dim: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const to = load<i32>(row + (i << 2));
    if (to >= 0) add(into + ((<usize>to * dim) << 2), from + ((i * dim) << 2), dim);
  }
}

/** into = kept·into + (1 − kept)·from, entry by entry. */
export function blend(into: usize, from: usize, kept: f32, count: usize): void {
  const rest: f32 = 1 - kept;
  const end = into + (count << 2);
  const even = into + ((count & ~3) << 2);
  for (; into < even; into += 16, from += 16) {
    const old = f32x4.mul(v128.load(into), f32x4.splat(kept));
    v128.store(into, addProduct(v128.load(from), f32x4.splat(rest), old));
  }
  for (; into < end; into += 4, from += 4) store<f32>(into, load<f32>(into) * kept + load<f32>(from) * rest);
}

/**
 * One step of Adam with decoupled decay.
 *
 * @param values `[count]` and so are slopes, their means, the means of their squares, and what each value decays by. A multiple of four
 * @param meanRate what a slope weighs in its mean @param meanBias what all of them weigh by now
 */
export function adam(
  values: usize,
  slope: usize,
  mean: usize,
  square: usize,
  decay: usize,
  count: usize,
  rate: f32,
  meanRate: f32,
  squareRate: f32,
  meanBias: f32,
  squareBias: f32,
  epsilon: f32,
): void {
  const bytes = count << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const given = v128.load(slope + i);
    const oldMean = v128.load(mean + i);
    const m = addProduct(f32x4.sub(given, oldMean), f32x4.splat(meanRate), oldMean);
    const oldSquare = v128.load(square + i);
    const s = addProduct(f32x4.sub(f32x4.mul(given, given), oldSquare), f32x4.splat(squareRate), oldSquare);
    v128.store(mean + i, m);
    v128.store(square + i, s);
    const spread = f32x4.add(f32x4.sqrt(f32x4.div(s, f32x4.splat(squareBias))), f32x4.splat(epsilon));
    const value = v128.load(values + i);
    const move = f32x4.add(
      f32x4.div(f32x4.div(m, f32x4.splat(meanBias)), spread),
      f32x4.mul(v128.load(decay + i), value),
    );
    v128.store(values + i, f32x4.sub(value, f32x4.mul(move, f32x4.splat(rate))));
  }
}

/**
 * Scores of one head to weights, in place: each row over itself and the rows before it.
 *
 * @param scores `[rows, width]`, width a multiple of four and not below rows; entries right of the diagonal become 0
 * @param bias `[rows]` by distance
 * @param tiny keeps the sum from being nothing
 */
export function attend(scores: usize, rows: usize, width: usize, factor: f32, bias: usize, tiny: f32): void {
  for (let t: usize = 0; t < rows; t++) {
    const row = scores + ((t * width) << 2);
    let most: f32 = -Infinity;
    for (let e: usize = 0; e <= t; e++) {
      const at = row + (e << 2);
      const score = load<f32>(at) * factor + load<f32>(bias + ((t - e) << 2));
      store<f32>(at, score);
      most = max(most, score);
    }
    for (let e = t + 1; e < width; e++) store<f32>(row + (e << 2), -Infinity);
    const end = row + (width << 2);
    let sum = f32x4.splat(0);
    for (let at = row; at < end; at += 16) {
      const score = v128.load(at);
      const weight = power(f32x4.sub(score, f32x4.splat(most)));
      v128.store(at, weight);
      sum = f32x4.add(sum, weight);
    }
    const over = f32x4.splat(1 / (sumOf(sum) + tiny));
    for (let at = row; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), over));
  }
}

/**
 * Slopes of weights to slopes of products, in place, and added to those of the bias.
 *
 * @param slope `[rows, width]`; entries right of the diagonal are not read and become 0
 */
export function attendBack(
  weights: usize,
  slope: usize,
  rows: usize,
  width: usize,
  factor: f32,
  biasSlope: usize,
): void {
  for (let t: usize = 0; t < rows; t++) {
    const row = (t * width) << 2;
    let along: f32 = 0;
    for (let e: usize = 0; e <= t; e++)
      along += load<f32>(weights + row + (e << 2)) * load<f32>(slope + row + (e << 2));
    for (let e: usize = 0; e < width; e++) {
      const at = row + (e << 2);
      if (e > t) {
        store<f32>(slope + at, 0);
        continue;
      }
      const moved = load<f32>(weights + at) * (load<f32>(slope + at) - along);
      const distance = biasSlope + ((t - e) << 2);
      store<f32>(distance, load<f32>(distance) + moved);
      store<f32>(slope + at, moved * factor);
    }
  }
}

/**
 * Of each row the softmax over a target and others: scores become slopes of the summed loss.
 *
 * @param scores `[panels, rows, width]` products with the others, as many columns at a time as near caches hold; become slopes.
 *   Width is a multiple of four
 * @param taken `[panels, width]` what each score is less by
 * @param other `[panels, width]` i32 items @param item `[rows]` i32 the target's: among the others it is left out
 * @param wanted `[rows]` scores of the targets, less what is taken from them; become slopes
 * @param weight `[rows]` of each row's loss
 * @returns the loss: Σ weight · (log Σ exp − wanted)
 */
export function decide(
  scores: usize,
  panels: usize,
  rows: usize,
  width: usize,
  taken: usize,
  other: usize,
  item: usize,
  wanted: usize,
  weight: usize,
): f64 {
  const bytes = width << 2;
  const panel = rows * bytes;
  let loss: f64 = 0;
  for (let r: usize = 0; r < rows; r++) {
    const at = r << 2;
    const own = v128.load32_splat(item + at);
    const target = load<f32>(wanted + at);
    let highest = f32x4.splat(target);
    for (let p: usize = 0; p < panels; p++) {
      const row = scores + p * panel;
      const column = p * bytes;
      for (let m: usize = 0; m < bytes; m += 16) {
        const score = f32x4.sub(v128.load(row + m), v128.load(taken + column + m));
        const kept = v128.bitselect(f32x4.splat(-Infinity), score, i32x4.eq(v128.load(other + column + m), own));
        v128.store(row + m, kept);
        highest = f32x4.max(highest, kept);
      }
    }
    const most = maxOf(highest);
    let sums = f32x4.splat(0);
    for (let p: usize = 0; p < panels; p++) {
      const row = scores + p * panel;
      for (let m: usize = 0; m < bytes; m += 16) {
        const part = power(f32x4.sub(v128.load(row + m), f32x4.splat(most)));
        v128.store(row + m, part);
        sums = f32x4.add(sums, part);
      }
    }
    const part = f32x4.extract_lane(power(f32x4.splat(target - most)), 0);
    const sum = sumOf(sums) + part;
    const counts = load<f32>(weight + at);
    loss += <f64>counts * <f64>(logarithm(sum) + most - target);
    const over = f32x4.splat(counts / sum);
    for (let p: usize = 0; p < panels; p++) {
      const row = scores + p * panel;
      for (let m: usize = 0; m < bytes; m += 16) v128.store(row + m, f32x4.mul(v128.load(row + m), over));
    }
    store<f32>(wanted + at, counts * (part / sum - 1));
    scores += bytes;
  }
  return loss;
}
