/**
 * The scores kernel: the score of every row of an int8 matrix for one query, to the bit those of shared/scan.ts.
 *
 * AssemblyScript, compiled to scores.wasm by scripts/build-kernel.ts, for devices: they need the score of every item, and
 * 600 bytes are all they download for it. It owns no memory and keeps no state; whoever makes an instance
 * (client-sdk/engine/kernel-scan.ts) gives it a memory and says where things lie. The search for the best rows is scan.ts.
 */
import { exactScore } from "./exact-score";

/**
 * @param vectors i8 `[n, dim]` row-major, dim even; up to 7 bytes past its end are read, whatever they are
 * @param scale f32 `[n]`
 * @param numbers f64 `[dim up to a multiple of 8]`, zeros past dim: the query
 * @param out f32 `[n]`
 */
export function scores(vectors: usize, scale: usize, dim: usize, n: usize, numbers: usize, out: usize): void {
  for (const end = out + (n << 2); out < end; out += 4) {
    store<f32>(out, exactScore(vectors, dim, numbers, load<f32>(scale)));
    vectors += dim;
    scale += 4;
  }
}
