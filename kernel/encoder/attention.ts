/** The weights of one attention head, and their slope. AssemblyScript. */
import { power, sumOf } from "./lanes";

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
