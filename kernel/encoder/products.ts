/** Products of matrices, by tiles that are summed in registers, and the transpose that some of them need. AssemblyScript. */
import { addProduct } from "./lanes";

/** Rows and columns of a product that are summed in registers: with what is read for them, as many as there are. */
const TILE_ROWS: usize = 5;

const TILE_COLUMNS: usize = 8;

/** Terms of a sum at a time: so many rows of eight columns of `b` stay in the nearest cache. */
const TERMS: usize = 128;

/** Up to so many entries, `b` stays in the nearest cache as a whole. */
const NEAR: usize = 8_192;

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
