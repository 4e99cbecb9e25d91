/** What stands between products in a block: layer normalisation and the rectified layer, each with its slope. AssemblyScript. */
import { addProduct, sumOf } from "./lanes";

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
