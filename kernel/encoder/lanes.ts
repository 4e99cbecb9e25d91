/** Four numbers at once: sums, powers and logarithms that the rest of the kernel is made of. AssemblyScript, and no kernel itself. */

export function addProduct(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

export function sumOf(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

export function maxOf(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** Powers of less are taken for 0: what is left of such a chance, times a weight, is no normal number, and slow to count with. */
const LEAST: f32 = -70;

/** e to the power of each lane, within 2e-7 of it, of lanes up to 0. Cephes' polynomial. */
export function power(x: v128): v128 {
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

/** log of a positive number, within 1e-6 of it. Cephes' polynomial. */
export function logarithm(x: f32): f32 {
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
