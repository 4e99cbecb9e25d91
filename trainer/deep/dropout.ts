/** Masks that switch a share of units off in a training step (Srivastava et al. 2014). */
import type { Random } from "../math/random.ts";

/** A unit is drawn by one byte: four of them from each random number, since drawing takes a tenth of a training step. */
const STEPS = 256;

/** Entries are 0 with this chance, to the nearest 1/256, else large enough to keep the mean. */
export function dropoutMasks(count: number, size: number, share: number, random: Random): Float32Array[] {
  const off = Math.round(share * STEPS);
  const kept = STEPS / (STEPS - off);
  return Array.from({ length: count }, () => {
    const mask = new Float32Array(size);
    let bits = 0;
    for (let i = 0; i < size; i++) {
      bits = i % 4 === 0 ? (random() * STEPS ** 4) >>> 0 : bits >>> 8;
      mask[i] = (bits & (STEPS - 1)) < off ? 0 : kept;
    }
    return mask;
  });
}
