/**
 * The encoder: causal transformer blocks over recent events, in jax-js. A batch of whole sequences gives a state and a
 * query at every point. The exported graph (`encoder-onnx.ts`) is the same computation for one history. What trains it is
 * `encoder-pass.ts`, the same computation again with its slopes written out; this one tells the ranker's training its states, and is
 * the twin that the slopes are held to.
 *
 * Attention sees how far back an event lies by a bias for each distance (Raffel et al. 2020), so that every point of a
 * sequence teaches what the newest one is asked. The query starts as a decayed mean of the wanted vectors and is corrected by a layer that starts at zero, so training
 * begins from a sensible recommender.
 */
import { nn, numpy as np } from "@jax-js/jax";
import { createRandom, normal } from "../math/random.ts";
import { layerNorm, maskedSoftmax, type Params, type Tensor, tensor, type Weights } from "./jax.ts";
import {
  BASE_HALF_LIVES,
  ENCODER_BLOCKS,
  ENCODER_HEADS,
  FEED_FORWARD,
  GAP_SIZE,
  type ModelShape,
  MOMENT_SIZE,
  SIGNAL_SIZE,
  trainingEvents,
} from "./model-shape.ts";
import { BASE_FLOOR } from "./model-numbers.ts";
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

/** What one step further back takes from the attention to an event, before training knows better. */
const DISTANCE_SLOPE = 0.05;

export function initialEncoder({ dim, events }: ModelShape, seed: number): Weights {
  const random = createRandom(seed);
  const matrix = (rows: number, columns: number, deviation: number) => ({
    shape: [rows, columns],
    values: Float32Array.from({ length: rows * columns }, () => normal(random) * deviation),
  });
  const filled = (size: number, value: number) => ({ shape: [size], values: new Float32Array(size).fill(value) });
  const projection = 1 / Math.sqrt(dim);
  const rows = trainingEvents(events);
  const blocks = Array.from({ length: ENCODER_BLOCKS }, (_, block) => ({
    [`attentionGain${block}`]: filled(dim, 1),
    [`attentionQuery${block}`]: matrix(dim, dim, projection),
    [`attentionKey${block}`]: matrix(dim, dim, projection),
    [`attentionValue${block}`]: matrix(dim, dim, projection),
    [`attentionOut${block}`]: matrix(dim, dim, 0.05),
    [`distance${block}`]: {
      shape: [ENCODER_HEADS, rows],
      values: Float32Array.from({ length: ENCODER_HEADS * rows }, (_each, i) => -DISTANCE_SLOPE * (i % rows)),
    },
    [`forwardGain${block}`]: filled(dim, 1),
    [`forwardIn${block}`]: matrix(dim, FEED_FORWARD, projection),
    [`forwardBias${block}`]: filled(FEED_FORWARD, 0),
    [`forwardOut${block}`]: matrix(FEED_FORWARD, dim, 0.05),
  }));
  return {
    ...(Object.assign({}, ...blocks) as Weights),
    inVector: identity(dim),
    inSignal: matrix(SIGNAL_SIZE, dim, 0.1),
    inGap: matrix(GAP_SIZE, dim, 0.1),
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

  let x = np
    .matmul(vector.ref, p.inVector)
    .add(np.matmul(signal.ref, p.inSignal))
    .add(np.matmul(gapColumns(age, mask.ref), p.inGap));
  x = drop(x, 0);
  for (let block = 0; block < ENCODER_BLOCKS; block++) {
    x = x.ref.add(drop(attention(p, block, layerNorm(x, p[`attentionGain${block}`]), mask.ref), 1 + 2 * block));
    const normed = layerNorm(x.ref, p[`forwardGain${block}`]);
    const hidden = nn.relu(np.matmul(normed, p[`forwardIn${block}`]).add(p[`forwardBias${block}`]));
    x = x.add(drop(np.matmul(hidden, p[`forwardOut${block}`]), 2 + 2 * block));
  }
  const state = x.mul(mask.ref.reshape([-1, rows, 1]));

  const base = np.matmul(decayedMean(p.baseMix, vector, signal, mask), p.baseOut);
  const asked = layerNorm(state.ref.add(np.matmul(momentColumns(context), p.moment)), p.queryGain);
  return { state, query: base.add(np.matmul(asked, p.queryOut)).reshape([-1, rows, dim]) };
}

/** What the ranker reads: the state, and beside its newest row the query; `[B, L, 2d]`. Owns both. */
export function stateWithQuery({ state, query }: { state: Tensor; query: Tensor }): Tensor {
  const rows = query.shape[1];
  const newest = tensor(new Float32Array(rows).fill(1, rows - 1), [1, rows, 1]);
  return np.concatenate([state, query.mul(newest)], -1);
}

function attention(p: Params, block: number, x: Tensor, mask: Tensor): Tensor {
  const [batch, rows, dim] = x.shape;
  const width = dim / ENCODER_HEADS;
  const heads = (projection: Tensor) =>
    np.transpose(np.matmul(x.ref, projection).reshape([batch, rows, ENCODER_HEADS, width]), [0, 2, 1, 3]);
  const query = heads(p[`attentionQuery${block}`]);
  const key = heads(p[`attentionKey${block}`]);
  const value = heads(p[`attentionValue${block}`]);
  x.dispose();
  const table = p[`distance${block}`];
  const known = table.shape[1];
  const bias = np.matmul(table, tensor(distances(rows, known), [known, rows * rows]));
  const scores = np
    .matmul(query, np.swapaxes(key, -1, -2))
    .mul(1 / Math.sqrt(width))
    .add(bias.reshape([1, ENCODER_HEADS, rows, rows]));
  const visible = mask.reshape([batch, 1, 1, rows]).mul(tensor(causal(rows), [rows, rows]));
  const mixed = np.matmul(maskedSoftmax(scores, visible), value);
  return np.matmul(np.transpose(mixed, [0, 2, 1, 3]).reshape([batch, rows, dim]), p[`attentionOut${block}`]);
}

/** `[known, L, L]` 1 at [t − e, t, e] for e ≤ t: a product with it lays a table of distances out, gradients included. */
function distances(rows: number, known: number): Float32Array {
  const values = new Float32Array(known * rows * rows);
  for (let t = 0; t < rows; t++) for (let e = 0; e <= t; e++) values[((t - e) * rows + t) * rows + e] = 1;
  return values;
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
