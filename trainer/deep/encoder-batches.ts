/**
 * Cuts sequences into windows and lays windows out as batches: at every row the encoder is asked for the next event.
 */
import { type Random, shuffle } from "../math/random.ts";
import type { DeepSequence, HeldOutSequence } from "./deep-input.ts";
import { type HistoryBatch, historyBatch, hoursBetween, putContext, putEvent } from "./history-batch.ts";
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";
import type { Others } from "./others.ts";

/** Events `from` up to `to` of a sequence are read; those after each of them are the targets, from `targetsFrom` on. */
export interface Window {
  readonly sequence: DeepSequence;
  readonly from: number;
  readonly to: number;
  readonly targetsFrom: number;
  /** What is read in place of the sequence's own events, in its order; what is asked for is its own. */
  readonly read?: ReadEvents;
  /** The event whose next one is not asked for: somebody else's begin there. */
  readonly seam?: number;
}

export type ReadEvents = Pick<DeepSequence, "item" | "signal">;

/**
 * Rows by which windows overlap, so that most targets have some history, and how many of them are targets of the older
 * window only: their history is longer there.
 */
const OVERLAP = 12;
const OVERLAP_READ = 8;

export function cutWindows(sequences: readonly DeepSequence[], rows: number): Window[] {
  const overlap = Math.min(OVERLAP, rows >> 1);
  return sequences.flatMap((sequence) => {
    const windows: Window[] = [];
    let from = Infinity;
    for (let to = sequence.item.length - 1; to >= 1 && from > 0; to -= rows - overlap) {
      from = Math.max(0, to - rows);
      windows.push({ sequence, from, to, targetsFrom: from === 0 ? 0 : from + Math.min(OVERLAP_READ, overlap) });
    }
    return windows;
  });
}

/** The last window of each sequence, asked for the sequence's targets only. */
export function lastWindows(sequences: readonly HeldOutSequence[], rows: number): Window[] {
  return sequences
    .filter(({ sequence, targetsFrom }) => sequence.item.length > Math.max(1, targetsFrom))
    .map(({ sequence, targetsFrom }) => {
      const to = sequence.item.length - 1;
      return { sequence, from: Math.max(0, to - rows), to, targetsFrom: targetsFrom - 1 };
    });
}

/** Shuffled batches of `size`; the last may have fewer. */
export function batchWindows(windows: readonly Window[], size: number, random: Random): Window[][] {
  const shuffled = shuffle([...windows], random);
  return Array.from({ length: Math.ceil(shuffled.length / size) }, (_, b) => shuffled.slice(b * size, (b + 1) * size));
}

export interface TargetBatch {
  readonly history: HistoryBatch;
  /** `[B·L, d]` */
  readonly target: Float32Array;
  /** `[B·L]` target × confidence; 0 for what is not wanted and for padding. */
  readonly weight: Float32Array;
  /** `[B·L]` and `[M]` item rows, as numbers that a tensor can compare; −1 and −2 where there is none. */
  readonly targetItem: Float32Array;
  readonly otherItem: Float32Array;
  /** `[B·L]` the rows of the events themselves. */
  readonly eventItem: Float32Array;
  /** `[M, d]` */
  readonly other: Float32Array;
  /** `[B·L]` and `[M]`: log of how often sampling is expected to give the item; zeros where nothing was sampled. */
  readonly targetLogExpected: Float32Array;
  readonly otherLogExpected: Float32Array;
}

export interface TargetSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  /** M, a multiple of four for speed. */
  readonly others: number;
}

/** @param vectors `[n, d]`, scaled */
export function targetBatch(
  windows: readonly Window[],
  vectors: Float32Array,
  { size, rows, dim, others }: TargetSizes,
  drawOthers: () => Others,
): TargetBatch {
  const history = historyBatch(size, rows, dim);
  const points = size * rows;
  const target = new Float32Array(points * dim);
  const weight = new Float32Array(points);
  const targetItem = new Float32Array(points).fill(-1);
  const eventItem = new Float32Array(points).fill(-1);
  const targetLogExpected = new Float32Array(points);
  const { item: otherItem, logExpected: otherLogExpected, logExpectedOf } = drawOthers();
  windows.forEach(({ sequence, from, to, targetsFrom, read = sequence, seam }, slot) => {
    const { item, signal, at, context } = sequence;
    for (let e = from; e < to; e++) {
      const row = rows - (to - e);
      const point = slot * rows + row;
      const next = e + 1;
      const ageHours = hoursBetween(at[e], at[to - 1]);
      const readSignal = read.signal.subarray(e * SIGNAL_SIZE, next * SIGNAL_SIZE);
      putEvent(history, slot, row, vectors, read.item[e], readSignal, ageHours);
      putContext(history, slot, row, context.subarray(next * CONTEXT_SIZE, (next + 1) * CONTEXT_SIZE));
      target.set(vectors.subarray(item[next] * dim, (item[next] + 1) * dim), point * dim);
      const isAsked = e >= targetsFrom && e !== seam;
      weight[point] = isAsked ? signal[next * SIGNAL_SIZE] * signal[next * SIGNAL_SIZE + 1] : 0;
      targetItem[point] = item[next];
      eventItem[point] = read.item[e];
      targetLogExpected[point] = logExpectedOf(item[next]);
    }
  });
  const other = new Float32Array(others * dim);
  otherItem.forEach((row, m) => {
    if (row >= 0) other.set(vectors.subarray(row * dim, (row + 1) * dim), m * dim);
  });
  return { history, target, weight, targetItem, eventItem, otherItem, other, targetLogExpected, otherLogExpected };
}
