/** Lays out what people were shown as the ranker's tensors: as `ranker-batches.ts`, with labels in place of one wanted candidate. */
import { SHOWN_CANDIDATES, type ShownGroup } from "./deep-input.ts";
import { type FeatureScale, scaleFeatures } from "./feature-scale.ts";
import { type HistoryBatch, historyBatch, putContext, putEvent } from "./history-batch.ts";
import { type Tensor, tensor } from "./jax.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";

export interface ShownSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  readonly features: number;
  readonly heads: number;
}

export interface ShownBatch {
  readonly history: HistoryBatch;
  readonly context: Float32Array;
  readonly candidate: Float32Array;
  readonly feature: Float32Array;
  /** `[B, C, heads]` */
  readonly label: Float32Array;
  /** `[B, C]` 1 for a candidate, 0 for an unused slot. */
  readonly used: Float32Array;
  /** `[B, heads]` what a pair of a group weighs: its pairs together as much as what was shown. */
  readonly pair: Float32Array;
}

/** @param vectors `[n, d]`, scaled */
export function shownBatch(
  groups: readonly ShownGroup[],
  vectors: Float32Array,
  { size, rows, dim, features, heads }: ShownSizes,
  featureScale: FeatureScale,
): ShownBatch {
  const slots = size * SHOWN_CANDIDATES;
  const batch: ShownBatch = {
    history: historyBatch(size, rows, dim),
    context: new Float32Array(size * CONTEXT_SIZE),
    candidate: new Float32Array(slots * dim),
    feature: new Float32Array(slots * features),
    label: new Float32Array(slots * heads),
    used: new Float32Array(slots),
    pair: new Float32Array(size * heads),
  };
  groups.forEach(({ history, context, candidate, feature, label }, slot) => {
    const { item, signal, age } = history;
    item.forEach((row, e) => {
      const at = rows - item.length + e;
      putEvent(batch.history, slot, at, vectors, row, signal.subarray(e * SIGNAL_SIZE, (e + 1) * SIGNAL_SIZE), age[e]);
    });
    putContext(batch.history, slot, rows - 1, context);
    batch.context.set(context, slot * CONTEXT_SIZE);
    const first = slot * SHOWN_CANDIDATES;
    scaleFeatures(feature, featureScale, batch.feature, first * features);
    batch.label.set(label, first * heads);
    candidate.forEach((row, c) => {
      batch.candidate.set(vectors.subarray(row * dim, (row + 1) * dim), (first + c) * dim);
      batch.used[first + c] = 1;
    });
    for (let h = 0; h < heads; h++) {
      let taken = 0;
      for (let c = 0; c < candidate.length; c++) taken += label[c * heads + h];
      const pairs = taken * (candidate.length - taken);
      batch.pair[slot * heads + h] = pairs > 0 ? candidate.length / pairs : 0;
    }
  });
  return batch;
}

/** Mask, candidates, features, context, label, used, pair: what follows the state in `shownLoss`. */
export function shownTensors(batch: ShownBatch, { size, rows, dim, features, heads }: ShownSizes): Tensor[] {
  return [
    tensor(batch.history.mask, [size, rows]),
    tensor(batch.candidate, [size, SHOWN_CANDIDATES, dim]),
    tensor(batch.feature, [size, SHOWN_CANDIDATES, features]),
    tensor(batch.context, [size, CONTEXT_SIZE]),
    tensor(batch.label, [size, SHOWN_CANDIDATES, heads]),
    tensor(batch.used, [size, SHOWN_CANDIDATES]),
    tensor(batch.pair, [size, heads]),
  ];
}
