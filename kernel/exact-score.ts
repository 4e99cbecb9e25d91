/**
 * The score of one row, to the bit that of shared/scan.ts. AssemblyScript; what both kernels (scan.ts, scores.ts) are made
 * of, and no kernel itself.
 */

/** The score of shared/scan.ts: one sum of the even places and one of the odd ones, each from left to right. */
export function exactScore(vector: usize, dim: usize, numbers: usize, scale: f32): f32 {
  let sum = f64x2.splat(0);
  for (let j: usize = 0; j < dim; j += 8) {
    const entries = v128.load8x8_s(vector + j);
    const low = i32x4.extend_low_i16x8_s(entries);
    const high = i32x4.extend_high_i16x8_s(entries);
    const query = numbers + (j << 3);
    sum = f64x2.add(sum, f64x2.mul(f64x2.convert_low_i32x4_s(low), v128.load(query)));
    sum = f64x2.add(sum, f64x2.mul(f64x2.convert_low_i32x4_s(upper(low)), v128.load(query, 16)));
    sum = f64x2.add(sum, f64x2.mul(f64x2.convert_low_i32x4_s(high), v128.load(query, 32)));
    sum = f64x2.add(sum, f64x2.mul(f64x2.convert_low_i32x4_s(upper(high)), v128.load(query, 48)));
  }
  return <f32>((f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) * <f64>scale);
}

function upper(v: v128): v128 {
  return v128.shuffle<i32>(v, v, 2, 3, 2, 3);
}
