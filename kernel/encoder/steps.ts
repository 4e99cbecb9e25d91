/** What becomes of parameters after a batch: a step of Adam, and averages. AssemblyScript. */
import { addProduct } from "./lanes";

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
