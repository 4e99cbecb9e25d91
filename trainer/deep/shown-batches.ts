/** Lays out what people were shown as tensors: candidates in slots, with what each head is to say of them. */
import { SHOWN_CANDIDATES, type ShownGroup } from "./deep-input.ts";
import { type FeatureScale, scaleFeatures } from "./feature-scale.ts";
import { type Tensor, tensor } from "./jax.ts";
import { POSITION_BUCKETS, positionBucket } from "./position-tower.ts";

export interface ShownSizes {
  /** Groups of a batch. */
  readonly size: number;
  /** Columns that are read, those of surfaces with them. */
  readonly columns: number;
  readonly heads: number;
}

export interface ShownBatch {
  /** `[B · C, columns]`, scaled */
  readonly feature: Float32Array;
  /** `[B, C, heads]` */
  readonly label: Float32Array;
  /** `[B, C, heads]` the candidate's weight where its label is said, 0 where nothing says and for an unused slot. */
  readonly said: Float32Array;
  /** `[B · C, POSITION_BUCKETS]` 1 at the place where a candidate stood. */
  readonly place: Float32Array;
  /** `[B, heads]` what a pair of a group weighs: its pairs together as much as what was shown. */
  readonly pair: Float32Array;
}

/** What a ranker reads of a candidate. */
export interface ShownColumns {
  /** Columns of `ShownGroup.feature`. */
  readonly reads: readonly number[];
  /** How many columns of surfaces come after them, see `surfaceColumns`. */
  readonly surfaces: number;
}

/** A group's features less the columns that nobody reads, and its surfaces. */
export function readColumns(
  { feature, candidate, surface }: ShownGroup,
  { reads, surfaces }: ShownColumns,
): Float32Array {
  const columns = feature.length / candidate.length;
  const width = reads.length + surfaces;
  const read = new Float32Array(candidate.length * width);
  for (let c = 0; c < candidate.length; c++) {
    reads.forEach((column, r) => (read[c * width + r] = feature[c * columns + column]));
    if (surfaces > 0) read[c * width + reads.length + surface[c]] = 1;
  }
  return read;
}

export function shownBatch(
  groups: readonly ShownGroup[],
  read: ShownColumns,
  { size, columns, heads }: ShownSizes,
  featureScale: FeatureScale,
): ShownBatch {
  const slots = size * SHOWN_CANDIDATES;
  const batch: ShownBatch = {
    feature: new Float32Array(slots * columns),
    label: new Float32Array(slots * heads),
    said: new Float32Array(slots * heads),
    place: new Float32Array(slots * POSITION_BUCKETS),
    pair: new Float32Array(size * heads),
  };
  groups.forEach((group, slot) => {
    const { candidate, label, position, weight } = group;
    const first = slot * SHOWN_CANDIDATES;
    scaleFeatures(readColumns(group, read), featureScale, batch.feature, first * columns);
    label.forEach((each, i) => {
      if (Number.isNaN(each)) return;
      batch.label[first * heads + i] = each;
      batch.said[first * heads + i] = weight[Math.floor(i / heads)];
    });
    position.forEach((at, c) => {
      const bucket = positionBucket(at);
      if (bucket !== undefined) batch.place[(first + c) * POSITION_BUCKETS + bucket] = 1;
    });
    const shown = weight.reduce((sum, each) => sum + each, 0);
    for (let h = 0; h < heads; h++) {
      let pairs = 0;
      for (let a = 0; a < candidate.length; a++) {
        for (let b = 0; b < candidate.length; b++) {
          const above = label[a * heads + h] - label[b * heads + h];
          if (above > 0) pairs += above * weight[a] * weight[b];
        }
      }
      batch.pair[slot * heads + h] = pairs > 0 ? shown / pairs : 0;
    }
  });
  return batch;
}

/**
 * What `shownLoss` takes.
 *
 * @param importance of each head
 */
export function shownTensors(
  { feature, label, said, place, pair }: ShownBatch,
  { size, columns, heads }: ShownSizes,
  importance: readonly number[],
): Tensor[] {
  return [
    tensor(feature, [size * SHOWN_CANDIDATES, columns]),
    tensor(label, [size, SHOWN_CANDIDATES, heads]),
    tensor(said, [size, SHOWN_CANDIDATES, heads]),
    tensor(place, [size * SHOWN_CANDIDATES, POSITION_BUCKETS]),
    tensor(pair, [size, heads]),
    tensor(Float32Array.from(importance), [heads]),
  ];
}
