/**
 * The encoder's loss and its slopes: the softmax of each asked row's query over its next item and others, mean over the wanted
 * targets. Others are the whole catalogue, or a sample that is corrected for how it was drawn (Bengio & Senécal 2008). The same
 * function as jax-js differentiates in the tests; here rows that nobody asks cost nothing.
 */
import type { EncoderSpace } from "./encoder-kernel.ts";
import type { TargetBatch, TargetSizes } from "./encoder-batches.ts";
import { MASKED } from "./model-numbers.ts";

export interface NextItemPass {
  /** `[others, dim]` and `[size·rows, dim]` slopes of the vectors, and that of `logScale`, since `begin`. */
  readonly otherSlope: Float32Array;
  readonly targetSlope: Float32Array;
  readonly logScaleSlope: number;
  begin(batch: TargetBatch): void;
  /** The mean loss of the batch. @param query `[size·rows, dim]` in the kernel's memory @param logScale log of their factor */
  loss(query: Float32Array, logScale: number): number;
  /** The same, and `querySlope` [size·rows, dim] for the batch's rows: zeros where nobody asks. */
  lossBack(query: Float32Array, logScale: number, querySlope: Float32Array): number;
}

/** Rows and others that are multiplied at once: multiples of the kernel's tiles, few enough for the nearest caches. */
const ROWS_AT_ONCE = 50;
const PANEL = 128;

export function createNextItemPass(
  { kernel, arrays }: EncoderSpace,
  { size, rows, dim, others }: TargetSizes,
): NextItemPass {
  const points = size * rows;
  const width = Math.min(PANEL, Math.ceil(others / 8) * 8);
  const panels = Math.ceil(others / width);
  const places = panels * width;
  // What fills the last panel is no item.
  const other = arrays.floats(places * dim);
  const otherItem = arrays.words(places).fill(-2);
  const taken = arrays.floats(places).fill(MASKED);
  const otherSlopes = arrays.floats(places * dim);
  /** `[panels, dim, width]` */
  const turned = arrays.floats(places * dim);
  /** `[panels, rows at once, width]` */
  const scores = arrays.floats(ROWS_AT_ONCE * places);
  // Of asked rows, one after another.
  const asked = new Uint32Array(points);
  const query = arrays.floats(points * dim);
  const slope = arrays.floats(points * dim);
  const target = arrays.floats(points * dim);
  const item = arrays.words(points);
  const targetTaken = new Float32Array(points);
  const wanted = arrays.floats(points);
  const weight = arrays.floats(points);
  const targetSlope = arrays.floats(points * dim);
  let count = 0;
  let logScaleSlope = 0;

  const row = (of: Float32Array, index: number) => of.byteOffset + 4 * index * dim;

  return {
    otherSlope: otherSlopes.subarray(0, others * dim),
    targetSlope,
    get logScaleSlope() {
      return logScaleSlope;
    },
    begin(batch) {
      other.set(batch.other);
      for (let p = 0; p < panels; p++) {
        kernel.transpose(row(other, p * width), dim, width, dim, row(turned, p * width), width);
      }
      otherItem.set(batch.otherItem);
      taken.set(batch.otherLogExpected);
      const total = batch.weight.reduce((sum, each) => sum + each, 0) + Number.EPSILON;
      count = 0;
      for (let point = 0; point < points; point++) {
        if (batch.weight[point] === 0) continue;
        asked[count] = point;
        item[count] = batch.targetItem[point];
        weight[count] = batch.weight[point] / total;
        targetTaken[count] = batch.targetLogExpected[point];
        target.set(batch.target.subarray(point * dim, (point + 1) * dim), count * dim);
        count++;
      }
      otherSlopes.fill(0);
      targetSlope.fill(0);
      logScaleSlope = 0;
    },
    loss(queries, logScale) {
      gather(queries, logScale);
      let loss = 0;
      for (let first = 0; first < count; first += ROWS_AT_ONCE) loss += decide(first, rowsFrom(first));
      return loss;
    },
    lossBack(queries, logScale, querySlope) {
      gather(queries, logScale);
      let loss = 0;
      for (let first = 0; first < count; first += ROWS_AT_ONCE) {
        const n = rowsFrom(first);
        loss += decide(first, n);
        back(first, n);
      }
      logScaleSlope = kernel.dot(slope.byteOffset, query.byteOffset, count * dim);
      const factor = Math.exp(logScale);
      querySlope.fill(0);
      for (let i = 0; i < count; i++) {
        kernel.addScaled(row(querySlope, asked[i]), row(slope, i), factor, dim);
      }
      return loss;
    },
  };

  function rowsFrom(first: number): number {
    return Math.min(ROWS_AT_ONCE, count - first);
  }

  /** The queries of asked rows times their factor, and their scores of the targets. */
  function gather(queries: Float32Array, logScale: number): void {
    const factor = Math.exp(logScale);
    query.fill(0, 0, count * dim);
    for (let i = 0; i < count; i++) {
      kernel.addScaled(row(query, i), row(queries, asked[i]), factor, dim);
      wanted[i] = kernel.dot(row(query, i), row(target, i), dim) - targetTaken[i];
    }
  }

  function decide(first: number, n: number): number {
    const from = row(query, first);
    for (let p = 0; p < panels; p++) {
      kernel.multiply(panel(p, n), width, from, dim, 1, row(turned, p * width), width, n, width, dim, false);
    }
    const at = 4 * first;
    return kernel.decide(
      scores.byteOffset,
      panels,
      n,
      width,
      taken.byteOffset,
      otherItem.byteOffset,
      item.byteOffset + at,
      wanted.byteOffset + at,
      weight.byteOffset + at,
    );
  }

  function panel(p: number, n: number): number {
    return scores.byteOffset + 4 * p * n * width;
  }

  /** From slopes of scores to those of queries and vectors. */
  function back(first: number, n: number): void {
    const [from, to] = [row(query, first), row(slope, first)];
    for (let p = 0; p < panels; p++) {
      const vectors = row(other, p * width);
      kernel.multiply(to, dim, panel(p, n), width, 1, vectors, dim, n, dim, width, p > 0);
      kernel.multiply(row(otherSlopes, p * width), dim, panel(p, n), 1, width, from, dim, width, dim, n, true);
    }
    for (let i = first; i < first + n; i++) {
      kernel.addScaled(row(slope, i), row(target, i), wanted[i], dim);
      kernel.addScaled(row(targetSlope, asked[i]), row(query, i), wanted[i], dim);
    }
  }
}
