/**
 * The encoder on one window after another, and back: queries of all rows, then what slopes of queries say of the weights and of
 * the vectors that were read. The same function as `encoder.ts`, whose slopes jax-js finds by itself; here every one is written
 * out, over the rows that a window has, which takes a fifth of the time.
 *
 * Slopes of a weight are named as the weight. What a window leaves for its way back stays in memory of its own.
 */
import type { EncoderSpace } from "./encoder-kernel.ts";
import { type BlockMemory, windowMemory, type WindowMemory } from "./encoder-memory.ts";
import type { WeightLayout } from "./flat-weights.ts";
import type { HistoryBatch } from "./history-batch.ts";
import { BASE_FLOOR, NORM_EPSILON, TINY } from "./model-numbers.ts";
import {
  BASE_HALF_LIVES,
  CONTEXT_SIZE,
  ENCODER_BLOCKS,
  ENCODER_HEADS,
  FEED_FORWARD,
  GAP_SIZE,
  MOMENT_SIZE,
  SIGNAL_SIZE,
} from "./model-shape.ts";
import { putGapColumns, putMomentColumns } from "./moment-rows.ts";

export interface PassSizes {
  readonly size: number;
  readonly rows: number;
  readonly dim: number;
}

export interface EncoderPass {
  /** `[layout]` slopes since `begin`; those of `baseMix` are there after `end`. */
  readonly slopes: Float32Array;
  /** `[size, rows, dim]` queries; rows before a window's first one are not written. */
  readonly query: Float32Array;
  /** The same, their slopes: the caller's to fill before `back`. */
  readonly querySlope: Float32Array;
  /** `[size, rows, dim]` slopes of the events' vectors, of windows that went back. */
  readonly vectorSlope: Float32Array;
  /** @param dropout masks, `ENCODER_DROPOUTS` of `[size, rows, dim]`, or none */
  begin(weights: Float32Array, history: HistoryBatch, dropout: readonly Float32Array[]): void;
  forward(slot: number): void;
  /** After `forward` of the same slot. */
  back(slot: number): void;
  end(): void;
}

/** Columns of a square matrix of rows, rounded up so that products take them eight at a time. */
const WIDTH_STEP = 8;

export function createEncoderPass(
  { kernel, arrays }: EncoderSpace,
  layout: WeightLayout,
  { size, rows, dim }: PassSizes,
): EncoderPass {
  const width = Math.ceil(rows / WIDTH_STEP) * WIDTH_STEP;
  const headDim = dim / ENCODER_HEADS;
  const headFactor = 1 / Math.sqrt(headDim);
  const points = size * rows;

  const weights = arrays.floats(layout.size);
  const turned = arrays.floats(layout.size);
  const slopes = arrays.floats(layout.size);
  const from = new Map(layout.parts.map((part) => [part.name, part.from]));
  const address = (of: Float32Array) => (name: string) => of.byteOffset + 4 * from.get(name)!;
  const [weight, turnedWeight, slope] = [address(weights), address(turned), address(slopes)];

  const vectors = arrays.floats(points * dim);
  const signals = arrays.floats(points * SIGNAL_SIZE);
  const query = arrays.floats(points * dim);
  const querySlope = arrays.floats(points * dim);
  const vectorSlope = arrays.floats(points * dim);
  const windows = Array.from({ length: size }, () => windowMemory(arrays, { rows, dim, width }));
  let maskSpace: Float32Array | undefined;
  let masks: Float32Array | undefined;

  const space = (length: number) => arrays.floats(length).byteOffset;
  const x = space(rows * dim);
  const part = space(rows * Math.max(dim, FEED_FORWARD));
  const sideways = space(dim * width);
  const square = arrays.floats(rows * width);
  const [queries, keys, values, mixed] = Array.from({ length: 4 }, () => space(rows * dim));
  const decaySlope = new Float64Array(rows);

  const halfLives = BASE_HALF_LIVES.map((halfLife) =>
    Float64Array.from({ length: rows }, (_, k) => 2 ** (-k / halfLife)),
  );
  let mix: number[] = [];
  let decay = new Float64Array(rows);

  /** c = a·b, all of them packed; or added to it. */
  const product = (c: number, a: number, b: number, n: number, columns: number, terms: number, adds = false) =>
    kernel.multiply(c, columns, a, terms, 1, b, columns, n, columns, terms, adds);
  /** Adds aᵀ·b to a weight's slope. @param a `[n, inputs]` @param b `[n, outputs]` */
  const gather = (name: string, a: number, b: number, n: number, inputs: number, outputs: number) =>
    kernel.multiply(slope(name), outputs, a, 1, inputs, b, outputs, inputs, outputs, n, true);
  const drop = (of: number, place: number, slot: number, first: number, n: number) => {
    if (masks) kernel.scale(of, of, masks.byteOffset + 4 * dim * ((place * size + slot) * rows + first), n * dim);
  };

  return {
    slopes,
    query,
    querySlope,
    vectorSlope,
    begin(given, history, dropout) {
      weights.set(given);
      for (const { name, shape } of layout.parts) {
        const [inputs, outputs] = shape;
        if (outputs) kernel.transpose(weight(name), outputs, inputs, outputs, turnedWeight(name), inputs);
      }
      slopes.fill(0);
      decaySlope.fill(0);
      vectors.set(history.vector);
      signals.set(history.signal);
      masks = dropout.length > 0 ? (maskSpace ??= arrays.floats(dropout.length * points * dim)) : undefined;
      dropout.forEach((mask, place) => masks?.set(mask, place * points * dim));
      const powers = BASE_HALF_LIVES.map((_, m) => Math.exp(weights[from.get("baseMix")! + m]));
      const sum = powers.reduce((a, b) => a + b);
      mix = powers.map((power) => power / sum);
      decay = decay.map((_, k) => mix.reduce((total, share, m) => total + share * halfLives[m][k], 0));
      windows.forEach((window, slot) => fillInputs(window, history, slot));
    },
    forward(slot) {
      const { first } = windows[slot];
      if (first < rows) forward(slot, first);
    },
    back(slot) {
      const { first } = windows[slot];
      if (first < rows) back(slot, first);
    },
    end() {
      const shares = halfLives.map((powers) => powers.reduce((sum, power, k) => sum + power * decaySlope[k], 0));
      const along = shares.reduce((sum, each, m) => sum + mix[m] * each, 0);
      shares.forEach((each, m) => (slopes[from.get("baseMix")! + m] = mix[m] * (each - along)));
    },
  };

  function fillInputs(window: WindowMemory, { age, mask, context, signal }: HistoryBatch, slot: number): void {
    const start = slot * rows;
    let first = rows;
    while (first > 0 && mask[start + first - 1] > 0) first--;
    window.first = first;
    const { gap, moment, wanted, pull, total } = window;
    for (let row = first; row < rows; row++) {
      const i = row - first;
      putGapColumns(row === first ? 0 : age[start + row - 1] - age[start + row], gap, i * GAP_SIZE);
      putMomentColumns(context, (start + row) * CONTEXT_SIZE, moment, i * MOMENT_SIZE);
      const at = (start + row) * SIGNAL_SIZE;
      wanted[i] = signal[at] * signal[at + 1];
      let sum = BASE_FLOOR;
      for (let e = 0; e <= i; e++) sum += pull[i * width + e] = decay[i - e] * wanted[e];
      total[i] = sum;
      for (let e = 0; e <= i; e++) pull[i * width + e] /= sum;
    }
  }

  function forward(slot: number, first: number): void {
    const n = rows - first;
    const at = 4 * (slot * rows + first);
    const vector = vectors.byteOffset + at * dim;
    const window = windows[slot];
    product(x, vector, weight("inVector"), n, dim, dim);
    product(x, signals.byteOffset + at * SIGNAL_SIZE, weight("inSignal"), n, dim, SIGNAL_SIZE, true);
    product(x, window.gap.byteOffset, weight("inGap"), n, dim, GAP_SIZE, true);
    drop(x, 0, slot, first, n);
    window.blocks.forEach((block, b) => {
      attentionForward(block, b, n);
      drop(part, 1 + 2 * b, slot, first, n);
      kernel.add(x, part, n * dim);
      const { forwardSeen, forwardNormed, forwardInverse, hidden } = block;
      kernel.normalise(x, weight(`forwardGain${b}`), n, dim, NORM_EPSILON, forwardSeen, forwardNormed, forwardInverse);
      product(hidden, forwardSeen, weight(`forwardIn${b}`), n, FEED_FORWARD, dim);
      kernel.rectify(hidden, weight(`forwardBias${b}`), n, FEED_FORWARD);
      product(part, hidden, weight(`forwardOut${b}`), n, dim, FEED_FORWARD);
      drop(part, 2 + 2 * b, slot, first, n);
      kernel.add(x, part, n * dim);
    });
    const { mean, pull, asked, askedNormed, askedInverse, moment } = window;
    kernel.multiply(mean, dim, pull.byteOffset, width, 1, vector, dim, n, dim, n, false);
    product(x, moment.byteOffset, weight("moment"), n, dim, MOMENT_SIZE, true);
    kernel.normalise(x, weight("queryGain"), n, dim, NORM_EPSILON, asked, askedNormed, askedInverse);
    const to = query.byteOffset + at * dim;
    product(to, mean, weight("baseOut"), n, dim, dim);
    product(to, asked, weight("queryOut"), n, dim, dim, true);
  }

  /** Into `part`. */
  function attentionForward(block: BlockMemory, b: number, n: number): void {
    const { seen, seenNormed, seenInverse, query: q, key, value, attention, mixed: heads } = block;
    kernel.normalise(x, weight(`attentionGain${b}`), n, dim, NORM_EPSILON, seen, seenNormed, seenInverse);
    product(q, seen, weight(`attentionQuery${b}`), n, dim, dim);
    product(key, seen, weight(`attentionKey${b}`), n, dim, dim);
    product(value, seen, weight(`attentionValue${b}`), n, dim, dim);
    attention.forEach((scores, h) => {
      const head = 4 * h * headDim;
      kernel.transpose(key + head, dim, n, headDim, sideways, width);
      kernel.multiply(scores, width, q + head, dim, 1, sideways, width, n, width, headDim, false);
      kernel.attend(scores, n, width, headFactor, weight(`distance${b}`) + 4 * h * rows, TINY);
      kernel.multiply(heads + head, dim, scores, width, 1, value + head, dim, n, headDim, n, false);
    });
    product(part, heads, weight(`attentionOut${b}`), n, dim, dim);
  }

  /** `x` is the slope of the rows between layers. */
  function back(slot: number, first: number): void {
    const n = rows - first;
    const at = 4 * (slot * rows + first);
    const [vector, toVector] = [vectors.byteOffset + at * dim, vectorSlope.byteOffset + at * dim];
    const window = windows[slot];
    const { mean, pull, asked, askedNormed, askedInverse, moment } = window;
    const given = querySlope.byteOffset + at * dim;

    gather("queryOut", asked, given, n, dim, dim);
    product(part, given, turnedWeight("queryOut"), n, dim, dim);
    zero(x, n * dim);
    kernel.normaliseBack(part, weight("queryGain"), askedNormed, askedInverse, n, dim, x, slope("queryGain"));
    gather("moment", moment.byteOffset, x, n, MOMENT_SIZE, dim);

    gather("baseOut", mean, given, n, dim, dim);
    product(part, given, turnedWeight("baseOut"), n, dim, dim);
    kernel.multiply(toVector, dim, pull.byteOffset, 1, width, part, dim, n, dim, n, false);
    kernel.transpose(vector, dim, n, dim, sideways, width);
    kernel.multiply(square.byteOffset, width, part, dim, 1, sideways, width, n, width, dim, false);
    decayBack(window, n);

    for (let b = ENCODER_BLOCKS - 1; b >= 0; b--) {
      const block = window.blocks[b];
      const { forwardSeen, forwardNormed, forwardInverse, hidden } = block;
      const branch = branchSlope(2 + 2 * b, slot, first, n);
      gather(`forwardOut${b}`, hidden, branch, n, FEED_FORWARD, dim);
      product(part, branch, turnedWeight(`forwardOut${b}`), n, FEED_FORWARD, dim);
      kernel.rectifyBack(part, hidden, n, FEED_FORWARD, slope(`forwardBias${b}`));
      gather(`forwardIn${b}`, forwardSeen, part, n, dim, FEED_FORWARD);
      product(mixed, part, turnedWeight(`forwardIn${b}`), n, dim, FEED_FORWARD);
      const [gain, gainSlope] = [weight(`forwardGain${b}`), slope(`forwardGain${b}`)];
      kernel.normaliseBack(mixed, gain, forwardNormed, forwardInverse, n, dim, x, gainSlope);
      attentionBack(block, b, n, branchSlope(1 + 2 * b, slot, first, n));
    }
    drop(x, 0, slot, first, n);
    gather("inVector", vector, x, n, dim, dim);
    gather("inSignal", signals.byteOffset + at * SIGNAL_SIZE, x, n, SIGNAL_SIZE, dim);
    gather("inGap", window.gap.byteOffset, x, n, GAP_SIZE, dim);
    product(toVector, x, turnedWeight("inVector"), n, dim, dim, true);
  }

  /** The slope of what a branch adds to the rows: theirs, as far as dropout lets it through. */
  function branchSlope(place: number, slot: number, first: number, n: number): number {
    if (!masks) return x;
    zero(mixed, n * dim);
    kernel.add(mixed, x, n * dim);
    drop(mixed, place, slot, first, n);
    return mixed;
  }

  function attentionBack(block: BlockMemory, b: number, n: number, branch: number): void {
    const { seen, seenNormed, seenInverse, query: q, key, value, attention, mixed: heads } = block;
    gather(`attentionOut${b}`, heads, branch, n, dim, dim);
    product(part, branch, turnedWeight(`attentionOut${b}`), n, dim, dim);
    attention.forEach((scores, h) => {
      const head = 4 * h * headDim;
      kernel.transpose(value + head, dim, n, headDim, sideways, width);
      kernel.multiply(square.byteOffset, width, part + head, dim, 1, sideways, width, n, width, headDim, false);
      kernel.multiply(values + head, dim, scores, 1, width, part + head, dim, n, headDim, n, false);
      kernel.attendBack(scores, square.byteOffset, n, width, headFactor, slope(`distance${b}`) + 4 * h * rows);
      kernel.multiply(queries + head, dim, square.byteOffset, width, 1, key + head, dim, n, headDim, n, false);
      kernel.multiply(keys + head, dim, square.byteOffset, 1, width, q + head, dim, n, headDim, n, false);
    });
    gather(`attentionQuery${b}`, seen, queries, n, dim, dim);
    gather(`attentionKey${b}`, seen, keys, n, dim, dim);
    gather(`attentionValue${b}`, seen, values, n, dim, dim);
    product(part, queries, turnedWeight(`attentionQuery${b}`), n, dim, dim);
    product(part, keys, turnedWeight(`attentionKey${b}`), n, dim, dim, true);
    product(part, values, turnedWeight(`attentionValue${b}`), n, dim, dim, true);
    const [gain, gainSlope] = [weight(`attentionGain${b}`), slope(`attentionGain${b}`)];
    kernel.normaliseBack(part, gain, seenNormed, seenInverse, n, dim, x, gainSlope);
  }

  /** From slopes of the weighted mean's weights, in `square`, to those of the decay by distance. */
  function decayBack({ pull, total, wanted }: WindowMemory, n: number): void {
    for (let t = 0; t < n; t++) {
      const row = t * width;
      let along = 0;
      for (let e = 0; e <= t; e++) along += square[row + e] * pull[row + e];
      for (let e = 0; e <= t; e++) decaySlope[t - e] += ((square[row + e] - along) / total[t]) * wanted[e];
    }
  }

  function zero(at: number, count: number): void {
    new Float32Array(arrays.memory.buffer, at, count).fill(0);
  }
}
