/** Lays groups out as the ranker's tensors, features standardised and vectors scaled. */
import type { RankGroup } from "./deep-input.ts";
import { type FeatureScale, scaleFeatures } from "./feature-scale.ts";
import { type HistoryBatch, historyBatch, putContext, putEvent, toTensors } from "./history-batch.ts";
import { type Tensor, tensor } from "./jax.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";

export interface GroupSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  readonly candidates: number;
  readonly features: number;
}

export interface GroupBatch {
  readonly history: HistoryBatch;
  readonly context: Float32Array;
  readonly candidate: Float32Array;
  readonly feature: Float32Array;
  /** `[B, C]` what a logit of the ranker is added to: scaled linear score less the log of the sampling. */
  readonly offset: Float32Array;
  /** `[B, C]` 1 at the wanted candidate; all 0 in unused slots. */
  readonly wanted: Float32Array;
}

/** @param vectors `[n, d]`, scaled */
export function groupBatch(
  groups: readonly RankGroup[],
  vectors: Float32Array,
  { size, rows, dim, candidates, features }: GroupSizes,
  featureScale: FeatureScale,
  linearScale: number,
): GroupBatch {
  const batch: GroupBatch = {
    history: historyBatch(size, rows, dim),
    context: new Float32Array(size * CONTEXT_SIZE),
    candidate: new Float32Array(size * candidates * dim),
    feature: new Float32Array(size * candidates * features),
    offset: new Float32Array(size * candidates),
    wanted: new Float32Array(size * candidates),
  };
  groups.forEach((group, slot) => {
    const { item, signal, age } = group.history;
    item.forEach((row, e) => {
      const at = rows - item.length + e;
      putEvent(batch.history, slot, at, vectors, row, signal.subarray(e * SIGNAL_SIZE, (e + 1) * SIGNAL_SIZE), age[e]);
    });
    putContext(batch.history, slot, rows - 1, group.context);
    batch.context.set(group.context, slot * CONTEXT_SIZE);
    scaleFeatures(group.feature, featureScale, batch.feature, slot * candidates * features);
    group.candidate.forEach((row, c) => {
      const at = slot * candidates + c;
      batch.candidate.set(vectors.subarray(row * dim, (row + 1) * dim), at * dim);
      batch.offset[at] = linearScale * group.linear[c] - group.logSampling[c];
    });
    batch.wanted[slot * candidates + group.wanted] = 1;
  });
  return batch;
}

export function historyTensors(batch: GroupBatch): Tensor[] {
  return toTensors(batch.history);
}

/** Mask, candidates, features, context, offset, wanted: what follows the state in `rankLoss`. */
export function groupTensors(batch: GroupBatch, { size, rows, dim, candidates, features }: GroupSizes): Tensor[] {
  return [
    tensor(batch.history.mask, [size, rows]),
    tensor(batch.candidate, [size, candidates, dim]),
    tensor(batch.feature, [size, candidates, features]),
    tensor(batch.context, [size, CONTEXT_SIZE]),
    tensor(batch.offset, [size, candidates]),
    tensor(batch.wanted, [size, candidates]),
  ];
}
