/** Lays groups out as the ranker's tensors, features standardised and vectors scaled. */
import type { RankGroup } from "./deep-input.ts";
import { type FeatureScale, scaleFeatures } from "./feature-scale.ts";
import { type HistoryBatch, historyBatch, putContext, putEvent } from "./history-batch.ts";
import { type Tensor, tensor } from "./jax.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE, stateWidth } from "./model-shape.ts";

export interface GroupSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  readonly candidates: number;
  readonly features: number;
}

export interface GroupBatch {
  /** `[B, L, 2d]`; see `stateWithQuery`. */
  readonly state: Float32Array;
  /** `[B, L]` */
  readonly mask: Float32Array;
  readonly context: Float32Array;
  readonly candidate: Float32Array;
  readonly feature: Float32Array;
  /** `[B, C]` what a logit of the ranker is added to: scaled linear score less the log of the sampling. */
  readonly offset: Float32Array;
  /** `[B, C]` 1 at the wanted candidate; all 0 in unused slots. */
  readonly wanted: Float32Array;
}

/** What the encoder reads of the groups. @param vectors `[n, d]`, scaled */
export function groupHistories(
  groups: readonly RankGroup[],
  vectors: Float32Array,
  { size, rows, dim }: GroupSizes,
): HistoryBatch {
  const batch = historyBatch(size, rows, dim);
  groups.forEach(({ history: { item, signal, age }, context }, slot) => {
    item.forEach((row, e) => {
      const at = rows - item.length + e;
      putEvent(batch, slot, at, vectors, row, signal.subarray(e * SIGNAL_SIZE, (e + 1) * SIGNAL_SIZE), age[e]);
    });
    putContext(batch, slot, rows - 1, context);
  });
  return batch;
}

/**
 * @param vectors `[n, d]`, scaled
 * @param stateOf what the encoder made of a group's history, `[L, 2d]`
 */
export function groupBatch(
  groups: readonly RankGroup[],
  vectors: Float32Array,
  stateOf: (group: RankGroup) => Float32Array,
  { size, rows, dim, candidates, features }: GroupSizes,
  featureScale: FeatureScale,
  linearScale: number,
): GroupBatch {
  const batch: GroupBatch = {
    state: new Float32Array(size * rows * stateWidth(dim)),
    mask: new Float32Array(size * rows),
    context: new Float32Array(size * CONTEXT_SIZE),
    candidate: new Float32Array(size * candidates * dim),
    feature: new Float32Array(size * candidates * features),
    offset: new Float32Array(size * candidates),
    wanted: new Float32Array(size * candidates),
  };
  groups.forEach((group, slot) => {
    batch.state.set(stateOf(group), slot * rows * stateWidth(dim));
    batch.mask.fill(1, (slot + 1) * rows - group.history.item.length, (slot + 1) * rows);
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

/** State, mask, candidates, features, context, offset, wanted: what `rankLoss` reads. */
export function groupTensors(batch: GroupBatch, { size, rows, dim, candidates, features }: GroupSizes): Tensor[] {
  return [
    tensor(batch.state, [size, rows, stateWidth(dim)]),
    tensor(batch.mask, [size, rows]),
    tensor(batch.candidate, [size, candidates, dim]),
    tensor(batch.feature, [size, candidates, features]),
    tensor(batch.context, [size, CONTEXT_SIZE]),
    tensor(batch.offset, [size, candidates]),
    tensor(batch.wanted, [size, candidates]),
  ];
}
