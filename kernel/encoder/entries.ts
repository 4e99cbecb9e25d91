/** Arrays entry by entry: sums, products, and rows that belong to others. AssemblyScript. */
import { addProduct, sumOf } from "./lanes";

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
