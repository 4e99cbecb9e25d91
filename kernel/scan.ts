/**
 * The scan kernel: the best rows of an int8 matrix for one query, exactly those of shared/scan.ts and shared/top-k.ts.
 *
 * AssemblyScript, compiled to scan.wasm by scripts/build-kernel.ts. It owns no memory and keeps no state: whoever makes an
 * instance (edge/retrieval/scan-kernel.ts) gives it a memory and says where things lie. It knows no filter, only a mask.
 *
 * How it is both exact and fast: an integer scan of the query's int16 levels (`i32x4.dot_i16x8_s`, eight products an
 * instruction) gives every row's score within a known error. A row whose highest possible score is not above the least
 * of the best so far cannot be among them, and nearly all rows end there. The few others are scored again in doubles, in
 * the very order of operations of shared/scan.ts, and that score alone decides.
 */

import { exactScore } from "./exact-score";

/** Rows a step: their four sums fill one vector. */
const STEP: usize = 4;

/** Covers what float32 rounds in a bound: a sum to a float, a product, the gate itself; each at most 2⁻²⁴ of it. */
const ROUNDING: f64 = 1.0 / 4_194_304.0; // 2⁻²²

/** The least float32 above 0: what float32 rounds below its normal range, where nothing is in proportion. */
const LEAST_FLOAT: f64 = 1.401298464324817e-45;

/**
 * Goes on with the search for the `count` best rows, from row `from` to row `to`, a multiple of 4 apart but at the end.
 * The best so far lie in a heap of keys (u64 `[count]`), the worst at the top: see `keyOf`.
 *
 * @param vectors i8 `[n, dim]` row-major, dim even; up to 15 bytes past its end are read, whatever they are
 * @param scale f32 `[n]`, finite, from 0
 * @param mask u8 `[n]`, 0 where a row must not be taken; address 0 where all may be
 * @param levels i16 `[dim up to a multiple of 16]`, zeros past dim: the query over `step`, rounded
 * @param numbers f64, of the same length: the query
 * @param slack how far a row's sum of levels may be off the true one
 * @param size keys that are in the heap
 * @returns keys that are in it afterwards
 */
export function scan(
  vectors: usize,
  scale: usize,
  dim: usize,
  from: usize,
  to: usize,
  mask: usize,
  levels: usize,
  numbers: usize,
  step: f64,
  slack: i32,
  heap: usize,
  size: i32,
  count: i32,
): i32 {
  if (count === 0) return 0;
  const slacks = i32x4.splat(slack);
  let gate = size < count ? f32.NaN : gateOf(scoreOf(load<u64>(heap)), step);
  let row = from;
  for (const whole = to - ((to - from) & (STEP - 1)); row < whole; row += STEP) {
    if (mask !== 0 && load<u32>(mask + row) === 0) continue;
    const bounds = f32x4.mul(
      f32x4.convert_i32x4_s(i32x4.add(sums(vectors + row * dim, dim, levels), slacks)),
      v128.load(scale + (row << 2)),
    );
    // "Not at most" and not "above": while the gate is NaN, every row is looked at.
    let above = ~i32x4.bitmask(f32x4.le(bounds, f32x4.splat(gate))) & 15;
    while (above !== 0) {
      const at = row + ctz(above);
      above &= above - 1;
      if (mask !== 0 && load<u8>(mask + at) === 0) continue;
      const key = keyOf(exactScore(vectors + at * dim, dim, numbers, load<f32>(scale + (at << 2))), <u32>at);
      size = take(key, heap, size, count);
      if (size === count) gate = gateOf(scoreOf(load<u64>(heap)), step);
    }
  }
  for (; row < to; row++) {
    if (mask !== 0 && load<u8>(mask + row) === 0) continue;
    const key = keyOf(exactScore(vectors + row * dim, dim, numbers, load<f32>(scale + (row << 2))), <u32>row);
    size = take(key, heap, size, count);
  }
  return size;
}

/** Turns the heap into a list, best first. */
export function sort(heap: usize, size: i32): void {
  for (let end = size - 1; end > 0; end--) {
    const key = load<u64>(heap + ((<usize>end) << 3));
    store<u64>(heap + ((<usize>end) << 3), load<u64>(heap));
    sink(key, heap, end);
  }
}

/** Sums of entry × level of four rows, `[4]` i32. */
function sums(first: usize, dim: usize, levels: usize): v128 {
  let second = first + dim;
  let third = second + dim;
  let fourth = third + dim;
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  for (const end = second; first < end;) {
    const low = v128.load(levels);
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(first), low));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(second), low));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load8x8_s(third), low));
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load8x8_s(fourth), low));
    const high = v128.load(levels, 16);
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(first, 8), high));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(second, 8), high));
    c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load8x8_s(third, 8), high));
    d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load8x8_s(fourth, 8), high));
    first += 16;
    second += 16;
    third += 16;
    fourth += 16;
    levels += 32;
  }
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/**
 * What a bound must be above, in steps, for its row to have a chance against the least of the best; NaN where no float32
 * says it. It is rounded so that no row is lost, whatever float32 does at the ends of its range.
 */
function gateOf(least: f32, step: f64): f32 {
  // Rows of zeros are common, and a bound is above 0 wherever its score may be: no margin is needed, and none is passed.
  if (least === 0) return 0;
  const exact = <f64>least / step;
  const lowered = exact - Math.abs(exact) * ROUNDING - LEAST_FLOAT;
  if (lowered < -f32.MAX_VALUE) return f32.NaN;
  return <f32>Math.min(lowered, f32.MAX_VALUE);
}

/**
 * A score and its row as one number that is larger where the row is better: by score, and by the lower row where scores
 * are equal. Floats of one sign are ordered as their bits are.
 */
function keyOf(score: f32, row: u32): u64 {
  const bits = reinterpret<u32>(score + 0); // −0 + 0 is 0: the two are equal
  const ordered = bits >> 31 === 0 ? bits | 0x80000000 : ~bits;
  return ((<u64>ordered) << 32) | <u64>~row;
}

function scoreOf(key: u64): f32 {
  const ordered = <u32>(key >> 32);
  return reinterpret<f32>(ordered >> 31 === 0 ? ~ordered : ordered ^ 0x80000000);
}

/** The key of the least score that is ever taken; that of −Infinity is less. */
const LEAST_KEY: u64 = 0x00800000_00000000;

/** Puts a key into the heap, in place of the worst where it is full and that one is worse. Returns how many are in it. */
function take(key: u64, heap: usize, size: i32, count: i32): i32 {
  if (size === count) {
    if (key > load<u64>(heap)) sink(key, heap, size);
    return size;
  }
  if (key < LEAST_KEY) return size;
  let at = size;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = load<u64>(heap + ((<usize>parent) << 3));
    if (other <= key) break;
    store<u64>(heap + ((<usize>at) << 3), other);
    at = parent;
  }
  store<u64>(heap + ((<usize>at) << 3), key);
  return size + 1;
}

/** Puts a key where the worst was and lets it sink to its place. */
function sink(key: u64, heap: usize, size: i32): void {
  let at = 0;
  let child = 1;
  while (child < size) {
    const right = child + 1;
    // Added and not branched on: which child is worse is a coin toss, and a wrong guess costs more than the addition.
    child += i32(right < size && load<u64>(heap + ((<usize>right) << 3)) < load<u64>(heap + ((<usize>child) << 3)));
    const other = load<u64>(heap + ((<usize>child) << 3));
    if (other >= key) break;
    store<u64>(heap + ((<usize>at) << 3), other);
    at = child;
    child = 2 * at + 1;
  }
  store<u64>(heap + ((<usize>at) << 3), key);
}
