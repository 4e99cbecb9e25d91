/**
 * The encoder: one causal transformer block over recent events, in jax-js. A batch of whole sequences gives a state and
 * a query at every point. The exported graph (`encoder-onnx.ts`) is the same computation for one history.
 *
 * The query starts as a decayed mean of the wanted vectors and is corrected by a layer that starts at zero, so training
 * begins from a sensible recommender.
 */
import { nn, numpy as np } from "@jax-js/jax";
import { createRandom, normal } from "../math/random.ts";
import { layerNorm, maskedSoftmax, type Params, type Tensor, tensor, type Weights } from "./jax.ts";
import {
  BASE_HALF_LIVES,
  ENCODER_HEADS,
  FEED_FORWARD,
  GAP_SIZE,
  type ModelShape,
  MOMENT_SIZE,
  SIGNAL_SIZE,
  trainingEvents,
} from "./model-shape.ts";
import { gapColumns, momentColumns } from "./moment.ts";

export interface EncoderBatch {
  /** `[B, L, d]` */
  readonly vector: Tensor;
  /** `[B, L, 4]` */
  readonly signal: Tensor;
  /** `[B, L]` */
  readonly age: Tensor;
  /** `[B, L]` */
  readonly mask: Tensor;
  /** `[B, L, 5]`: the moment at which each point is asked for its query. */
  readonly context: Tensor;
}

/** Places in the encoder where dropout applies: its input and the two residual branches. */
export const ENCODER_DROPOUTS = 3;

/** Keeps the weighted mean finite where nothing is wanted; the least confidence of one signal is far above. */
export const BASE_FLOOR = 1e-3;

export function initialEncoder({ dim, events }: ModelShape, seed: number): Weights {
  const random = createRandom(seed);
  const matrix = (rows: number, columns: number, deviation: number) => ({
    shape: [rows, columns],
    values: Float32Array.from({ length: rows * columns }, () => normal(random) * deviation),
  });
  const filled = (size: number, value: number) => ({ shape: [size], values: new Float32Array(size).fill(value) });
  const projection = 1 / Math.sqrt(dim);
  return {
    inVector: identity(dim),
    inSignal: matrix(SIGNAL_SIZE, dim, 0.1),
    inGap: matrix(GAP_SIZE, dim, 0.1),
    position: matrix(trainingEvents(events), dim, 0.05),
    attentionGain: filled(dim, 1),
    attentionQuery: matrix(dim, dim, projection),
    attentionKey: matrix(dim, dim, projection),
    attentionValue: matrix(dim, dim, projection),
    attentionOut: matrix(dim, dim, 0.05),
    forwardGain: filled(dim, 1),
    forwardIn: matrix(dim, FEED_FORWARD, projection),
    forwardBias: filled(FEED_FORWARD, 0),
    forwardOut: matrix(FEED_FORWARD, dim, 0.05),
    moment: matrix(MOMENT_SIZE, dim, 0.05),
    queryGain: filled(dim, 1),
    queryOut: { shape: [dim, dim], values: new Float32Array(dim * dim) },
    baseOut: identity(dim),
    // Before the softmax: most weight on the middle half-life.
    baseMix: { shape: [BASE_HALF_LIVES.length], values: Float32Array.of(0, 1, 0) },
  };
}

/** `state` [B, L, d] (zeros at padding) and `query` [B, L, d]. Owns everything it is given. */
export function encode(
  p: Params,
  batch: EncoderBatch,
  dropout: readonly Tensor[] = [],
): { state: Tensor; query: Tensor } {
  const { vector, signal, age, mask, context } = batch;
  const [rows, dim] = vector.shape.slice(1);
  const drop = (x: Tensor, place: number) => (dropout.length > 0 ? x.mul(dropout[place]) : x);

  const table = p.position.shape[0];
  const input = np
    .matmul(vector.ref, p.inVector)
    .add(np.matmul(signal.ref, p.inSignal))
    .add(np.matmul(gapColumns(age, mask.ref), p.inGap))
    .add(p.position.slice([table - rows, table]));
  let x = drop(input, 0);
  x = x.ref.add(drop(attention(p, layerNorm(x, p.attentionGain), mask.ref), 1));
  const hidden = nn.relu(np.matmul(layerNorm(x.ref, p.forwardGain), p.forwardIn).add(p.forwardBias));
  x = x.add(drop(np.matmul(hidden, p.forwardOut), 2));
  const state = x.mul(mask.ref.reshape([-1, rows, 1]));

  const base = np.matmul(decayedMean(p.baseMix, vector, signal, mask), p.baseOut);
  const asked = layerNorm(state.ref.add(np.matmul(momentColumns(context), p.moment)), p.queryGain);
  return { state, query: base.add(np.matmul(asked, p.queryOut)).reshape([-1, rows, dim]) };
}

function attention(p: Params, x: Tensor, mask: Tensor): Tensor {
  const [batch, rows, dim] = x.shape;
  const width = dim / ENCODER_HEADS;
  const heads = (projection: Tensor) =>
    np.transpose(np.matmul(x.ref, projection).reshape([batch, rows, ENCODER_HEADS, width]), [0, 2, 1, 3]);
  const query = heads(p.attentionQuery);
  const key = heads(p.attentionKey);
  const value = heads(p.attentionValue);
  x.dispose();
  const scores = np.matmul(query, np.swapaxes(key, -1, -2)).mul(1 / Math.sqrt(width));
  const visible = mask.reshape([batch, 1, 1, rows]).mul(tensor(causal(rows), [rows, rows]));
  const mixed = np.matmul(maskedSoftmax(scores, visible), value);
  return np.matmul(np.transpose(mixed, [0, 2, 1, 3]).reshape([batch, rows, dim]), p.attentionOut);
}

/** Mean of the vectors up to each point, weighted by target, confidence and a mixture of decays. `[B, L, d]` */
function decayedMean(mix: Tensor, vector: Tensor, signal: Tensor, mask: Tensor): Tensor {
  const [batch, rows] = vector.shape;
  const count = BASE_HALF_LIVES.length;
  const decay = np.matmul(nn.softmax(mix).reshape([1, count]), tensor(decays(rows), [count, rows * rows]));
  const wanted = signal.ref
    .slice([], [], 0)
    .mul(signal.slice([], [], 1))
    .mul(mask);
  const weights = decay.reshape([1, rows, rows]).mul(wanted.reshape([batch, 1, rows]));
  const total = np.sum(weights.ref, -1, { keepdims: true }).add(BASE_FLOOR);
  return np.matmul(weights, vector).div(total);
}

/** `[half-lives, L, L]`: 2^(−(t − e)/h) for e ≤ t, else 0. */
function decays(rows: number): Float32Array {
  const values = new Float32Array(BASE_HALF_LIVES.length * rows * rows);
  BASE_HALF_LIVES.forEach((halfLife, k) => {
    for (let t = 0; t < rows; t++) {
      for (let e = 0; e <= t; e++) values[(k * rows + t) * rows + e] = 2 ** (-(t - e) / halfLife);
    }
  });
  return values;
}

/** `[L, L]` 1 where column e is not after row t. */
function causal(rows: number): Float32Array {
  return Float32Array.from({ length: rows * rows }, (_, i) => (i % rows <= Math.floor(i / rows) ? 1 : 0));
}

function identity(size: number) {
  const values = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return { shape: [size, size], values };
}
