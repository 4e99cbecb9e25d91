/** The softmax of a target among others, with its loss and slopes in one pass. AssemblyScript. */
import { logarithm, maxOf, power, sumOf } from "./lanes";

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
