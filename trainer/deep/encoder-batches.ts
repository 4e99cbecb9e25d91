/**
 * Cuts sequences into windows and lays windows out as batches: at every row the encoder is asked for the next event.
 */
import { type Random, shuffle } from "../math/random.ts";
import type { DeepSequence } from "./deep-input.ts";
import { type HistoryBatch, historyBatch, hoursBetween, putContext, putEvent } from "./history-batch.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";
import type { NegativeSampler } from "./negatives.ts";

/** Events `from` up to `to` of a sequence are read; those after each of them are the targets. */
export interface Window {
  readonly sequence: DeepSequence;
  readonly from: number;
  readonly to: number;
}

/** A batch holds windows of one space, so that targets and negatives are of that space too. */
export interface WindowBatch {
  readonly space: number;
  readonly windows: readonly Window[];
}

/** Rows by which windows overlap, so that most targets have some history. */
const OVERLAP = 12;

export function cutWindows(sequences: readonly DeepSequence[], rows: number): Window[] {
  const stride = Math.max(1, rows - OVERLAP);
  return sequences.flatMap((sequence) => {
    const windows: Window[] = [];
    for (let to = sequence.item.length - 1; to >= 1; to -= stride) {
      windows.push({ sequence, from: Math.max(0, to - rows), to });
    }
    return windows;
  });
}

export function batchWindows(windows: readonly Window[], size: number, random: Random): WindowBatch[] {
  const bySpace = new Map<number, Window[]>();
  for (const window of windows) {
    const { space } = window.sequence;
    bySpace.set(space, [...(bySpace.get(space) ?? []), window]);
  }
  const batches: WindowBatch[] = [];
  for (const [space, members] of [...bySpace].sort(([a], [b]) => a - b)) {
    shuffle(members, random);
    for (let at = 0; at < members.length; at += size) batches.push({ space, windows: members.slice(at, at + size) });
  }
  return shuffle(batches, random);
}

export interface TargetBatch {
  readonly history: HistoryBatch;
  /** `[B·L, d]` */
  readonly target: Float32Array;
  /** `[B·L]` target × confidence; 0 for what is not wanted and for padding. */
  readonly weight: Float32Array;
  /** `[B·L]` and `[M]` item rows, as numbers that a tensor can compare. */
  readonly targetItem: Float32Array;
  readonly negativeItem: Float32Array;
  /** `[d, M]` */
  readonly negative: Float32Array;
  /** `[B·L]` and `[M]`: log of how often sampling is expected to give the item. */
  readonly targetLogExpected: Float32Array;
  readonly negativeLogExpected: Float32Array;
}

export interface TargetSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  readonly negatives: number;
}

/** @param vectors `[n, d]` of the batch's space, scaled */
export function targetBatch(
  { windows }: WindowBatch,
  vectors: Float32Array,
  { size, rows, dim, negatives }: TargetSizes,
  sampler: NegativeSampler,
  random: Random,
): TargetBatch {
  const history = historyBatch(size, rows, dim);
  const points = size * rows;
  const target = new Float32Array(points * dim);
  const weight = new Float32Array(points);
  const targetItem = new Float32Array(points).fill(-1);
  const targetLogExpected = new Float32Array(points);
  windows.forEach(({ sequence, from, to }, slot) => {
    const { item, signal, at, context } = sequence;
    for (let e = from; e < to; e++) {
      const row = rows - (to - e);
      const point = slot * rows + row;
      const next = e + 1;
      const ageHours = hoursBetween(at[e], at[to - 1]);
      putEvent(history, slot, row, vectors, item[e], signal.subarray(e * SIGNAL_SIZE, next * SIGNAL_SIZE), ageHours);
      putContext(history, slot, row, context.subarray(next * CONTEXT_SIZE, (next + 1) * CONTEXT_SIZE));
      target.set(vectors.subarray(item[next] * dim, (item[next] + 1) * dim), point * dim);
      weight[point] = signal[next * SIGNAL_SIZE] * signal[next * SIGNAL_SIZE + 1];
      targetItem[point] = item[next];
      targetLogExpected[point] = sampler.logExpected(item[next], negatives);
    }
  });
  const negative = new Float32Array(dim * negatives);
  const negativeItem = new Float32Array(negatives);
  const negativeLogExpected = new Float32Array(negatives);
  for (let m = 0; m < negatives; m++) {
    const row = sampler.draw(random);
    for (let a = 0; a < dim; a++) negative[a * negatives + m] = vectors[row * dim + a];
    negativeItem[m] = row;
    negativeLogExpected[m] = sampler.logExpected(row, negatives);
  }
  return { history, target, weight, targetItem, negativeItem, negative, targetLogExpected, negativeLogExpected };
}
