/** Histories laid out as the encoder's tensors: newest event in the last row, zeros before the oldest. */
import { CONTEXT_SIZE, SIGNAL_SIZE } from "./model-shape.ts";
import { type Tensor, tensor } from "./jax.ts";
import type { EncoderBatch } from "./encoder.ts";

const MS_PER_HOUR = 3_600_000;

export interface HistoryBatch {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
  readonly vector: Float32Array;
  readonly signal: Float32Array;
  readonly age: Float32Array;
  readonly mask: Float32Array;
  readonly context: Float32Array;
}

export function historyBatch(size: number, rows: number, dim: number): HistoryBatch {
  return {
    size,
    rows,
    dim,
    vector: new Float32Array(size * rows * dim),
    signal: new Float32Array(size * rows * SIGNAL_SIZE),
    age: new Float32Array(size * rows),
    mask: new Float32Array(size * rows),
    context: new Float32Array(size * rows * CONTEXT_SIZE),
  };
}

/** One event into a row. @param vectors `[n, d]`, already scaled */
export function putEvent(
  batch: HistoryBatch,
  slot: number,
  row: number,
  vectors: Float32Array,
  item: number,
  signal: Float32Array,
  ageHours: number,
): void {
  const { rows, dim } = batch;
  const at = slot * rows + row;
  batch.vector.set(vectors.subarray(item * dim, (item + 1) * dim), at * dim);
  batch.signal.set(signal, at * SIGNAL_SIZE);
  batch.age[at] = ageHours;
  batch.mask[at] = 1;
}

export function putContext(batch: HistoryBatch, slot: number, row: number, context: Float32Array): void {
  batch.context.set(context, (slot * batch.rows + row) * CONTEXT_SIZE);
}

export function hoursBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / MS_PER_HOUR;
}

/** In the order of {@link fromTensors}. */
export function toTensors({ size, rows, dim, vector, signal, age, mask, context }: HistoryBatch): Tensor[] {
  return [
    tensor(vector, [size, rows, dim]),
    tensor(signal, [size, rows, SIGNAL_SIZE]),
    tensor(age, [size, rows]),
    tensor(mask, [size, rows]),
    tensor(context, [size, rows, CONTEXT_SIZE]),
  ];
}

export const HISTORY_TENSORS = 5;

export function fromTensors([vector, signal, age, mask, context]: readonly Tensor[]): EncoderBatch {
  return { vector, signal, age, mask, context };
}
