/** Made-up interactions for tests of iALS. */
import type { SparseRows } from "../../../../trainer/items/interactions.ts";
import { below, createRandom } from "../../../../trainer/math/random.ts";

/** With uneven targets and confidences; rows have up to `most` entries, some none. */
export function randomRows(rows: number, columns: number, most: number, seed: number): SparseRows {
  const random = createRandom(seed);
  const entries = Array.from({ length: rows }, () => {
    const chosen = new Set<number>();
    for (let i = below(random, most + 1); i > 0; i--) chosen.add(below(random, columns));
    return [...chosen].sort((a, b) => a - b);
  });
  const column = Uint32Array.from(entries.flat());
  const start = new Uint32Array(rows + 1);
  entries.forEach((list, r) => (start[r + 1] = start[r] + list.length));
  return {
    rows,
    columns,
    start,
    column,
    target: Float32Array.from(column, () => (random() < 0.3 ? 0 : 1)),
    confidence: Float32Array.from(column, () => 0.2 + random()),
  };
}
