/** Masks that switch a share of units off in a training step (Srivastava et al. 2014). */
import type { Random } from "../math/random.ts";
import { type Tensor, tensor } from "./jax.ts";

/** Entries are 0 with this chance, else large enough to keep the mean. */
export function dropoutMasks(count: number, shape: readonly number[], share: number, random: Random): Tensor[] {
  const size = shape.reduce((a, b) => a * b);
  const kept = 1 / (1 - share);
  return Array.from({ length: count }, () => {
    const mask = new Float32Array(size);
    for (let i = 0; i < size; i++) mask[i] = random() < share ? 0 : kept;
    return tensor(mask, shape);
  });
}
