/**
 * What the encoder makes of the histories of shown groups. It does not learn while heads do, so it reads each history once, as
 * far as its answers fit.
 */
import { type HistoryBatch, toTensors } from "./history-batch.ts";
import { type Tensor, tensor } from "./jax.ts";
import { stateWidth } from "./model-shape.ts";

/** Of answers kept: 40,000 groups of 52 events at d = 64. The encoder takes more than half of the time of a step. */
const KEPT_BYTES = 2 ** 30;
const FLOAT_BYTES = 4;

export interface StateSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
}

/**
 * @param read states of a batch, `[size, rows, 2d]`
 * @returns the same of a batch laid out from these groups, read at most once each
 */
export function createStates<Group extends object>(
  read: (...history: Tensor[]) => Tensor,
  { size, rows, dim }: StateSizes,
  keptBytes = KEPT_BYTES,
): (groups: readonly Group[], history: HistoryBatch) => Tensor {
  const each = rows * stateWidth(dim);
  const kept = new Map<Group, Float32Array>();
  return (groups, history) => {
    if (!groups.every((group) => kept.has(group))) {
      const state = read(...toTensors(history));
      const values = state.ref.dataSync() as Float32Array;
      groups.forEach((group, slot) => {
        if ((kept.size + 1) * each * FLOAT_BYTES <= keptBytes)
          kept.set(group, values.slice(slot * each, (slot + 1) * each));
      });
      return state;
    }
    const values = new Float32Array(size * each);
    groups.forEach((group, slot) => values.set(kept.get(group)!, slot * each));
    return tensor(values, [size, rows, stateWidth(dim)]);
  };
}
